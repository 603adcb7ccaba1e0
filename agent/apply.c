/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.c - carry out a plan: the only file that changes disks */
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
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/blank.h"
#include "agent/partition.h"
#include "agent/settle.h"
#include "agent/tool.h"
#include "lib/auto.h"
#include "lib/log.h"
#include "lib/scratch.h"

enum {
	LOCK_TRIES = 200,
	LOCK_PAUSE_MS = 50,
	FS_BLOCK = 4096,
};

/* What e2fsck of Debian 12 knows, whatever this image's mke2fs.conf says. */
#define FEATURES "none,has_journal,ext_attr,resize_inode,dir_index,filetype," \
	"extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink," \
	"extra_isize,metadata_csum"
#define EXTENDED "nodiscard,lazy_itable_init=1,lazy_journal_init=1," \
	"root_owner=0:0"
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

static int write_mark(int fd, const struct pi_card *card, bool making,
		      struct pi_err *err)
{
	char mark[PI_MARK_SIZE] = "";

	if (making)
		pi_mark_format(mark, card->size);
	if (pwrite(fd, mark, sizeof(mark), PI_MARK_OFFSET) !=
	    (ssize_t) sizeof(mark) || fsync(fd) < 0)
		return pi_err_set(err, errno ? errno : EIO, "%s: write: %m",
				  card->path);
	return 0;
}

static int partition(struct work *work, struct pi_err *err)
{
	const struct pi_card *card = &work->f->card;
	int rc;
	pi_auto_fd fd = claim(work, err);

	if (fd < 0)
		return fd;
	rc = write_mark(fd, card, true, err);
	if (rc == 0)
		rc = pi_partition_write(fd, card, &work->plan->layout, err);
	if (rc == 0)
		rc = pi_partition_announce(work->fd, card,
					   work->plan->partition,
					   &work->plan->layout, err);
	return rc;
}

static int run_tool(const struct work *work, const char *const argv[],
		    int highest, struct pi_err *err)
{
	char output[PI_TOOL_OUTPUT];
	int rc = pi_tool_run(argv, work->conf->tool_timeout_ms, 1, output, err);

	if (rc < 0)
		return rc;
	if (rc > highest)
		return pi_err_set(err, EIO, "%s %s gave %d: %s", argv[0],
				  work->device, rc, pi_tool_last_line(output));
	return rc;
}

static int make_uuid(char uuid[PI_EXT4_UUID])
{
	unsigned char bytes[16];
	char *p = uuid;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes))
		return -EIO;
	bytes[6] = (bytes[6] & 0x0F) | 0x40;
	bytes[8] = (bytes[8] & 0x3F) | 0x80;
	for (int i = 0; i < 16; i++)
		p += sprintf(p, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ?
			     "-" : "", bytes[i]);
	return 0;
}

static int check_made(const struct work *work, const char *uuid,
		      struct pi_err *err)
{
	struct pi_ext4 ext4 = { 0 };
	int rc;
	pi_auto_fd fd = open(work->device, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return pi_err_set(err, errno, "%s: %m", work->device);
	/* Past the cache: a dying card accepts writes and drops them. */
	(void) ioctl(fd, BLKFLSBUF, 0);
	rc = pi_ext4_read(fd, 0, work->plan->layout.size, &ext4);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: read: %m", work->device);
	if (ext4.state != PI_EXT4_VALID || strcmp(ext4.uuid, uuid) != 0)
		return pi_err_set(err, EIO, "%s: the card does not keep what "
				  "is written to it", work->device);
	return 0;
}

static int clear_mark(const struct work *work, struct pi_err *err)
{
	pi_auto_fd fd = claim(work, err);

	return fd < 0 ? fd : write_mark(fd, &work->f->card, false, err);
}

static int format(struct work *work, struct pi_err *err)
{
	char uuid[PI_EXT4_UUID], blocks[24];
	bool quota = work->plan->with_quota;
	const char *const argv[] = {
		"mkfs.ext4", "-q", "-b", "4096", "-I", "256", "-i", "16384",
		"-m", "0", "-e", "remount-ro", "-L", PI_EXT4_OUR_LABEL,
		"-U", uuid, "-O", quota ? FEATURES ",quota,project" : FEATURES,
		"-E", quota ? EXTENDED ",quotatype=usrquota:prjquota" : EXTENDED,
		work->device, blocks, NULL,
	};
	int rc = make_uuid(uuid);

	(void) snprintf(blocks, sizeof(blocks), "%llu", (unsigned long long)
			work->plan->layout.fs_size / FS_BLOCK);
	if (rc < 0)
		return pi_err_set(err, -rc, "no random numbers: %m");
	rc = pi_card_check_same(work->fd, &work->f->card, err);
	if (rc == 0)
		rc = run_tool(work, argv, 0, err);
	if (rc == 0)
		rc = check_made(work, uuid, err);
	if (rc == 0)
		rc = clear_mark(work, err);
	return rc;
}

static int check(struct work *work, bool all, struct pi_err *err)
{
	const char *const argv[] = {
		"e2fsck", "-p", all ? "-f" : work->device,
		all ? work->device : NULL, NULL,
	};
	int rc = pi_partition_announce(work->fd, &work->f->card,
				       work->plan->partition,
				       &work->plan->layout, err);

	if (rc == 0)
		rc = run_tool(work, argv, 1, err);
	if (rc == 1)
		pi_info("e2fsck repaired %s", work->device);
	return rc < 0 ? rc : 0;
}

static int change_quota(const struct work *work, bool on, struct pi_err *err)
{
	const char *const turn_on[] = {
		"tune2fs", "-O", "project,quota", "-Q", "usrquota,prjquota",
		work->device, NULL,
	};
	const char *const turn_off[] = {
		"tune2fs", "-O", "^quota,^project", work->device, NULL,
	};
	int rc = pi_card_check_same(work->fd, &work->f->card, err);

	return rc < 0 ? rc : run_tool(work, on ? turn_on : turn_off, 0, err);
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
	if (rc == -EINVAL && quota && change_quota(work, false, err) >= 0) {
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
	case PI_DO_PARTITION:
		return partition(&work, err);
	case PI_DO_FORMAT:
		return format(&work, err);
	case PI_DO_CHECK:
		return check(&work, false, err);
	case PI_DO_CHECK_ALL:
		return check(&work, true, err);
	case PI_DO_QUOTA_ON:
		return change_quota(&work, true, err);
	case PI_DO_QUOTA_OFF:
		return change_quota(&work, false, err);
	case PI_DO_MOUNT:
		return mount_card(&work, err);
	case PI_DO_SETTLE:
		return pi_settle(conf->scratch_dir, err);
	}
	return pi_err_set(err, EINVAL, "no such action");
}
