/* SPDX-License-Identifier: GPL-2.0-or-later */
/* findings.h - what was seen on a card, before anybody concludes from it */
#ifndef PI_FINDINGS_H
#define PI_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/card.h"
#include "agent/ext4.h"

/* A card of ours: this type and this name on its only partition, and ext4 of
 * this label in it. The type is a random UUID, so no system mounts it unasked. */
#define PI_PARTITION_TYPE "c74f555e-94cf-4e7b-ae5d-1a6c447376f3"
#define PI_PARTITION_NAME "slurm-pi-scratch"
#define PI_EXT4_OUR_LABEL "slurm-pi"

enum {
	PI_SIGNATURES = 24,	/* more are counted, not kept */
	PI_PARTITIONS = 16,	/* same */
	PI_TYPE_NAME = 40,
	PI_LABEL = 80,
};

/* One magic number that libblkid knows, wherever it lies. */
struct pi_signature {
	char type[PI_TYPE_NAME];	/* ext4, vfat, gpt, ... */
	char label[PI_LABEL];
	uint64_t offset;		/* bytes from the disk's start */
	int partition;			/* the one it lies in; 0: none */
	bool is_table;			/* a partition table */
	bool bad_checksum;
};

struct pi_partition {
	int number;
	uint64_t start, size;		/* bytes */
	char type[PI_TYPE_NAME];	/* UUID in lower case, or 0x0c */
	char name[PI_LABEL];		/* GPT only */
	char uuid[PI_EXT4_UUID];
	bool ambivalent;		/* signatures that contradict each other */
	struct pi_ext4 ext4;
};

enum pi_mark {
	PI_MARK_NONE,
	PI_MARK_MAKING,		/* we began to make this card, and did not finish */
};

enum {
	PI_IDENTITY = 40,
	PI_CONTENT = 17,	/* 16 hexadecimal digits and a NUL */
};

enum pi_fat {
	PI_FAT_NONE,		/* no FAT or exFAT, or not understood */
	PI_FAT_EMPTY,		/* as it comes from the shop */
	PI_FAT_FILES,
};

struct pi_findings {
	struct pi_card card;
	bool absent;
	int read_error;			/* positive errno; 0: all could be read */
	uint64_t read_error_at;
	bool is_held;
	char holder[PI_CONF_PATH + 32];
	char mounted_on[PI_CONF_PATH];

	char table[PI_TYPE_NAME];	/* gpt, dos, ...; "": none */
	bool table_is_backup;		/* the primary GPT is unusable */
	bool table_is_unprotected;	/* GPT without its protective MBR */
	unsigned partitions;
	struct pi_partition partition[PI_PARTITIONS];

	unsigned signatures;
	struct pi_signature signature[PI_SIGNATURES];
	bool ambivalent;		/* on the disk as a whole */

	enum pi_mark mark;
	char mark_order[PI_CONTENT];	/* the order it was begun by; or "" */
	char spent_order[2][PI_CONTENT];	/* carried out here; or "" */
	bool adopted;			/* by a sector before its partition */
	bool can_note_adoption;		/* that sector is free, or ours */
	char identity[PI_IDENTITY];	/* the CID, or what stands for it */
	char content[PI_CONTENT];	/* what an order must name; or "" */
	bool starts_blank;		/* the first sector is constant */
	bool constant_known;		/* the next two were looked at */
	bool constant;			/* every sample is all 0x00 or all 0xFF */
	uint64_t data_at;		/* else the first byte that is not */
	enum pi_fat fat;		/* of the only partition */
	struct pi_ext4 at_our_place;	/* without a table: ext4 at 4 MiB */
};

#endif
