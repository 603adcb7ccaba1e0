/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fat.h - is a FAT or exFAT file system as empty as it came from the shop? */
#ifndef PI_FAT_H
#define PI_FAT_H

#include "agent/findings.h"

/*
 * Look into the root directory of the file system that begins at `start` of
 * the disk or image open at `fd`.
 *
 * PI_FAT_EMPTY only if nothing is there but a volume label and the directory
 * "System Volume Information"; the trace of a deleted file counts as a file,
 * and so does a directory longer than its first cluster. PI_FAT_NONE if it is
 * no FAT, cannot be read or makes no sense.
 */
enum pi_fat pi_fat_look(int fd, uint64_t start, uint64_t size);

#endif
