/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurmcheck.h - does Slurm's configuration let the scratch plugin work? */
#ifndef PI_SLURMCHECK_H
#define PI_SLURMCHECK_H

#include <stdint.h>

#include "lib/err.h"

/*
 * Ask slurmctld for its configuration (scontrol show config), read plugstack.conf,
 * and log as a warning, each with what to do, all that would break scratch without
 * a word from Slurm:
 *
 *   - PrologFlags with RunInJob (24.05 and later: hooks are never called), or
 *     without Alloc (the prolog waits for a first step that may never come)
 *   - a Prolog, Epilog or TaskProlog script that makes or removes job
 *     directories too
 *   - the plugin missing in plugstack.conf, or not where that says, or loaded
 *     without offering its option (built for another release)
 *   - a plugstack.conf whose includes are not shipped to configless nodes
 *
 * Returns the number of problems, or a negative errno if Slurm could not be asked.
 */
int pi_slurmcheck(uint64_t timeout_ms, struct pi_err *err);

#endif
