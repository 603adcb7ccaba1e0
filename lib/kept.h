/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept.h - job directories kept after a failure, for a while */
#ifndef PI_KEPT_H
#define PI_KEPT_H

#include <stdint.h>

#include "lib/err.h"

/*
 * On the card, kept/NAME is what was a job's directory, still its user's. The
 * file .slurm-pi/kept/NAME, root's alone, tells by its time when it came there.
 */
#define PI_KEPT_DIR "kept"

/*
 * Move the job directory `name` from the card's root to kept/, in constant time.
 * One of that name kept earlier, from a former run of the job, goes to the
 * trash. Returns 0, -ENOENT if there is no such directory (with *err untouched),
 * or another negative errno, and the directory where it was.
 */
int pi_kept_put(int card_fd, const char *name, uint32_t jobid,
		struct pi_err *err);

/*
 * Move to the trash what was kept for longer than `keep_ms`; what nobody has
 * seen before is kept from now on. A clock that goes backwards keeps things
 * longer, never shorter. Returns 0, also where nothing was ever kept, or the
 * first failure.
 */
int pi_kept_expire(int card_fd, uint64_t keep_ms, struct pi_err *err);

#endif
