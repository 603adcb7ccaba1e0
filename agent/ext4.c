/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext4.c - the primary superblock of an ext4 file system, read directly */
#include "agent/ext4.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Offsets and bits as the kernel's Documentation/filesystems/ext4 has them. */
enum {
	SUPER_OFFSET = 1024,
	SUPER_SIZE = 1024,
	SUPER_MAGIC = 0xEF53,

	BLOCKS_LO = 0x04,
	LOG_BLOCK_SIZE = 0x18,
	MOUNT_TIME = 0x2C,
	MOUNT_COUNT = 0x34,
	MAGIC = 0x38,
	STATE = 0x3A,
	COMPAT = 0x5C,
	INCOMPAT = 0x60,
	RO_COMPAT = 0x64,
	UUID = 0x68,
	LABEL = 0x78,
	BLOCKS_HI = 0x150,
	ERROR_COUNT = 0x194,
	CHECKSUM = 0x3FC,

	STATE_ERRORS = 0x2,
	COMPAT_JOURNAL = 0x4,
	INCOMPAT_EXTENTS = 0x40,
	INCOMPAT_64BIT = 0x80,
	RO_COMPAT_QUOTA = 0x100,
	RO_COMPAT_CHECKSUM = 0x400,
	RO_COMPAT_PROJECT = 0x2000,
};

static uint16_t get16(const uint8_t *super, unsigned offset)
{
	uint16_t value;

	memcpy(&value, super + offset, sizeof(value));
	return le16toh(value);
}

static uint32_t get32(const uint8_t *super, unsigned offset)
{
	uint32_t value;

	memcpy(&value, super + offset, sizeof(value));
	return le32toh(value);
}

/* CRC-32C without the final inversion, as ext4 stores it. */
static uint32_t crc32c(const uint8_t *data, size_t length)
{
	uint32_t crc = UINT32_MAX;

	while (length-- > 0) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78U : 0);
	}
	return crc;
}

static uint64_t get_bytes(const uint8_t *super)
{
	uint32_t log_size = get32(super, LOG_BLOCK_SIZE);
	uint64_t blocks = get32(super, BLOCKS_LO);

	if (log_size > 6)	/* 64 KiB is the largest */
		return 0;
	if (get32(super, INCOMPAT) & INCOMPAT_64BIT)
		blocks |= (uint64_t) get32(super, BLOCKS_HI) << 32;
	if (blocks > (UINT64_MAX >> (10 + log_size)))
		return 0;
	return blocks << (10 + log_size);
}

static enum pi_ext4_state judge(const uint8_t *super, uint64_t bytes,
				uint64_t room)
{
	if (get16(super, MAGIC) != SUPER_MAGIC)
		return PI_EXT4_NONE;
	if (bytes == 0 || bytes > room)
		return PI_EXT4_DAMAGED;
	if ((get32(super, RO_COMPAT) & RO_COMPAT_CHECKSUM) &&
	    crc32c(super, CHECKSUM) != get32(super, CHECKSUM))
		return PI_EXT4_DAMAGED;
	return PI_EXT4_VALID;
}

static void get_label(const uint8_t *super, char label[PI_EXT4_LABEL])
{
	memcpy(label, super + LABEL, PI_EXT4_LABEL - 1);
	label[PI_EXT4_LABEL - 1] = '\0';
	for (char *p = label; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

static void get_uuid(const uint8_t *super, char uuid[PI_EXT4_UUID])
{
	static const char dash_before[16] = { [4] = 1, [6] = 1, [8] = 1,
					      [10] = 1 };
	char *p = uuid;

	for (int i = 0; i < 16; i++)
		p += sprintf(p, "%s%02x", dash_before[i] ? "-" : "",
			     super[UUID + i]);
}

int pi_ext4_read(int fd, uint64_t offset, uint64_t room, struct pi_ext4 *ret)
{
	uint8_t super[SUPER_SIZE];
	struct pi_ext4 ext4 = { .state = PI_EXT4_NONE };
	ssize_t n;

	if (room < SUPER_OFFSET + SUPER_SIZE) {
		*ret = ext4;
		return 0;
	}
	n = pread(fd, super, sizeof(super), (off_t) (offset + SUPER_OFFSET));
	if (n != (ssize_t) sizeof(super))
		return n < 0 ? -errno : -EIO;
	ext4.bytes = get_bytes(super);
	ext4.state = judge(super, ext4.bytes, room);
	if (ext4.state != PI_EXT4_NONE) {
		uint32_t ro_compat = get32(super, RO_COMPAT);

		get_label(super, ext4.label);
		get_uuid(super, ext4.uuid);
		ext4.has_extents = get32(super, INCOMPAT) & INCOMPAT_EXTENTS;
		ext4.has_journal = get32(super, COMPAT) & COMPAT_JOURNAL;
		ext4.has_quota = (ro_compat & RO_COMPAT_QUOTA) &&
				 (ro_compat & RO_COMPAT_PROJECT);
		ext4.has_checksum = ro_compat & RO_COMPAT_CHECKSUM;
		ext4.needs_check = get16(super, STATE) & STATE_ERRORS;
		ext4.was_mounted = get32(super, MOUNT_TIME) != 0 ||
				   get16(super, MOUNT_COUNT) != 0;
		ext4.error_count = get32(super, ERROR_COUNT);
	}
	*ret = ext4;
	return 0;
}
