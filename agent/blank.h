/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blank.h - is there nothing on the card, and did we begin to make it ours? */
#ifndef PI_BLANK_H
#define PI_BLANK_H

#include "agent/findings.h"
#include "lib/err.h"

/* Where a card of ours has its partition: one erase unit from the start. */
enum { PI_LAYOUT_START = 4 << 20 };

enum {
	PI_MARK_OFFSET = 3 << 20,	/* between the table and the partition */
	PI_MARK_SIZE = 512,		/* one sector: written whole or not */
};

/*
 * The sector at PI_MARK_OFFSET that says "slurm-pi is making this card": written
 * before anything else, erased when the file system is complete. It names the
 * card's size, so an image of one card copied to another does not count.
 */
void pi_mark_format(char mark[PI_MARK_SIZE], uint64_t card_size);

/* Read it into f->mark. Returns 0 or a negative errno. */
int pi_mark_read(int fd, struct pi_findings *f, struct pi_err *err);

/*
 * Read samples of the whole card: its first 4 MiB and last 2 MiB, the places
 * of ext4's backup superblocks, and a hundred places between. Sets f->constant,
 * f->data_at and f->constant_known. With f->mark, what an interrupted making
 * could have written (the GPT and the mark) is left out.
 */
int pi_blank_sample(int fd, struct pi_findings *f, struct pi_err *err);

#endif
