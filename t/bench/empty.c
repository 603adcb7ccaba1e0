/* SPDX-License-Identifier: GPL-2.0-or-later */
/* empty.c - a SPANK plugin with our hooks that does nothing: what Slurm itself costs */
#include <stdint.h>

#include <slurm/spank.h>

SPANK_PLUGIN(empty, 1)

#define EMPTY(hook)                                        \
	int hook(spank_t spank, int ac, char *argv[])      \
	{                                                  \
		(void) spank;                              \
		(void) ac;                                 \
		(void) argv;                               \
		return 0;                                  \
	}

EMPTY(slurm_spank_init)
EMPTY(slurm_spank_job_prolog)
EMPTY(slurm_spank_task_init_privileged)
EMPTY(slurm_spank_task_exit)
EMPTY(slurm_spank_job_epilog)
