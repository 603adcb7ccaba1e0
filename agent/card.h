/* SPDX-License-Identifier: GPL-2.0-or-later */
/* card.h - what the kernel says about a card, whatever lies on it */
#ifndef PI_CARD_H
#define PI_CARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/conf.h"
#include "lib/err.h"

enum {
	PI_CARD_NAME = 32,	/* mmcblk0 */
	PI_CARD_CID = 33,	/* 32 hexadecimal digits */
	PI_CARD_WORD = 64,
};

struct pi_card {
	char path[PI_CONF_PATH];	/* as it was named */
	bool is_device;			/* else an image file */
	dev_t dev;
	uint64_t size;
	unsigned sector;		/* logical, bytes */
	uint64_t diskseq;		/* 0: the kernel does not say */
	uint64_t erase_size;		/* preferred, bytes; 0: unknown */
	bool read_only;
	char name[PI_CARD_NAME];
	char id_path[PI_CARD_WORD];	/* "" without udev */
	char type[PI_CARD_WORD];	/* SD, MMC; "" off the mmc bus */
	char model[PI_CARD_WORD];
	char cid[PI_CARD_CID];		/* "" off the mmc bus */
};

/*
 * Open `path`, a whole disk or an image file, read-only and without claiming
 * it, and read its facts. Directories, partitions and character devices are
 * refused with -EINVAL.
 *
 * Returns a descriptor that the caller closes, or a negative errno and *ret
 * untouched.
 */
int pi_card_open(const char *path, struct pi_card *ret, struct pi_err *err);

/*
 * Whether the disk open at `fd` is still the one that *card describes: same
 * device, DISKSEQ, size and CID. Returns 0, or -ESTALE if it was exchanged.
 * Asked before every step that destroys something.
 */
int pi_card_check_same(int fd, const struct pi_card *card, struct pi_err *err);

/*
 * What holds the card: 0 nobody, 1 somebody (mounted, swap, device mapper, md)
 * with a description in `holder`, or a negative errno. `ret_mounted_on` gets
 * the first directory that it, or a partition of it, is mounted on in this
 * mount namespace, else "".
 */
int pi_card_find_holder(const struct pi_card *card,
			char holder[PI_CONF_PATH + 32],
			char ret_mounted_on[PI_CONF_PATH], struct pi_err *err);

/* Whether `dev` is this card or one of its partitions. */
bool pi_card_contains(const struct pi_card *card, dev_t dev);

/* The path of partition `number`: /dev/sdb1, /dev/mmcblk0p1. */
void pi_card_partition_path(const struct pi_card *card, int number,
			    char path[PI_CONF_PATH + 8]);

#endif
