/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rmtree.c - remove a tree that a hostile user filled, and may still be filling
 *
 *	pi_rmtree_at		the tree, then each branch that was moved up
 *	`- remove_top
 *	   `- empty_directory	passes over one directory, until it is empty
 *	      `- remove_batch	what one getdents64() gave, sorted by inode
 *	         `- remove_entry
 *	            |- remove_directory	  -> empty_directory, or move_up
 *	            `- clear_flags
 */
#include "lib/rmtree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "lib/auto.h"

enum {
	RETRIES = 8,			/* passes over directories that were refilled */
	BATCH_MIN = 16 << 10,
	BATCH_BUDGET = 4 << 20,	/* for the batches of all levels together */
	ENTRY_MIN = 24,		/* the smallest struct dirent64 */
	NAME_SIZE = NAME_MAX + 1,
};

/* One removal, all levels. */
struct removal {
	int top_fd;
	const char *name;
	unsigned long moved;	/* branches moved up so far: name.0, name.1 ... */
	uint64_t deadline_ns;
	unsigned retries;	/* left for the whole tree, or levels multiply */
	size_t budget;		/* bytes that deeper batches may take */
	bool stop;
	int rc;			/* the first failure */
	struct pi_err *err;
};

/* What one getdents64() gave, and its entries by inode. */
struct batch {
	char *bytes;
	size_t size;
	size_t taken;		/* of the budget */
	const struct dirent64 **entries;
	size_t count;
};

static void empty_directory(struct removal *removal, int fd, unsigned depth);

/* Names are the user's: they may hold anything, so they stay out of messages. */
static void note_failure(struct removal *removal, int errnum, const char *what)
{
	if (removal->rc == 0)
		removal->rc = pi_err_set(removal->err, errnum, "%s in %s: %m",
					 what, removal->name);
	if (errnum == EIO || errnum == EROFS || errnum == EUCLEAN)
		removal->stop = true;
}

static bool is_late(struct removal *removal)
{
	struct timespec now;

	if (removal->stop || removal->deadline_ns == 0)
		return removal->stop;
	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	if ((uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec <
	    removal->deadline_ns)
		return false;
	note_failure(removal, ETIME, "removal");
	removal->stop = true;
	return true;
}

static int open_directory(int dfd, const char *name)
{
	static const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC |
			 O_NOATIME,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
			   RESOLVE_BENEATH,
	};

	return (int) syscall(SYS_openat2, dfd, name, &how, sizeof(how));
}

/* Take FS_IMMUTABLE_FL and FS_APPEND_FL away; 1 if one was set, with all in *ret_old. */
static int clear_flags(int fd, int *ret_old)
{
	int flags, cleared;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return -errno;
	cleared = flags & ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	if (cleared == flags)
		return 0;
	*ret_old = flags;
	return ioctl(fd, FS_IOC_SETFLAGS, &cleared) < 0 ? -errno : 1;
}

/*
 * Unlink again after EPERM, with the directory's own flags and the entry's
 * cleared. Only what fstatat() calls a file or a directory is opened: opening a
 * FIFO or a device would wait or act.
 */
static int unlink_flagged(int dfd, const char *name, int unlink_flags)
{
	struct stat st;
	int old_flags, rc;
	pi_auto_fd fd = -1;

	if (clear_flags(dfd, &old_flags) > 0 &&
	    unlinkat(dfd, name, unlink_flags) == 0)
		return 0;
	if (fstatat(dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -EPERM;
	fd = openat(dfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
		    O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = clear_flags(fd, &old_flags);
	if (rc <= 0)
		return rc < 0 ? rc : -EPERM;
	rc = unlinkat(dfd, name, unlink_flags) < 0 ? -errno : 0;
	if (S_ISREG(st.st_mode) && fstat(fd, &st) == 0 && st.st_nlink > 0)
		(void) ioctl(fd, FS_IOC_SETFLAGS, &old_flags);
	return rc;
}

/* Unlink, whatever flags are set; a missing name is success. */
static int unlink_at(int dfd, const char *name, int unlink_flags)
{
	if (unlinkat(dfd, name, unlink_flags) == 0 || errno == ENOENT)
		return 0;
	if (errno == EPERM && !(unlink_flags & AT_REMOVEDIR)) {
		struct stat st;

		/* An immutable directory gives EPERM instead of EISDIR. */
		if (fstatat(dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(st.st_mode))
			return -EISDIR;
		errno = EPERM;
	}
	return errno == EPERM ? unlink_flagged(dfd, name, unlink_flags) : -errno;
}

/* Move a directory out of the depth, beside the tree's top. */
static int move_up(struct removal *removal, int dfd, const char *name)
{
	char moved[NAME_SIZE];
	int old_flags;

	for (int tries = 0; ; ) {
		(void) snprintf(moved, sizeof(moved), "%s.%lu", removal->name,
				removal->moved);
		if (renameat2(dfd, name, removal->top_fd, moved,
			      RENAME_NOREPLACE) == 0) {
			removal->moved++;
			return 0;
		}
		if (errno == EEXIST) {
			removal->moved++;
			continue;
		}
		if (errno != EPERM || tries++ > 0)
			return errno == ENOENT ? 0 : -errno;
		pi_auto_fd child = open_directory(dfd, name);

		(void) clear_flags(dfd, &old_flags);
		if (child >= 0)
			(void) clear_flags(child, &old_flags);
	}
}

static int why_not_opened(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return 0;	/* somebody else removed it */
	case EXDEV:
		return -EBUSY;	/* a mount */
	case ELOOP:
		return -ENOTDIR;/* somebody put a link there */
	default:
		return -errnum;
	}
}

static int remove_directory(struct removal *removal, int dfd, const char *name,
			    unsigned depth)
{
	int rc = unlink_at(dfd, name, AT_REMOVEDIR);
	pi_auto_fd fd = -1;

	for (int pass = 0; rc == -ENOTEMPTY; pass++) {
		if (pass > 0 && removal->retries-- == 0) {
			removal->retries = 0;
			break;
		}
		if (depth >= PI_RMTREE_DEPTH)
			return move_up(removal, dfd, name);
		if (fd < 0)
			fd = open_directory(dfd, name);
		if (fd < 0)
			return why_not_opened(errno);
		empty_directory(removal, fd, depth);
		if (removal->stop)
			return 0;	/* noted where it happened */
		rc = unlink_at(dfd, name, AT_REMOVEDIR);
	}
	return rc;
}

/* The kind in `entry` is a hint: the name may be something else by now. */
static void remove_entry(struct removal *removal, int dfd,
			 const struct dirent64 *entry, unsigned depth)
{
	const char *name = entry->d_name;
	int rc = -EISDIR;

	if (entry->d_type != DT_DIR)
		rc = unlink_at(dfd, name, 0);
	if (rc == -EISDIR) {
		rc = remove_directory(removal, dfd, name, depth + 1);
		if (rc == -ENOTDIR)
			rc = unlink_at(dfd, name, 0);
	}
	if (rc < 0)
		note_failure(removal, -rc, rc == -EBUSY ?
			     "a mount, left alone," : "an entry, not removed,");
}

static int by_inode(const void *a, const void *b)
{
	const struct dirent64 *x = *(const struct dirent64 *const *) a;
	const struct dirent64 *y = *(const struct dirent64 *const *) b;

	return (x->d_ino > y->d_ino) - (x->d_ino < y->d_ino);
}

static bool is_dots(const char *name)
{
	return name[0] == '.' &&
	       (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* Read what fits; returns the number of bytes, 0 at the end, or -errno. */
static ssize_t read_batch(int fd, struct batch *batch)
{
	ssize_t length = getdents64(fd, batch->bytes, batch->size);

	batch->count = 0;
	if (length < 0)
		return -errno;
	for (ssize_t at = 0; at < length; ) {
		const struct dirent64 *entry =
			(const void *) (batch->bytes + at);

		if (!is_dots(entry->d_name))
			batch->entries[batch->count++] = entry;
		at += entry->d_reclen;
	}
	if (batch->count > 1)
		qsort(batch->entries, batch->count, sizeof(*batch->entries),
		      by_inode);
	return length;
}

/*
 * A batch as large as the directory needs, but at most half of what the budget
 * still has, so that each deeper level can have one too.
 */
static int batch_init(struct removal *removal, int fd, struct batch *batch)
{
	struct stat st;
	size_t size;

	if (fstat(fd, &st) < 0)
		return -errno;
	size = (size_t) st.st_size * 2;
	if (size > removal->budget / 2)
		size = removal->budget / 2;
	if (size < BATCH_MIN)
		size = BATCH_MIN;
	*batch = (struct batch) { .size = size };
	batch->bytes = malloc(size);
	batch->entries = malloc(size / ENTRY_MIN * sizeof(*batch->entries));
	if (!batch->bytes || !batch->entries) {
		free(batch->bytes);
		free(batch->entries);
		return -ENOMEM;
	}
	batch->taken = size < removal->budget ? size : removal->budget;
	removal->budget -= batch->taken;
	return 0;
}

static void batch_finish(struct removal *removal, struct batch *batch)
{
	free(batch->bytes);
	free(batch->entries);
	removal->budget += batch->taken;
}

/* One pass; entries that appear meanwhile are the caller's next pass. */
static void empty_directory(struct removal *removal, int fd, unsigned depth)
{
	struct batch batch = { 0 };
	ssize_t length = 0;
	int rc = batch_init(removal, fd, &batch);

	if (rc < 0) {
		note_failure(removal, -rc, "a directory, not read,");
		return;
	}
	(void) lseek(fd, 0, SEEK_SET);
	while (!is_late(removal) && (length = read_batch(fd, &batch)) > 0)
		for (size_t i = 0; i < batch.count && !is_late(removal); i++)
			remove_entry(removal, fd, batch.entries[i], depth);
	if (length < 0 && length != -ENOENT)
		note_failure(removal, (int) -length, "a directory, not read,");
	batch_finish(removal, &batch);
}

static void remove_top(struct removal *removal, const char *name)
{
	int rc = remove_directory(removal, removal->top_fd, name, 0);

	if (rc == -ENOTDIR)
		rc = unlink_at(removal->top_fd, name, 0);
	if (rc < 0)
		note_failure(removal, -rc, "the tree, not removed,");
}

int pi_rmtree_at(int dfd, const char *name, uint64_t deadline_ns,
		 struct pi_err *err)
{
	enum { NUMBER = 21 };	/* '.' and an unsigned long */
	struct removal removal = {
		.top_fd = dfd,
		.name = name,
		.deadline_ns = deadline_ns,
		.retries = RETRIES,
		.budget = BATCH_BUDGET,
		.err = err,
	};
	char moved[NAME_SIZE];

	if (*name == '\0' || is_dots(name) || strchr(name, '/') ||
	    strlen(name) > NAME_MAX - NUMBER)
		return pi_err_set(err, EINVAL, "not a name to remove: '%s'", name);
	remove_top(&removal, name);
	for (unsigned long i = 0; i < removal.moved && !removal.stop; i++) {
		(void) snprintf(moved, sizeof(moved), "%s.%lu", name, i);
		remove_top(&removal, moved);
	}
	return removal.rc;
}
