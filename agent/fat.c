/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fat.c - is a FAT or exFAT file system as empty as it came from the shop? */
#include "agent/fat.h"

#include <endian.h>
#include <string.h>
#include <unistd.h>

enum {
	BOOT_SIZE = 512,
	ROOT_SIZE = 16 << 10,	/* of the root directory's first cluster */
	ENTRY = 32,
};

#define SYSTEM_FOLDER "System Volume Information"

static unsigned get16(const uint8_t *p)
{
	return (unsigned) p[0] | (unsigned) p[1] << 8;
}

static uint64_t get32(const uint8_t *p)
{
	return get16(p) | (uint64_t) get16(p + 2) << 16;
}

/* FAT12, FAT16 and FAT32: the byte where the root directory begins, or 0. */
static uint64_t find_root(const uint8_t *boot, size_t *ret_length)
{
	uint64_t sector = get16(boot + 11), cluster = boot[13] * sector;
	uint64_t tables = boot[16] * (get16(boot + 22) ? get16(boot + 22)
						       : get32(boot + 36));
	uint64_t root = (get16(boot + 14) + tables) * sector;

	if (sector < 512 || sector > 4096 || cluster == 0 || boot[16] == 0)
		return 0;
	*ret_length = get16(boot + 17) * (size_t) ENTRY;
	if (*ret_length == 0) {
		if (get32(boot + 44) < 2)
			return 0;
		root += (get32(boot + 44) - 2) * cluster;
		*ret_length = cluster;
	}
	return root;
}

static enum pi_fat look_at_fat_root(const uint8_t *root, size_t length)
{
	enum { ATTRIBUTES = 11, LONG_NAME = 0x0F, LABEL = 0x08, FOLDER = 0x10 };

	for (size_t at = 0; at + ENTRY <= length; at += ENTRY) {
		const uint8_t *entry = root + at;

		if (entry[0] == 0x00)
			return PI_FAT_EMPTY;
		if (entry[0] != 0xE5 && (entry[ATTRIBUTES] == LONG_NAME ||
					 entry[ATTRIBUTES] == LABEL))
			continue;
		if ((entry[ATTRIBUTES] & FOLDER) &&
		    memcmp(entry, "SYSTEM~1   ", 11) == 0)
			continue;
		return PI_FAT_FILES;
	}
	return PI_FAT_FILES;
}

/* exFAT: the byte where the root directory begins, or 0. */
static uint64_t find_exfat_root(const uint8_t *boot, size_t *ret_length)
{
	unsigned sector = boot[108], cluster = sector + boot[109];
	uint64_t root = get32(boot + 96);

	if (sector < 9 || sector > 12 || cluster > 25 || root < 2)
		return 0;
	*ret_length = (size_t) 1 << cluster;
	return (get32(boot + 88) << sector) + ((root - 2) << cluster);
}

static bool is_system_folder(const uint8_t *entry, size_t left)
{
	static const char name[] = SYSTEM_FOLDER;
	size_t length = sizeof(name) - 1, seen = 0;

	if (left < 4 * ENTRY || entry[1] != 3 || entry[ENTRY] != 0xC0 ||
	    entry[ENTRY + 3] != length)
		return false;
	for (size_t at = 2 * ENTRY; at < 4 * ENTRY; at += ENTRY) {
		if (entry[at] != 0xC1)
			return false;
		for (size_t i = 2; i < ENTRY && seen < length; i += 2, seen++)
			if (get16(entry + at + i) != (unsigned char) name[seen])
				return false;
	}
	return seen == length;
}

static enum pi_fat look_at_exfat_root(const uint8_t *root, size_t length)
{
	/* (exfatprogs 1.4 leaves room for a GUID.) */
	enum { END = 0x00, NO_LABEL = 0x03, NO_GUID = 0x20, BITMAP = 0x81,
	       UPCASE = 0x82, LABEL = 0x83, FILE_ENTRY = 0x85, GUID = 0xA0 };

	for (size_t at = 0; at + ENTRY <= length; at += ENTRY) {
		switch (root[at]) {
		case END:
			return PI_FAT_EMPTY;
		case NO_LABEL:
		case NO_GUID:
		case BITMAP:
		case UPCASE:
		case LABEL:
		case GUID:
			continue;
		case FILE_ENTRY:
			if (!is_system_folder(root + at, length - at))
				return PI_FAT_FILES;
			at += 3 * ENTRY;
			continue;
		default:
			return PI_FAT_FILES;
		}
	}
	return PI_FAT_FILES;
}

enum pi_fat pi_fat_look(int fd, uint64_t start, uint64_t size)
{
	uint8_t boot[BOOT_SIZE], root[ROOT_SIZE];
	size_t length = 0;
	uint64_t at;
	bool is_exfat;

	if (size < BOOT_SIZE ||
	    pread(fd, boot, sizeof(boot), (off_t) start) != sizeof(boot))
		return PI_FAT_NONE;
	is_exfat = memcmp(boot + 3, "EXFAT   ", 8) == 0;
	at = is_exfat ? find_exfat_root(boot, &length)
		      : find_root(boot, &length);
	if (length > sizeof(root))
		length = sizeof(root);
	if (at == 0 || at >= size || length > size - at ||
	    pread(fd, root, length, (off_t) (start + at)) != (ssize_t) length)
		return PI_FAT_NONE;
	return is_exfat ? look_at_exfat_root(root, length)
			: look_at_fat_root(root, length);
}
