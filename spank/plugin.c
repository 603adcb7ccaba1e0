/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.c - spank_scratch.so: a directory of its own for each job, on the card
 *
 *	sbatch, salloc, srun (as the user)
 *	   `- slurm_spank_init			option.c: registers the options;
 *						a bad size ends the command
 *	slurmd on each node (as root)
 *	   `- slurmstepd spank prolog
 *	   |    `- slurm_spank_job_prolog	prolog.c: makes the directory, or
 *	   |					writes down why the job must fail
 *	   `- slurmstepd, for each step
 *	   |    |- slurm_spank_init		option.c
 *	   |    |- slurm_spank_task_init_privileged
 *	   |    |				step.c: sets SLURM_TMPDIR, or fails
 *	   |    |				the job with what was written down
 *	   |    `- slurm_spank_task_exit	tell.c: what is kept after a failure,
 *	   |					a limit that was met
 *	   `- slurmstepd spank epilog
 *	        `- slurm_spank_job_epilog	epilog.c: moves the directory away
 *
 * What these share is the record (lib/record.h), which the prolog writes and
 * all others obey.
 */
#include "spank/job.h"

#include <stdint.h>
#include <unistd.h>

#include <slurm/spank.h>

#include "lib/log.h"
#include "spank/option.h"

SPANK_PLUGIN(scratch, 1)

/* Slurm's log functions add "error: " and the time where they belong. */
static void log_to_slurm(enum pi_log_level level, const char *line)
{
	switch (level) {
	case PI_LOG_ERROR:
		slurm_error("scratch: %s", line);
		break;
	case PI_LOG_WARNING:
		slurm_error("scratch: warning: %s", line);
		break;
	case PI_LOG_INFO:
		slurm_info("scratch: %s", line);
		break;
	case PI_LOG_DEBUG:
		slurm_debug("scratch: %s", line);
		break;
	}
}

/*
 * Slurm overlooks what a hook of an `optional` plugin returns, and whether a job
 * runs without the scratch it asked for must not depend on that word. Slurm
 * forked the processes that call this for one hook (prolog, epilog) or one task;
 * with status 1 they end as they would for a `required` plugin (22.05 to 26.05).
 */
static int end_process_if_failed(int rc)
{
	if (rc < 0)
		_exit(1);
	return 0;
}

int slurm_spank_init(spank_t spank, int ac, char *argv[])
{
	pi_log_to(log_to_slurm, PI_LOG_DEBUG);
	if (pi_job_check_arguments(ac, argv) < 0)
		return -1;
	return pi_option_register(spank);
}

int slurm_spank_job_prolog(spank_t spank, int ac, char *argv[])
{
	pi_log_to(log_to_slurm, PI_LOG_DEBUG);
	return end_process_if_failed(pi_prolog_run(spank, ac, argv));
}

int slurm_spank_task_init_privileged(spank_t spank, int ac, char *argv[])
{
	return end_process_if_failed(pi_step_run(spank, ac, argv));
}

int slurm_spank_task_exit(spank_t spank, int ac, char *argv[])
{
	return pi_tell_task_end(spank, ac, argv);
}

int slurm_spank_job_epilog(spank_t spank, int ac, char *argv[])
{
	pi_log_to(log_to_slurm, PI_LOG_DEBUG);
	return end_process_if_failed(pi_epilog_run(spank, ac, argv));
}
