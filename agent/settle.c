/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settle.c - the first thing done with a mounted card in a boot */
#include "agent/settle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/smallfile.h"
#include "lib/auto.h"
#include "lib/kept.h"
#include "lib/log.h"
#include "lib/scratch.h"

#define KERNEL_BOOT_ID "/proc/sys/kernel/random/boot_id"

enum { BOOT_ID = 64 };

/* Only a directory of root's that nobody else can enter is our state. */
static int open_state(int card_fd)
{
	struct stat st;
	pi_auto_fd fd = openat(card_fd, PI_STATE_DIR, O_RDONLY | O_DIRECTORY |
			       O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != 0 || (st.st_mode & 07777) != 0700)
		return -EPERM;
	return pi_take_fd(&fd);
}

static int make_state(int card_fd, struct pi_err *err)
{
	char aside[64];
	int fd = open_state(card_fd);

	if (fd >= 0)
		return fd;
	if (fd == -EPERM || fd == -ENOTDIR || fd == -ELOOP) {
		/* Among the leftovers it goes to the trash like them. */
		(void) snprintf(aside, sizeof(aside), PI_STATE_DIR ".%lx",
				(unsigned long) getpid());
		if (renameat(card_fd, PI_STATE_DIR, card_fd, aside) < 0)
			return pi_err_set(err, errno, "rename %s: %m",
					  PI_STATE_DIR);
	} else if (fd != -ENOENT) {
		return pi_err_set(err, -fd, "open %s: %m", PI_STATE_DIR);
	}
	if (mkdirat(card_fd, PI_STATE_DIR, 0700) < 0 ||
	    fchmodat(card_fd, PI_STATE_DIR, 0700, 0) < 0)
		return pi_err_set(err, errno, "mkdir %s: %m", PI_STATE_DIR);
	fd = open_state(card_fd);
	if (fd < 0)
		return pi_err_set(err, -fd, "open %s: %m", PI_STATE_DIR);
	return fd;
}

static bool is_leftover(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       strcmp(name, PI_STATE_DIR) != 0 &&
	       strcmp(name, PI_KEPT_DIR) != 0 &&
	       strcmp(name, "lost+found") != 0;
}

/* 4711 for "ada-4711", for the name in the trash; 0 if there is none. */
static uint32_t job_of(const char *name)
{
	const char *dash = strrchr(name, '-');
	uint32_t jobid;

	return dash && pi_record_parse_file_name(dash + 1, &jobid) == 0 ? jobid
									: 0;
}

/* One pass; returns how many were moved. Renaming may hide others from it. */
static unsigned move_leftovers(int card_fd, int trash_fd, int *ret_rc,
			       struct pi_err *err)
{
	char trash_name[PI_TRASH_NAME];
	struct pi_err one;
	struct dirent *entry;
	unsigned moved = 0;
	int rc, fd = openat(card_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pi_auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);

	*ret_rc = dir ? 0 : pi_err_set(err, errno, "list the card: %m");
	while (dir && (entry = readdir(dir))) {
		if (!is_leftover(entry->d_name))
			continue;
		rc = pi_scratch_discard(card_fd, trash_fd, entry->d_name,
					job_of(entry->d_name), trash_name,
					&one);
		if (rc == 0)
			moved++;
		else if (rc != -ENOENT && *ret_rc == 0)
			*ret_rc = pi_err_set(err, -rc, "%s", one.text);
	}
	return moved;
}

static int move_all(int card_fd, struct pi_err *err)
{
	unsigned moved, total = 0;
	int rc;
	pi_auto_fd trash_fd = pi_scratch_open_trash(card_fd, err);

	if (trash_fd < 0)
		return trash_fd;
	do {
		moved = move_leftovers(card_fd, trash_fd, &rc, err);
		total += moved;
	} while (moved > 0);
	if (total > 0)
		pi_info("moved %u leftover%s of earlier boots to the trash",
			total, total == 1 ? "" : "s");
	return rc;
}

int pi_settle(const char *path, struct pi_err *err)
{
	char now[BOOT_ID], before[BOOT_ID];
	int rc;
	pi_auto_fd card_fd = pi_scratch_open(path, err);
	pi_auto_fd state_fd = card_fd < 0 ? -1 : make_state(card_fd, err);

	if (card_fd < 0 || state_fd < 0)
		return card_fd < 0 ? card_fd : state_fd;
	rc = pi_smallfile_read_at(AT_FDCWD, KERNEL_BOOT_ID, now, sizeof(now));
	if (rc <= 0)
		return pi_err_set(err, rc < 0 ? -rc : EIO, KERNEL_BOOT_ID ": %m");
	if (pi_smallfile_read_at(state_fd, "boot_id", before,
				 sizeof(before)) > 0 &&
	    strcmp(before, now) == 0)
		return 0;
	rc = move_all(card_fd, err);
	if (rc < 0)
		return rc;
	(void) strcat(now, "\n");
	return pi_smallfile_replace_at(state_fd, "boot_id", 0600, now,
				       strlen(now), err);
}
