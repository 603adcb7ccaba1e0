/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settle.h - the first thing done with a mounted card in a boot */
#ifndef PI_SETTLE_H
#define PI_SETTLE_H

#include "lib/err.h"

/*
 * If the card mounted on `path` was not used in this boot, as its file
 * .slurm-pi/boot_id tells, move everything but .slurm-pi and lost+found to its
 * trash, one rename each, lift all quota limits and write this boot's id. Times are not looked at: a
 * Pi has no clock of its own.
 *
 * In the same boot again it changes nothing. What cannot be moved is logged and
 * stays; the first failure is returned and the boot id not written.
 */
int pi_settle(const char *path, struct pi_err *err);

/*
 * Note every name in the card's root in .slurm-pi/keep: pi_settle() leaves
 * those alone at each boot. And write this boot's id.
 */
int pi_settle_keep(const char *path, struct pi_err *err);

#endif
