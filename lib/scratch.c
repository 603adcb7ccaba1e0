/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch.c - the card as the jobs see it: job directories, and the trash */
#include "lib/scratch.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "lib/auto.h"
#include "lib/quota.h"

#define MOUNTED_FILE PI_RUN_DIR "/mounted"

static int open_directory(int dfd, const char *name)
{
	return openat(dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/*
 * A file system outlives its card: until its journal fails, the kernel answers
 * from memory (before Linux 6.5 only; later ones shut it down at once).
 */
static bool is_pulled(const struct statx *stx)
{
	char path[sizeof("/sys/dev/block/4294967295:4294967295")];
	struct stat st;

	if (stx->stx_dev_major == 0 || lstat("/sys/dev/block", &st) < 0)
		return false;
	(void) snprintf(path, sizeof(path), "/sys/dev/block/%u:%u",
			stx->stx_dev_major, stx->stx_dev_minor);
	return lstat(path, &st) < 0 && errno == ENOENT;
}

int pi_scratch_open(const char *path, struct pi_err *err)
{
	struct statx stx;
	struct statvfs fs;
	pi_auto_fd fd = open_directory(AT_FDCWD, path);

	if (fd < 0 && errno == ENOENT)
		return pi_err_set(err, ENODEV, "%s does not exist", path);
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) < 0 ||
	    fstatvfs(fd, &fs) < 0)
		return pi_err_set(err, errno, "%s: %m", path);
	if (!(stx.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return pi_err_set(err, ENODEV, "no card is mounted on %s", path);
	if (is_pulled(&stx))
		return pi_err_set(err, EIO, "the card on %s was taken out", path);
	if (fs.f_flag & ST_RDONLY)
		return pi_err_set(err, EROFS, "the card on %s is read-only", path);
	if (stx.stx_uid != 0 || (stx.stx_mode & (S_IWGRP | S_IWOTH)))
		return pi_err_set(err, EPERM, "%s must be root's and not "
				  "writable by others; run: chown root:root %s "
				  "&& chmod 755 %s", path, path, path);
	return pi_take_fd(&fd);
}

int pi_scratch_was_mounted(const char *path)
{
	char line[PI_CONF_PATH] = "";
	pi_auto_file *file = fopen(MOUNTED_FILE, "re");

	if (!file || !fgets(line, sizeof(line), file))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	return strcmp(line, path) == 0;
}

int pi_scratch_note_mounted(const char *path, struct pi_err *err)
{
	pi_auto_file *file = NULL;

	if (mkdir(PI_RUN_DIR, 0755) < 0 && errno != EEXIST)
		return pi_err_set(err, errno, "mkdir " PI_RUN_DIR ": %m");
	file = fopen(MOUNTED_FILE, "we");
	if (!file || fprintf(file, "%s\n", path) < 0 || fflush(file) != 0)
		return pi_err_set(err, errno, "write " MOUNTED_FILE ": %m");
	return 0;
}

static int user_is_usable(const char *user)
{
	enum { LONGEST = PI_RECORD_NAME - 1 - (int) sizeof("-4294967295") };

	if (!user || *user == '\0' || *user == '.' || strlen(user) > LONGEST)
		return 0;
	for (; *user; user++)
		if (*user == '/' || !isgraph((unsigned char) *user))
			return 0;
	return 1;
}

void pi_scratch_name(char name[PI_RECORD_NAME], const char *user, uid_t uid,
		     uint32_t jobid)
{
	if (user_is_usable(user))
		(void) snprintf(name, PI_RECORD_NAME, "%s-%lu", user,
				(unsigned long) jobid);
	else
		(void) snprintf(name, PI_RECORD_NAME, "%lu-%lu",
				(unsigned long) uid, (unsigned long) jobid);
}

int pi_scratch_open_trash(int card_fd, struct pi_err *err)
{
	static const char *const path[] = { PI_STATE_DIR, PI_TRASH_DIR };
	pi_auto_fd fd = -1;

	for (unsigned i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		int parent = fd < 0 ? card_fd : fd;
		int next;

		if (mkdirat(parent, path[i], 0700) < 0 && errno != EEXIST)
			return pi_err_set(err, errno, "mkdir %s: %m", path[i]);
		next = open_directory(parent, path[i]);
		if (next < 0)
			return pi_err_set(err, errno, "open %s: %m", path[i]);
		pi_auto_close_fd(&fd);
		fd = next;
	}
	return pi_take_fd(&fd);
}

int pi_scratch_discard(int card_fd, int trash_fd, const char *name,
		       uint32_t jobid, char trash_name[PI_TRASH_NAME],
		       struct pi_err *err)
{
	struct timespec now;

	/* Not for its time, which has no meaning here: it makes names differ. */
	(void) clock_gettime(CLOCK_BOOTTIME, &now);
	for (;;) {
		(void) snprintf(trash_name, PI_TRASH_NAME, "%lu-%llx%08lx",
				(unsigned long) jobid,
				(unsigned long long) now.tv_sec, now.tv_nsec);
		if (renameat2(card_fd, name, trash_fd, trash_name,
			      RENAME_NOREPLACE) == 0)
			return 0;
		if (errno == ENOENT)
			return -ENOENT;
		if (errno != EEXIST)
			return pi_err_set(err, errno, "move %s to the trash: %m",
					  name);
		now.tv_nsec++;
	}
}

static int discard_leftover(int card_fd, const char *name, uint32_t jobid,
			    struct pi_err *err)
{
	char trash_name[PI_TRASH_NAME];
	pi_auto_fd trash = pi_scratch_open_trash(card_fd, err);

	if (trash < 0)
		return trash;
	return pi_scratch_discard(card_fd, trash, name, jobid, trash_name, err);
}

/* Charged before it is limited: an id with a limit and no use is lifted. */
static int set_quota(int card_fd, int dir_fd, const struct pi_record *record,
		     uint64_t inodes, struct pi_err *err)
{
	int rc = pi_quota_join(dir_fd, record->project, err);

	return rc < 0 ? rc : pi_quota_set_limits(card_fd, PI_QUOTA_PROJECT,
						 record->project, record->size,
						 inodes, err);
}

/* The directory is root's and empty until the last call gives it away. */
static int fit_out(int card_fd, const struct pi_record *record, gid_t gid,
		   uint64_t inodes, struct pi_err *err)
{
	pi_auto_fd fd = open_directory(card_fd, record->name);
	int rc = 0;

	if (fd < 0 || fchmod(fd, 0700) < 0)
		return pi_err_set(err, errno, "open %s: %m", record->name);
	if (record->project)
		rc = set_quota(card_fd, fd, record, inodes, err);
	if (rc == 0 && fchown(fd, record->uid, gid) < 0)
		rc = pi_err_set(err, errno, "give %s to uid %lu: %m",
				record->name, (unsigned long) record->uid);
	if (rc < 0 && record->project)
		(void) pi_quota_set_limits(card_fd, PI_QUOTA_PROJECT,
					   record->project, 0, 0, NULL);
	return rc;
}

int pi_scratch_make(int card_fd, const struct pi_record *record, gid_t gid,
		    uint64_t inodes, struct pi_err *err)
{
	const char *name = record->name;
	int rc = mkdirat(card_fd, name, 0700) < 0 ? -errno : 0;

	if (rc == -EEXIST) {
		rc = discard_leftover(card_fd, name, record->jobid, err);
		if (rc < 0 && rc != -ENOENT)
			return rc;
		rc = mkdirat(card_fd, name, 0700) < 0 ? -errno : 0;
	}
	if (rc < 0)
		return pi_err_set(err, -rc, "mkdir %s: %m", name);
	rc = fit_out(card_fd, record, gid, inodes, err);
	if (rc < 0)
		(void) unlinkat(card_fd, name, AT_REMOVEDIR);
	return rc;
}
