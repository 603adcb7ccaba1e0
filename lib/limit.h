/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limit.h - how much of the card a job may have, and what it used */
#ifndef PI_LIMIT_H
#define PI_LIMIT_H

#include <stdint.h>

#include "lib/conf.h"
#include "lib/err.h"
#include "lib/record.h"

/*
 * Decide about `size` bytes for the job of *record: more than MaxSize, or more
 * than the free space that is not promised to others, is refused. Where quota
 * is enforced and wanted, a project id is chosen. The caller holds the lock on
 * the records (promises are made one at a time), and writes the record.
 *
 * Returns 0 and sets record->size and ->project; -EDQUOT with a sentence for
 * the user if the job cannot have it; or another negative errno.
 */
int pi_limit_admit(int card_fd, int jobs_fd, const struct pi_conf *conf,
		   uint64_t size, struct pi_record *record, struct pi_err *err);

/* The share of the card's inodes that goes with record->size; 0 without quota. */
uint64_t pi_limit_inodes(int card_fd, const struct pi_record *record);

/*
 * Set the user quota of `uid` to what the records of the user's jobs add up to,
 * so that leaving a project gains nothing; lift it if none of them is limited,
 * or one of them is not. What former jobs left in the trash comes on top: a
 * requeued job does not pay for it. The caller holds the lock on the records.
 */
int pi_limit_update_user(int card_fd, int jobs_fd, uid_t uid,
			 struct pi_err *err);

/*
 * What the job uses at this moment. Returns 1 and sets *ret_bytes, 0 if that is
 * not known (no quota), or a negative errno.
 */
int pi_limit_usage(int card_fd, const struct pi_record *record,
		   uint64_t *ret_bytes, struct pi_err *err);

/* Whether `bytes` in use means that a write has met the job's limit: 1 or 0. */
int pi_limit_is_reached(const struct pi_record *record, uint64_t bytes);

#endif
