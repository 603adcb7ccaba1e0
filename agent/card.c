/* SPDX-License-Identifier: GPL-2.0-or-later */
/* card.c - what the kernel says about a card, whatever lies on it */
#include "agent/card.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libmount.h>
#include <libudev.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/smallfile.h"
#include "lib/auto.h"

static void copy_word(char *to, size_t size, const char *from)
{
	(void) snprintf(to, size, "%s", from ? from : "");
}

static void read_mmc(struct udev_device *disk, struct pi_card *card)
{
	struct udev_device *mmc =
		udev_device_get_parent_with_subsystem_devtype(disk, "mmc", NULL);
	const char *erase;

	if (!mmc)
		return;
	copy_word(card->type, sizeof(card->type),
		  udev_device_get_sysattr_value(mmc, "type"));
	copy_word(card->cid, sizeof(card->cid),
		  udev_device_get_sysattr_value(mmc, "cid"));
	copy_word(card->model, sizeof(card->model),
		  udev_device_get_sysattr_value(mmc, "name"));
	erase = udev_device_get_sysattr_value(mmc, "preferred_erase_size");
	if (erase)
		(void) sscanf(erase, "%" SCNu64, &card->erase_size);
}

/* From sysfs and udev's database; neither needs a running udevd. */
static int read_sysfs(struct pi_card *card, struct pi_err *err)
{
	struct udev *udev = udev_new();
	struct udev_device *disk = NULL;
	const char *type;
	int rc = 0;

	if (udev)
		disk = udev_device_new_from_devnum(udev, 'b', card->dev);
	if (!disk) {
		rc = pi_err_set(err, ENODEV, "%s: no such disk in /sys",
				card->path);
		goto release;
	}
	type = udev_device_get_devtype(disk);
	if (!type || strcmp(type, "disk") != 0) {
		rc = pi_err_set(err, EINVAL, "%s: is a %s; name the whole disk",
				card->path, type ? type : "device");
		goto release;
	}
	copy_word(card->name, sizeof(card->name),
		  udev_device_get_sysname(disk));
	copy_word(card->id_path, sizeof(card->id_path),
		  udev_device_get_property_value(disk, "ID_PATH"));
	copy_word(card->model, sizeof(card->model),
		  udev_device_get_property_value(disk, "ID_MODEL"));
	read_mmc(disk, card);
release:
	udev_device_unref(disk);
	udev_unref(udev);
	return rc;
}

static int read_device(int fd, struct pi_card *card, struct pi_err *err)
{
	int read_only = 0, sector = 512;

	if (ioctl(fd, BLKGETSIZE64, &card->size) < 0 ||
	    ioctl(fd, BLKSSZGET, &sector) < 0 ||
	    ioctl(fd, BLKROGET, &read_only) < 0)
		return pi_err_set(err, errno, "%s: %m", card->path);
	if (ioctl(fd, BLKGETDISKSEQ, &card->diskseq) < 0)
		card->diskseq = 0;
	card->sector = (unsigned) sector;
	card->read_only = read_only != 0;
	return read_sysfs(card, err);
}

static int read_facts(int fd, struct pi_card *card, struct pi_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return pi_err_set(err, errno, "%s: %m", card->path);
	if (S_ISREG(st.st_mode)) {
		card->size = (uint64_t) st.st_size;
		card->sector = 512;
		return 0;
	}
	if (!S_ISBLK(st.st_mode))
		return pi_err_set(err, EINVAL, "%s: neither a disk nor an "
				  "image file", card->path);
	card->is_device = true;
	card->dev = st.st_rdev;
	return read_device(fd, card, err);
}

int pi_card_open(const char *path, struct pi_card *ret, struct pi_err *err)
{
	struct pi_card card = { 0 };
	pi_auto_free char *real = realpath(path, NULL);
	int rc;

	/* Links like /dev/disk/by-id/... name partitions in another way. */
	if (!real)
		return pi_err_set(err, errno, "%s: %m", path);
	if (strlen(real) >= sizeof(card.path))
		return pi_err_set(err, ENAMETOOLONG, "%.60s...: %m", real);
	strcpy(card.path, real);
	pi_auto_fd fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return pi_err_set(err, errno, "%s: %m", path);
	rc = read_facts(fd, &card, err);
	if (rc < 0)
		return rc;
	*ret = card;
	return pi_take_fd(&fd);
}

