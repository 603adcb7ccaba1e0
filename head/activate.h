/* SPDX-License-Identifier: GPL-2.0-or-later */
/* activate.h - make slurmctld use what was written, and see that it does */
#ifndef PI_ACTIVATE_H
#define PI_ACTIVATE_H

#include "head/changes.h"
#include "head/site.h"
#include "lib/err.h"

/*
 * Make slurmctld read its configuration: by `scontrol reconfigure`, or, where
 * that would stop it (before 23.11, after a structural change) or cannot reach
 * it, by restarting it and then the slurmds. Returns 0 once it answers, or a
 * negative errno with the reason in *err.
 */
int pi_activate(const struct pi_site *site, const struct pi_changes *changes,
		struct pi_err *err);

/*
 * Wait until slurmctld has the changed nodes and none of them is "inval" any
 * more, and resume those that slurmctld itself had drained for too little
 * hardware; with `is_back`, after the changes were taken back. Returns 0, or
 * -ETIME with the reason in *err.
 */
int pi_activate_settle(const struct pi_site *site,
		       const struct pi_changes *changes, bool is_back,
		       struct pi_err *err);

#endif
