/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.c - carry out a plan: with what it calls, all that changes disks */
#include "agent/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/filesystem.h"
#include "agent/making.h"
#include "agent/partition.h"
#include "agent/settle.h"
#include "lib/auto.h"
#include "lib/log.h"
#include "lib/scratch.h"

enum {
	LOCK_TRIES = 200,
	LOCK_PAUSE_MS = 50,
};

#define MOUNT_DATA "errors=remount-ro"
#define MOUNT_DATA_QUOTA MOUNT_DATA ",usrquota,prjquota"

/* What the actions below share. */
struct work {
	int fd;
	const struct pi_findings *f;
	const struct pi_plan *plan;
	const struct pi_conf *conf;
	char device[PI_CONF_PATH + 8];	/* the partition's node */
};

int pi_apply_lock(int fd, const struct pi_card *card, struct pi_err *err)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return pi_err_set(err, errno, "%s: lock: %m",
					  card->path);
		(void) poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return pi_err_set(err, EBUSY, "%s: another program keeps it locked",
			  card->path);
}

/* A claimed descriptor for writing: nobody else uses the disk while it is open. */
static int claim(const struct work *work, struct pi_err *err)
{
	const struct pi_card *card = &work->f->card;
	int read_only = 0, rc;
	pi_auto_fd fd = open(card->path, O_RDWR | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		return pi_err_set(err, errno, "%s: %m", card->path);
	rc = pi_card_check_same(fd, card, err);
	if (rc < 0)
		return rc;
	/* A read-only card opens for writing all the same. */
	if (ioctl(fd, BLKROGET, &read_only) < 0 || read_only)
		return pi_err_set(err, EROFS, "%s: %m", card->path);
	return pi_take_fd(&fd);
}

static int erase(const struct work *work, struct pi_err *err)
{
	pi_auto_fd fd = claim(work, err);

	return fd < 0 ? fd : pi_making_erase(fd, &work->f->card,
					     work->plan->order, err);
}

static int announce(const struct work *work, struct pi_err *err)
{
	return pi_partition_announce(work->fd, &work->f->card,
				     work->plan->partition,
				     &work->plan->layout, err);
}

static int partition(struct work *work, bool making, struct pi_err *err)
{
	int rc;
	pi_auto_fd fd = claim(work, err);

	if (fd < 0)
		return fd;
	rc = making ? pi_making_begin(fd, &work->f->card, work->plan->order,
				      err) : 0;
	if (rc == 0)
		rc = pi_partition_write(fd, &work->f->card,
					&work->plan->layout, err);
	if (rc == 0)
		rc = pi_partition_forget_others(fd, &work->f->card,
						work->plan->partition, err);
	return rc < 0 ? rc : announce(work, err);
}

static int claim_partition(struct work *work, struct pi_err *err)
{
	pi_auto_fd fd = claim(work, err);

	return fd < 0 ? fd : pi_partition_claim(fd, &work->f->card,
						work->plan->partition, err);
}

static int note_adoption(const struct work *work, struct pi_err *err)
{
	pi_auto_fd fd = claim(work, err);

	return fd < 0 ? fd : pi_making_note_adopted(fd, &work->f->card,
						    &work->f->partition[0], err);
}

/* An ephemeral card is formatted in the partition it has: the mark is new. */
static int begin_format(const struct work *work, struct pi_err *err)
{
	pi_auto_fd fd = claim(work, err);

	return fd < 0 ? fd : pi_making_begin(fd, &work->f->card,
					     work->plan->order, err);
}

static int end_format(const struct work *work, struct pi_err *err)
{
	pi_auto_fd fd = claim(work, err);

	return fd < 0 ? fd : pi_making_end(fd, &work->f->card,
					   work->plan->order, err);
}

static int format(const struct work *work, struct pi_err *err)
{
	struct pi_filesystem wanted = {
		.bytes = work->plan->layout.fs_size,
		.journal = work->plan->with_journal,
		.quota = work->plan->with_quota,
	};
	int rc = announce(work, err);

	if (rc == 0)
		rc = begin_format(work, err);
	if (rc == 0)
		rc = pi_filesystem_make(work->device, &wanted,
					work->conf->tool_timeout_ms, err);
	if (rc == 0)
		rc = end_format(work, err);
	return rc;
}

static int check(const struct work *work, enum pi_filesystem_check how,
		 struct pi_err *err)
{
	int rc = announce(work, err);

	return rc < 0 ? rc : pi_filesystem_check(work->device, how,
						 work->conf->tool_timeout_ms,
						 err);
}

static int change(const struct work *work, enum pi_filesystem_change what,
		  struct pi_err *err)
{
	pi_auto_fd fd = claim(work, err);

	if (fd < 0)
		return fd;
	/* The card is the right one, and free; tune2fs claims it itself. */
	pi_auto_close_fd(&fd);
	fd = -1;
	return pi_filesystem_change(work->device, what,
				    work->conf->tool_timeout_ms, err);
}

static int unmount(const struct work *work, struct pi_err *err)
{
	if (umount2(work->conf->scratch_dir, 0) < 0)
		return pi_err_set(err, errno, "umount %s: %m",
				  work->conf->scratch_dir);
	return 0;
}

static int try_mount(const struct work *work, bool quota)
{
	return mount(work->device, work->conf->scratch_dir, "ext4",
		     MS_NODEV | MS_NOSUID | MS_NOATIME,
		     quota ? MOUNT_DATA_QUOTA : MOUNT_DATA) < 0 ? -errno : 0;
}

/* The root directory is root's alone, so that names in it can be trusted. */
static int own_root(const char *path, struct pi_err *err)
{
	pi_auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
			     O_CLOEXEC);

	if (fd < 0 || fchown(fd, 0, 0) < 0 || fchmod(fd, 0755) < 0)
		return pi_err_set(err, errno, "%s: %m", path);
	return 0;
}

