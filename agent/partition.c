/* SPDX-License-Identifier: GPL-2.0-or-later */
/* partition.c - our partition: in the card's table, and in the kernel's */
#include "agent/partition.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libfdisk.h>
#include <linux/blkpg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/smallfile.h"
#include "lib/auto.h"

enum { SYSFS_PATH = 128, SYSFS_SECTOR = 512 };

static struct fdisk_parttype *our_type(struct fdisk_context *context)
{
	struct fdisk_parttype *type = fdisk_label_get_parttype_from_string(
		fdisk_get_label(context, NULL), PI_PARTITION_TYPE);

	return type ? type : fdisk_new_unknown_parttype(0, PI_PARTITION_TYPE);
}

/* A partition with our type and name, for the caller to place. */
static struct fdisk_partition *our_partition(struct fdisk_context *context)
{
	struct fdisk_partition *partition = fdisk_new_partition();
	struct fdisk_parttype *type = our_type(context);

	if (partition && type) {
		(void) fdisk_partition_set_type(partition, type);
		(void) fdisk_partition_set_name(partition, PI_PARTITION_NAME);
	} else {
		fdisk_unref_partition(partition);
		partition = NULL;
	}
	fdisk_unref_parttype(type);
	return partition;
}

static int add_partition(struct fdisk_context *context,
			 const struct pi_card *card,
			 const struct pi_layout *layout)
{
	struct fdisk_partition *partition = our_partition(context);
	int rc = -ENOMEM;

	if (partition) {
		(void) fdisk_partition_set_partno(partition, 0);
		(void) fdisk_partition_set_start(partition,
						 layout->start / card->sector);
		(void) fdisk_partition_set_size(partition,
						layout->size / card->sector);
		rc = fdisk_add_partition(context, partition, NULL);
	}
	fdisk_unref_partition(partition);
	return rc;
}

static int change_partition(struct fdisk_context *context, int number)
{
	struct fdisk_partition *partition = our_partition(context);
	int rc = -ENOMEM;

	if (partition)
		rc = fdisk_set_partition(context, (size_t) number - 1,
					 partition);
	fdisk_unref_partition(partition);
	return rc;
}

/* On our descriptor: libfdisk's own would fall back to a shared open. */
static int open_table(int fd, const struct pi_card *card,
		      struct fdisk_context **ret, struct pi_err *err)
{
	struct fdisk_context *context = fdisk_new_context();
	int rc;

	if (!context)
		return pi_err_set(err, ENOMEM, "libfdisk: %m");
	(void) fdisk_disable_dialogs(context, 1);
	rc = fdisk_assign_device_by_fd(context, fd, card->path, 0);
	if (rc < 0) {
		fdisk_unref_context(context);
		return pi_err_set(err, -rc, "%s: libfdisk: %m", card->path);
	}
	*ret = context;
	return 0;
}

static int write_table(int fd, const struct pi_card *card,
		       struct fdisk_context *context, int rc,
		       struct pi_err *err)
{
	if (rc == 0)
		rc = fdisk_write_disklabel(context);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	(void) fdisk_deassign_device(context, 1);
	fdisk_unref_context(context);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: write the partition table: %m",
				  card->path);
	return 0;
}

int pi_partition_write(int fd, const struct pi_card *card,
		       const struct pi_layout *layout, struct pi_err *err)
{
	struct fdisk_context *context;
	int rc = open_table(fd, card, &context, err);

	if (rc < 0)
		return rc;
	rc = fdisk_create_disklabel(context, "gpt");
	if (rc == 0)
		rc = add_partition(context, card, layout);
	return write_table(fd, card, context, rc, err);
}

int pi_partition_claim(int fd, const struct pi_card *card, int number,
		       struct pi_err *err)
{
	struct fdisk_context *context;
	int rc = open_table(fd, card, &context, err);

	if (rc < 0)
		return rc;
	rc = fdisk_is_label(context, GPT) ? change_partition(context, number)
					  : -EINVAL;
	return write_table(fd, card, context, rc, err);
}

