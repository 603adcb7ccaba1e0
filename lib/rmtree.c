/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rmtree.c - remove a tree that a hostile user filled, and may still be filling
 *
 *	pi_rmtree_at		the tree, then each branch that was moved up
 *	`- remove_top
 *	   `- remove_directory	passes over it until it is gone, or move_up
 *	      `- empty_directory	its entries, by inode (lib/dirbatch.h)
 *	         `- remove_entry	-> remove_directory
 *	            `- unlink_at	takes flags away that are in its way
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
#include "lib/dirbatch.h"

enum {
	RETRIES = 8,			/* passes over directories that were refilled */
	BATCH_BUDGET = 4 << 20,	/* for the batches of all levels together */
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

/* The type in `entry` is a hint: the name may be something else by now. */
static void remove_entry(struct removal *removal, int dfd,
			 const struct pi_dirent *entry, unsigned depth)
{
	int rc = -EISDIR;

	if (entry->type != DT_DIR)
		rc = unlink_at(dfd, entry->name, 0);
	if (rc == -EISDIR) {
		rc = remove_directory(removal, dfd, entry->name, depth + 1);
		if (rc == -ENOTDIR)
			rc = unlink_at(dfd, entry->name, 0);
	}
	if (rc < 0)
		note_failure(removal, -rc, rc == -EBUSY ?
			     "a mount, left alone," : "an entry, not removed,");
}

/*
 * One pass; entries that appear meanwhile are the caller's next pass. The batch
 * is as large as the directory needs, but takes at most half of what the budget
 * still has, so that each deeper level can have one too; and it is small where
 * there is a deadline to keep.
 */
static void empty_directory(struct removal *removal, int fd, unsigned depth)
{
	struct pi_dirbatch batch;
	size_t taken;
	int more = 1;
	int rc = pi_dirbatch_init(&batch, fd, removal->deadline_ns ? 0 :
				  removal->budget / 2);

	if (rc < 0) {
		note_failure(removal, -rc, "a directory, not read,");
		return;
	}
	taken = batch.size < removal->budget ? batch.size : removal->budget;
	removal->budget -= taken;
	while (more > 0 && !is_late(removal)) {
		more = pi_dirbatch_read(&batch);
		for (size_t i = 0; i < batch.count && !is_late(removal); i++)
			remove_entry(removal, fd, pi_dirbatch_entry(&batch, i),
				     depth);
	}
	if (more < 0 && more != -ENOENT)
		note_failure(removal, -more, "a directory, not read,");
	removal->budget += taken;
	pi_dirbatch_finish(&batch);
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

	if (*name == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0 || strchr(name, '/') ||
	    strlen(name) > NAME_MAX - NUMBER)
		return pi_err_set(err, EINVAL, "not a name to remove: '%s'", name);
	remove_top(&removal, name);
	for (unsigned long i = 0; i < removal.moved && !removal.stop; i++) {
		(void) snprintf(moved, sizeof(moved), "%s.%lu", name, i);
		remove_top(&removal, moved);
	}
	return removal.rc;
}