static int mount_card(struct work *work, struct pi_err *err)
{
	const char *path = work->conf->scratch_dir;
	bool quota = work->plan->with_quota;
	int rc = try_mount(work, quota);

	/* The guess about the kernel was wrong; a card without quotas is of use. */
	if (rc == -EINVAL && quota && change(work, PI_CHANGE_QUOTA_OFF, err) == 0) {
		pi_warn("%s: this kernel cannot mount it with quotas; they "
			"were taken off", work->device);
		rc = try_mount(work, false);
	}
	if (rc < 0)
		return pi_err_set(err, -rc, "mount %s on %s: %m; dmesg(1) may "
				  "say more", work->device, path);
	rc = own_root(path, err);
	if (rc == 0)
		rc = pi_scratch_note_mounted(path, err);
	if (rc < 0)
		(void) umount2(path, MNT_DETACH);
	return rc;
}

int pi_apply_action(int fd, const struct pi_findings *f,
		    const struct pi_plan *plan, unsigned action,
		    const struct pi_conf *conf, struct pi_err *err)
{
	struct work work = { .fd = fd, .f = f, .plan = plan, .conf = conf };

	pi_card_partition_path(&f->card, plan->partition, work.device);
	switch (plan->action[action].kind) {
	case PI_DO_WIPE:
		return erase(&work, err);
	case PI_DO_PARTITION:
		return partition(&work, true, err);
	case PI_DO_REWRITE:
		return partition(&work, false, err);
	case PI_DO_FORMAT:
		return format(&work, err);
	case PI_DO_CHECK:
		return check(&work, PI_CHECK_QUICK, err);
	case PI_DO_CHECK_ALL:
		return check(&work, PI_CHECK_ALL, err);
	case PI_DO_RESCUE:
		return check(&work, PI_CHECK_RESCUE, err);
	case PI_DO_JOURNAL:
		return change(&work, PI_CHANGE_JOURNAL_ON, err);
	case PI_DO_LABEL:
		return change(&work, PI_CHANGE_LABEL, err);
	case PI_DO_QUOTA_ON:
		return change(&work, PI_CHANGE_QUOTA_ON, err);
	case PI_DO_QUOTA_OFF:
		return change(&work, PI_CHANGE_QUOTA_OFF, err);
	case PI_DO_TYPE:
		return claim_partition(&work, err);
	case PI_DO_NOTE:
		return note_adoption(&work, err);
	case PI_DO_UNMOUNT:
		return unmount(&work, err);
	case PI_DO_MOUNT:
		return mount_card(&work, err);
	case PI_DO_SETTLE:
		return pi_settle(conf->scratch_dir, err);
	case PI_DO_KEEP:
		return pi_settle_keep(conf->scratch_dir, err);
	}
	return pi_err_set(err, EINVAL, "no such action");
}
