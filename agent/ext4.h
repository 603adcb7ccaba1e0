/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext4.h - the primary superblock of an ext4 file system, read directly */
#ifndef PI_EXT4_H
#define PI_EXT4_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PI_EXT4_LABEL = 17,
	PI_EXT4_UUID = 37,
};

enum pi_ext4_state {
	PI_EXT4_NONE,		/* no magic number */
	PI_EXT4_DAMAGED,	/* magic number, but checksum or geometry is wrong */
	PI_EXT4_VALID,
};

struct pi_ext4 {
	enum pi_ext4_state state;
	char label[PI_EXT4_LABEL];
	char uuid[PI_EXT4_UUID];
	uint64_t bytes;			/* the file system's size */
	bool has_extents;		/* ext4 rather than ext2 or ext3 */
	bool has_journal;
	bool has_quota;			/* quota and project */
	bool has_checksum;
	bool needs_check;		/* the kernel found errors in it */
	bool was_mounted;		/* ever, read-write */
	uint32_t error_count;
};

/*
 * Read the superblock of the file system that begins at `offset` of the disk
 * or image open at `fd`, and has room for `room` bytes.
 *
 * No other block is looked at, so nothing that a user writes into files can
 * change the answer. Returns 0, or a negative errno if reading failed; text
 * from the disk has its unprintable bytes replaced.
 */
int pi_ext4_read(int fd, uint64_t offset, uint64_t room, struct pi_ext4 *ret);

#endif
