/* SPDX-License-Identifier: GPL-2.0-or-later */
/* making.h - erase a card, and say on it how far its making has come */
#ifndef PI_MAKING_H
#define PI_MAKING_H

#include "agent/findings.h"
#include "lib/err.h"

/*
 * All below write to the disk open at `fd`, which must be open for writing and
 * exclusively, and return when it is on the card. `order` is the one that is
 * carried out, or "". They return 0 or a negative errno; what a failure or a
 * power cut leaves is told from the sectors of agent/mark.h.
 */

/* Say that the card is being made: from here on the next run finishes it. */
int pi_making_begin(int fd, const struct pi_card *card, const char *order,
		    struct pi_err *err);

/*
 * Begin, and write zeros over the first and last 8 MiB, where tables, file
 * systems and RAID members have what names them. The tail goes first: while
 * the head is as it was, the order still names the card, and once its first
 * sector is blank, the mark alone finishes the job.
 */
int pi_making_erase(int fd, const struct pi_card *card, const char *order,
		    struct pi_err *err);

/* Say that the card is made, and the order, if any, spent. */
int pi_making_end(int fd, const struct pi_card *card, const char *order,
		  struct pi_err *err);

/* Say that the partition is ours, in an MBR that has no room for it. */
int pi_making_note_adopted(int fd, const struct pi_card *card,
			   const struct pi_partition *p, struct pi_err *err);

#endif
