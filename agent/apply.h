/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.h - carry out a plan: with what it calls, all that changes disks */
#ifndef PI_APPLY_H
#define PI_APPLY_H

#include "agent/findings.h"
#include "agent/plan.h"
#include "lib/conf.h"
#include "lib/err.h"

/*
 * Take the lock that udev respects (LOCK_EX on a descriptor for reading) on the
 * disk open at `fd`; it is held until `fd` is closed. Waits for udev's own
 * workers, -EBUSY if the lock cannot be had in ten seconds.
 */
int pi_apply_lock(int fd, const struct pi_card *card, struct pi_err *err);

/*
 * Carry out one action of *plan on the card of *f, whose whole disk is open and
 * locked at `fd`. Before anything is destroyed, the card must still be the one
 * that was inspected (-ESTALE), writable (-EROFS) and claimed by nobody (-EBUSY).
 *
 * An action that fails may have been carried out in part; inspecting the card
 * again, also after a power cut, leads to a plan that finishes the job.
 */
int pi_apply_action(int fd, const struct pi_findings *f,
		    const struct pi_plan *plan, unsigned action,
		    const struct pi_conf *conf, struct pi_err *err);

#endif