int pi_card_check_same(int fd, const struct pi_card *card, struct pi_err *err)
{
	struct pi_card now = { 0 };
	int rc;

	strcpy(now.path, card->path);
	rc = read_facts(fd, &now, err);
	if (rc < 0)
		return rc;
	if (now.dev != card->dev || now.diskseq != card->diskseq ||
	    now.size != card->size || strcmp(now.cid, card->cid) != 0)
		return pi_err_set(err, ESTALE, "%s: another card was put in "
				  "meanwhile", card->path);
	return 0;
}

bool pi_card_contains(const struct pi_card *card, dev_t dev)
{
	char link[64], text[32], own[32];

	if (!card->is_device)
		return false;
	if (dev == card->dev)
		return true;
	(void) snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/partition",
			major(dev), minor(dev));
	if (pi_smallfile_read_at(AT_FDCWD, link, text, sizeof(text)) < 0)
		return false;
	(void) snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/../dev",
			major(dev), minor(dev));
	(void) snprintf(own, sizeof(own), "%u:%u", major(card->dev),
			minor(card->dev));
	return pi_smallfile_read_at(AT_FDCWD, link, text, sizeof(text)) > 0 &&
	       strcmp(text, own) == 0;
}

static void find_mount(const struct pi_card *card, char target[PI_CONF_PATH])
{
	struct libmnt_table *table = mnt_new_table_from_file(
		"/proc/self/mountinfo");
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	target[0] = '\0';
	while (table && iter && mnt_table_next_fs(table, iter, &fs) == 0) {
		if (!pi_card_contains(card, mnt_fs_get_devno(fs)))
			continue;
		copy_word(target, PI_CONF_PATH, mnt_fs_get_target(fs));
		break;
	}
	mnt_free_iter(iter);
	mnt_unref_table(table);
}

static bool find_swap(const struct pi_card *card)
{
	struct libmnt_table *table = mnt_new_table();
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	struct stat st;
	bool found = false;

	if (table && iter && mnt_table_parse_swaps(table, NULL) == 0)
		while (!found && mnt_table_next_fs(table, iter, &fs) == 0)
			found = mnt_fs_get_source(fs) &&
				stat(mnt_fs_get_source(fs), &st) == 0 &&
				S_ISBLK(st.st_mode) &&
				pi_card_contains(card, st.st_rdev);
	mnt_free_iter(iter);
	mnt_unref_table(table);
	return found;
}

int pi_card_find_holder(const struct pi_card *card,
			char holder[PI_CONF_PATH + 32],
			char ret_mounted_on[PI_CONF_PATH], struct pi_err *err)
{
	holder[0] = ret_mounted_on[0] = '\0';
	if (!card->is_device)
		return 0;
	/* The only interlock: whoever uses a disk or its partitions claims it. */
	pi_auto_fd fd = open(card->path, O_RDONLY | O_EXCL | O_CLOEXEC |
			     O_NONBLOCK);
	if (fd >= 0)
		return 0;
	if (errno != EBUSY)
		return pi_err_set(err, errno, "%s: %m", card->path);
	find_mount(card, ret_mounted_on);
	if (ret_mounted_on[0])
		(void) snprintf(holder, PI_CONF_PATH + 32, "mounted on %s",
				ret_mounted_on);
	else
		copy_word(holder, PI_CONF_PATH + 32, find_swap(card) ?
			  "used as swap" :
			  "held by the kernel (mounted elsewhere, device "
			  "mapper or md)");
	return 1;
}

void pi_card_partition_path(const struct pi_card *card, int number,
			    char path[PI_CONF_PATH + 8])
{
	char last = card->path[strlen(card->path) - 1];

	(void) snprintf(path, PI_CONF_PATH + 8, "%s%s%d", card->path,
			last >= '0' && last <= '9' ? "p" : "", number);
}
