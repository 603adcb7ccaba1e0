/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option.h - sbatch --scratch[=SIZE] --scratch-keep */
#ifndef PI_OPTION_H
#define PI_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include <slurm/spank.h>

#include "lib/err.h"

struct pi_request {
	bool used;		/* --scratch or --scratch-keep was given */
	bool keep;		/* --scratch-keep was given */
	uint64_t size;		/* bytes; 0: no SIZE was given */
};

/*
 * Register the options; in slurm_spank_init only, in every context (from a static
 * table, prolog and epilog would never see it: Slurm 22.05 to 26.05). In sbatch,
 * salloc and srun a bad SIZE then ends the command with one line. Returns 0 or
 * -1.
 */
int pi_option_register(spank_t spank);

/*
 * What the user asked for; in prolog, step and epilog. The value is the user's,
 * who can set it past the check above, so it is checked again.
 *
 * Returns 0, or -EINVAL with a sentence for the user; then .used is true and
 * .size 0.
 */
int pi_option_get(spank_t spank, struct pi_request *ret_request,
		  struct pi_err *err);

#endif
