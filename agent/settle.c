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
#include "lib/quota.h"
#include "lib/rmtree.h"
#include "lib/scratch.h"

#define KERNEL_BOOT_ID "/proc/sys/kernel/random/boot_id"

#define KEEP_DIR "keep"

enum { BOOT_ID = 64 };

/* A mounted card, and its .slurm-pi. */
struct card {
	int fd;
	int state_fd;
	int keep_fd;	/* .slurm-pi/keep; -1: nothing is to be kept */
};

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

static bool is_leftover(const struct card *card, const char *name)
{
	if (card->keep_fd >= 0 &&
	    faccessat(card->keep_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
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

static DIR *open_list(int card_fd, struct pi_err *err)
{
	int fd = openat(card_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		(void) pi_err_set(err, errno, "list the card: %m");
	return dir;
}

/* One pass; returns how many were moved. Renaming may hide others from it. */
static unsigned move_leftovers(const struct card *card, int trash_fd,
			       int *ret_rc, struct pi_err *err)
{
	char trash_name[PI_TRASH_NAME];
	struct pi_err one;
	struct dirent *entry;
	unsigned moved = 0;
	int rc;
	pi_auto_dir *dir = open_list(card->fd, err);

	*ret_rc = dir ? 0 : -EIO;
	while (dir && (entry = readdir(dir))) {
		if (!is_leftover(card, entry->d_name))
			continue;
		rc = trash_fd < 0 ? -ENOSPC :
		     pi_scratch_discard(card->fd, trash_fd, entry->d_name,
					job_of(entry->d_name), trash_name,
					&one);
		/* A full card may have no room for the trash, or a name in it. */
		if (rc == -ENOSPC)
			rc = pi_rmtree_at(card->fd, entry->d_name, 0, &one);
		if (rc == 0)
			moved++;
		else if (rc != -ENOENT && *ret_rc == 0)
			*ret_rc = pi_err_set(err, -rc, "%s", one.text);
	}
	return moved;
}

static int move_all(const struct card *card, struct pi_err *err)
{
	unsigned moved, total = 0;
	int rc;
	pi_auto_fd trash_fd = pi_scratch_open_trash(card->fd, err);

	if (trash_fd < 0 && trash_fd != -ENOSPC)
		return trash_fd;
	do {
		moved = move_leftovers(card, trash_fd, &rc, err);
		total += moved;
	} while (moved > 0);
	if (total > 0)
		pi_info("moved %u leftover%s of earlier boots to the trash",
			total, total == 1 ? "" : "s");
	return rc;
}

static int read_boot_id(char boot_id[BOOT_ID], struct pi_err *err)
{
	int rc = pi_smallfile_read_at(AT_FDCWD, KERNEL_BOOT_ID, boot_id,
				      BOOT_ID);

	if (rc <= 0)
		return pi_err_set(err, rc < 0 ? -rc : EIO, KERNEL_BOOT_ID ": %m");
	return 0;
}

/*
 * Over the old one, which a card that jobs have filled has room for. A new card
 * has room too; without any, a second run in this boot, on a card unmounted
 * meanwhile, would not know: a risk worth a warning, not a node without scratch.
 */
static int write_boot_id(const struct card *card, char now[BOOT_ID],
			 struct pi_err *err)
{
	char line[BOOT_ID + 1];
	int rc;

	(void) snprintf(line, sizeof(line), "%s\n", now);
	rc = pi_smallfile_overwrite_at(card->state_fd, "boot_id", line,
				       strlen(line), err);
	if (rc == -ENOENT)
		rc = pi_smallfile_replace_at(card->state_fd, "boot_id", 0600,
					     line, strlen(line), err);
	if (rc != -ENOSPC)
		return rc;
	pi_warn("the card is full: %s, ignoring", err->text);
	return 0;
}

/* The caller closes both descriptors, also on failure. */
static int open_card(const char *path, struct card *card, struct pi_err *err)
{
	*card = (struct card) { .state_fd = -1, .keep_fd = -1 };
	card->fd = pi_scratch_open(path, err);
	if (card->fd < 0)
		return card->fd;
	card->state_fd = make_state(card->fd, err);
	if (card->state_fd < 0)
		return card->state_fd;
	card->keep_fd = openat(card->state_fd, KEEP_DIR, O_RDONLY |
			       O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (card->keep_fd < 0 && errno != ENOENT)
		return pi_err_set(err, errno, "open %s: %m", KEEP_DIR);
	return 0;
}

static void close_card(struct card *card)
{
	pi_auto_close_fd(&card->keep_fd);
	pi_auto_close_fd(&card->state_fd);
	pi_auto_close_fd(&card->fd);
}

static int settle(const struct card *card, struct pi_err *err)
{
	char now[BOOT_ID], before[BOOT_ID];
	struct pi_err quota_err;
	int rc = read_boot_id(now, err);

	if (rc < 0)
		return rc;
	if (pi_smallfile_read_at(card->state_fd, "boot_id", before,
				 sizeof(before)) > 0 &&
	    strcmp(before, now) == 0)
		return 0;
	rc = move_all(card, err);
	if (rc < 0)
		return rc;
	if (pi_quota_lift_all(card->fd, &quota_err) < 0)
		pi_warn("%s, ignoring", quota_err.text);
	return write_boot_id(card, now, err);
}

int pi_settle(const char *path, struct pi_err *err)
{
	struct card card;
	int rc = open_card(path, &card, err);

	if (rc == 0)
		rc = settle(&card, err);
	close_card(&card);
	return rc;
}

static int note_names(struct card *card, struct pi_err *err)
{
	struct dirent *entry;
	int fd;
	pi_auto_dir *dir = open_list(card->fd, err);

	if (!dir)
		return -EIO;
	while ((entry = readdir(dir))) {
		if (!is_leftover(card, entry->d_name))
			continue;
		fd = openat(card->keep_fd, entry->d_name, O_WRONLY | O_CREAT |
			    O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return pi_err_set(err, errno, "keep %s: %m",
					  entry->d_name);
		(void) close(fd);
	}
	return fsync(card->keep_fd) < 0 ? pi_err_set(err, errno, "keep: %m") : 0;
}

static int keep(struct card *card, struct pi_err *err)
{
	char now[BOOT_ID];
	int rc = read_boot_id(now, err);

	if (rc < 0)
		return rc;
	if (card->keep_fd < 0 &&
	    mkdirat(card->state_fd, KEEP_DIR, 0700) < 0)
		return pi_err_set(err, errno, "mkdir %s: %m", KEEP_DIR);
	if (card->keep_fd < 0)
		card->keep_fd = openat(card->state_fd, KEEP_DIR, O_RDONLY |
				       O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (card->keep_fd < 0)
		return pi_err_set(err, errno, "open %s: %m", KEEP_DIR);
	rc = note_names(card, err);
	if (rc < 0)
		return rc;
	pi_auto_fd trash_fd = pi_scratch_open_trash(card->fd, err);
	rc = trash_fd < 0 ? trash_fd : 0;
	return rc < 0 ? rc : write_boot_id(card, now, err);
}

int pi_settle_keep(const char *path, struct pi_err *err)
{
	struct card card;
	int rc = open_card(path, &card, err);

	if (rc == 0)
		rc = keep(&card, err);
	close_card(&card);
	return rc;
}