static void sysfs_path(const struct pi_card *card, int number,
		       const char *attribute, char path[SYSFS_PATH])
{
	char last = card->name[strlen(card->name) - 1];

	(void) snprintf(path, SYSFS_PATH, "/sys/dev/block/%u:%u/%s%s%d/%s",
			major(card->dev), minor(card->dev), card->name,
			last >= '0' && last <= '9' ? "p" : "", number,
			attribute);
}

/* 1 as wanted, 0 elsewhere, -ENOENT not there. */
static int look_at_kernel(const struct pi_card *card, int number,
			  const struct pi_layout *layout)
{
	uint64_t start, size;
	char path[SYSFS_PATH];
	int rc;

	sysfs_path(card, number, "start", path);
	rc = pi_smallfile_read_number_at(AT_FDCWD, path, &start);
	if (rc < 0)
		return rc;
	sysfs_path(card, number, "size", path);
	rc = pi_smallfile_read_number_at(AT_FDCWD, path, &size);
	if (rc < 0)
		return rc;
	return start * SYSFS_SECTOR == layout->start &&
	       size * SYSFS_SECTOR == layout->size;
}

static int tell_kernel(int fd, int operation, int number,
		       const struct pi_layout *layout)
{
	struct blkpg_partition partition = {
		.start = (long long) layout->start,
		.length = (long long) layout->size,
		.pno = number,
	};
	struct blkpg_ioctl_arg arg = {
		.op = operation,
		.datalen = sizeof(partition),
		.data = &partition,
	};

	return ioctl(fd, BLKPG, &arg) < 0 ? -errno : 0;
}

/* The node must be the kernel's for that partition, not a file of that name. */
static int check_node(const struct pi_card *card, int number,
		      struct pi_err *err)
{
	char path[PI_CONF_PATH + 8];
	struct stat st;

	pi_card_partition_path(card, number, path);
	if (stat(path, &st) < 0)
		return pi_err_set(err, errno, "%s: %m", path);
	if (!S_ISBLK(st.st_mode) || !pi_card_contains(card, st.st_rdev))
		return pi_err_set(err, ENODEV, "%s is not a partition of %s",
				  path, card->path);
	return 0;
}

int pi_partition_forget_others(int fd, const struct pi_card *card, int number,
			       struct pi_err *err)
{
	static const struct pi_layout anywhere;
	char path[SYSFS_PATH];
	const struct dirent *entry;
	uint64_t other;
	pi_auto_dir *dir = NULL;

	(void) snprintf(path, sizeof(path), "/sys/dev/block/%u:%u",
			major(card->dev), minor(card->dev));
	dir = opendir(path);
	if (!dir)
		return pi_err_set(err, errno, "%s: %m", path);
	while ((entry = readdir(dir))) {
		(void) snprintf(path, sizeof(path), "%.100s/partition",
				entry->d_name);
		if (pi_smallfile_read_number_at(dirfd(dir), path, &other) < 0 ||
		    other == (uint64_t) number)
			continue;
		int rc = tell_kernel(fd, BLKPG_DEL_PARTITION, (int) other,
				     &anywhere);

		if (rc < 0 && rc != -ENXIO)
			return pi_err_set(err, -rc, "%s: take away the kernel's "
					  "partition %d: %m", card->path,
					  (int) other);
	}
	return 0;
}

int pi_partition_announce(int fd, const struct pi_card *card, int number,
			  const struct pi_layout *layout, struct pi_err *err)
{
	int rc = look_at_kernel(card, number, layout);

	if (rc == 0) {
		rc = tell_kernel(fd, BLKPG_DEL_PARTITION, number, layout);
		if (rc < 0)
			return pi_err_set(err, -rc, "%s: take away the kernel's "
					  "partition %d: %m", card->path,
					  number);
	}
	if (rc <= 0) {
		rc = tell_kernel(fd, BLKPG_ADD_PARTITION, number, layout);
		if (rc < 0)
			return pi_err_set(err, -rc, "%s: tell the kernel of "
					  "partition %d: %m", card->path,
					  number);
		rc = look_at_kernel(card, number, layout);
	}
	if (rc <= 0)
		return pi_err_set(err, EIO, "%s: the kernel's partition %d is "
				  "not where it should be", card->path, number);
	return check_node(card, number, err);
}
