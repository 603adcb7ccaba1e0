/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark.h - what we write between the table and the partition, in whole sectors */
#ifndef PI_MARK_H
#define PI_MARK_H

#include "agent/findings.h"
#include "lib/err.h"

enum {
	PI_LAYOUT_START = 4 << 20,	/* where our partition begins */
	PI_MARK_SIZE = 512,		/* one sector: written whole or not */
	PI_MARK_OFFSET = 3 << 20,	/* "slurm-pi is making this card" */
	PI_SPENT_OFFSET = PI_MARK_OFFSET + 4096,	/* "... order ... is spent" */
	PI_ADOPTED_OFFSET = 512 << 10,	/* "... partition ... is adopted" */
	PI_MARK_END = PI_SPENT_OFFSET + PI_MARK_SIZE,
};

/*
 * The sector that is written before anything else when a card is made, and
 * erased when its file system is complete. It names the card's size, so an
 * image of one card copied to another does not count, and the order by which
 * the card is wiped, or "".
 */
void pi_mark_format(char mark[PI_MARK_SIZE], uint64_t card_size,
		    const char *order);

/*
 * The sector that says which order was carried out on this card. It is kept
 * twice: at PI_SPENT_OFFSET, and behind the file system in our partition, where
 * an image that is written to the card again ends before it.
 */
void pi_mark_format_spent(char spent[PI_MARK_SIZE], const char *order);

/* Where the second one lies on this card; 0 if it is too small to be ours. */
uint64_t pi_mark_second_spent(const struct pi_card *card);

/*
 * The sector that makes a card with an MBR ours, whose table has no room for our
 * type and name. It names the partition by number, start and the UUID of the
 * file system in it, so whoever formats or moves the partition undoes it.
 */
void pi_mark_format_adopted(char adopted[PI_MARK_SIZE],
			    const struct pi_partition *p, const char *uuid);

/*
 * Read all into f->mark, f->mark_order, f->spent_order, f->adopted and
 * f->can_note_adoption; table and superblocks must have been read. A mark inside
 * the partition of an adopted card does not count: users write there. Returns 0
 * or a negative errno.
 */
int pi_mark_read(int fd, struct pi_findings *f, struct pi_err *err);

#endif
