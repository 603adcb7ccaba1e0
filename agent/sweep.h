/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sweep.h - empty the card's trash */
#ifndef PI_SWEEP_H
#define PI_SWEEP_H

#include "lib/conf.h"
#include "lib/err.h"

/*
 * Remove everything in the trash of the card mounted on ScratchDir, however
 * long that takes, until a pass finds nothing more. What cannot be removed is
 * moved to .slurm-pi/stuck, named in the log, and makes the call fail in the
 * end; so the trash is empty, and whoever watches it comes to rest.
 *
 * Returns 0, also where no card is mounted, or the first failure.
 */
int pi_sweep(const struct pi_conf *conf, struct pi_err *err);

#endif
