/* SPDX-License-Identifier: GPL-2.0-or-later */
/* partition.h - our partition: in the card's table, and in the kernel's */
#ifndef PI_PARTITION_H
#define PI_PARTITION_H

#include "agent/card.h"
#include "agent/plan.h"
#include "lib/err.h"

/*
 * Write a new GPT with our partition 1 to the disk open at `fd`, which must be
 * open for writing and exclusively. What was there is gone, also on failure.
 */
int pi_partition_write(int fd, const struct pi_card *card,
		       const struct pi_layout *layout, struct pi_err *err);

/*
 * Give partition `number` of the GPT on the disk open at `fd`, open as above,
 * our type and name; where it lies and what is in it stays.
 */
int pi_partition_claim(int fd, const struct pi_card *card, int number,
		       struct pi_err *err);

/*
 * Make the kernel forget all partitions of the disk open at `fd`, however open,
 * but `number`: those of a table that is no more would be in the way of the new
 * one. -EBUSY if one is in use.
 */
int pi_partition_forget_others(int fd, const struct pi_card *card, int number,
			       struct pi_err *err);

/*
 * Make the kernel know partition `number` as *layout has it, without asking it
 * to read the table again, which would take partitions away from under others.
 * `fd` is the whole disk, however open. A partition that the kernel has
 * elsewhere is replaced, unless it is in use (-EBUSY). Returns 0 once the
 * partition's device node is there.
 */
int pi_partition_announce(int fd, const struct pi_card *card, int number,
			  const struct pi_layout *layout, struct pi_err *err);

#endif
