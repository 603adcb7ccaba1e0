/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept.c - job directories kept after a failure, for a while */
#include "lib/kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/auto.h"
#include "lib/log.h"
#include "lib/record.h"
#include "lib/scratch.h"

static int open_directory(int dfd, const char *name, mode_t mode)
{
	int fd;

	if (mode && mkdirat(dfd, name, mode) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Where the marks are: .slurm-pi/kept, a neighbour of the trash. */
static int open_marks(int trash_fd)
{
	pi_auto_fd state = openat(trash_fd, "..", O_RDONLY | O_DIRECTORY |
				  O_CLOEXEC);

	return state < 0 ? -errno : open_directory(state, PI_KEPT_DIR, 0700);
}

/* A mark's time of modification is when the directory was kept. */
static int mark(int marks_fd, const char *name)
{
	pi_auto_fd fd = openat(marks_fd, name, O_WRONLY | O_CREAT | O_TRUNC |
			       O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 || futimens(fd, NULL) < 0 ? -errno : 0;
}

int pi_kept_put(int card_fd, const char *name, uint32_t jobid,
		struct pi_err *err)
{
	char trash_name[PI_TRASH_NAME];
	pi_auto_fd trash = pi_scratch_open_trash(card_fd, err);
	pi_auto_fd kept = -1;
	pi_auto_fd marks = -1;
	int rc;

	if (trash < 0)
		return trash;
	marks = open_marks(trash);
	kept = open_directory(card_fd, PI_KEPT_DIR, 0755);
	if (marks < 0 || kept < 0)
		return pi_err_set(err, marks < 0 ? -marks : -kept,
				  "open " PI_KEPT_DIR ": %m");
	rc = pi_scratch_discard(kept, trash, name, jobid, trash_name, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	rc = mark(marks, name);
	if (rc < 0)
		return pi_err_set(err, -rc, "mark %s as kept: %m", name);
	if (fchmodat(card_fd, PI_KEPT_DIR, 0755, 0) == 0 &&
	    renameat2(card_fd, name, kept, name, RENAME_NOREPLACE) == 0)
		return 0;
	rc = -errno;
	(void) unlinkat(marks, name, 0);
	return rc == -ENOENT ? rc : pi_err_set(err, -rc, "keep %s: %m", name);
}

static bool is_expired(const struct stat *mark_st, uint64_t keep_ms)
{
	struct timespec now;
	int64_t age;

	(void) clock_gettime(CLOCK_REALTIME, &now);
	age = (int64_t) now.tv_sec - mark_st->st_mtim.tv_sec;
	return age >= 0 && (uint64_t) age >= keep_ms / 1000;
}

static int expire_one(int kept_fd, int marks_fd, int trash_fd, const char *name,
		      uint64_t keep_ms, struct pi_err *err)
{
	char trash_name[PI_TRASH_NAME];
	struct stat st;
	int rc;

	if (fstatat(marks_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		rc = errno == ENOENT ? mark(marks_fd, name) : -errno;
		return rc < 0 ? pi_err_set(err, -rc, "mark %s: %m", name) : 0;
	}
	if (!is_expired(&st, keep_ms))
		return 0;
	rc = pi_scratch_discard(kept_fd, trash_fd, name, 0, trash_name, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	(void) unlinkat(marks_fd, name, 0);
	pi_info("%s was kept long enough: moved to the trash", name);
	return 0;
}

int pi_kept_expire(int card_fd, uint64_t keep_ms, struct pi_err *err)
{
	const struct dirent *entry;
	pi_auto_dir *dir = NULL;
	pi_auto_fd trash = -1;
	pi_auto_fd marks = -1;
	pi_auto_fd kept = open_directory(card_fd, PI_KEPT_DIR, 0);
	int list_fd, rc = 0;

	if (kept == -ENOENT)
		return 0;
	trash = kept < 0 ? kept : pi_scratch_open_trash(card_fd, err);
	if (trash < 0)
		return pi_err_set(err, -trash, "open " PI_KEPT_DIR ": %m");
	marks = open_marks(trash);
	list_fd = openat(kept, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = list_fd < 0 ? NULL : fdopendir(list_fd);
	if (marks < 0 || !dir)
		return pi_err_set(err, marks < 0 ? -marks : errno,
				  "list " PI_KEPT_DIR ": %m");
	while ((entry = readdir(dir))) {
		struct pi_err one;
		int failed = entry->d_name[0] == '.' ? 0 :
			expire_one(kept, marks, trash, entry->d_name, keep_ms,
				   &one);

		if (failed < 0 && rc == 0)
			rc = pi_err_set(err, -failed, "%s", one.text);
	}
	return rc;
}
