/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.h - what the hooks ask SPANK and its plugstack line about */
#ifndef PI_JOB_H
#define PI_JOB_H

#include <stdint.h>
#include <sys/types.h>

#include <slurm/spank.h>

#include "lib/conf.h"
#include "lib/err.h"

struct pi_job {
	uint32_t jobid;
	uid_t uid;
	gid_t gid;
};

/*
 * Ask for the job's id, user and group; in prolog, epilog and steps only.
 * Returns 0 or -EIO.
 */
int pi_job_get(spank_t spank, struct pi_job *ret_job, struct pi_err *err);

/*
 * Check the words after the plugin's name in plugstack.conf: conf=PATH is the
 * only one there is. Returns 0, or -EINVAL after logging the word.
 */
int pi_job_check_arguments(int ac, char *argv[]);

/* Read slurm-pi.conf, or what conf=PATH names. As pi_conf_read(). */
int pi_job_read_conf(int ac, char *argv[], struct pi_conf *ret_conf,
		     struct pi_err *err);

/*
 * The hooks. Each returns 0, or -1 after one logged line:
 *
 *	prolog	-1 drains the node and requeues the job: for a broken card only
 *	step	-1 fails this job alone; the line is on its stderr
 *	epilog	-1 drains the node: for a broken card only
 */
int pi_prolog_run(spank_t spank, int ac, char *argv[]);
int pi_step_run(spank_t spank, int ac, char *argv[]);
int pi_epilog_run(spank_t spank, int ac, char *argv[]);

/*
 * Do what the prolog did not, from a step of a job without a record. slurmd may
 * skip the prolog of a job that is requeued and starts again within seconds,
 * where the requests for prolog and batch step race for the job's old credential
 * (seen with 22.05.8). Its epilog comes all the same; but from 24.05 on a missing
 * record can mean PrologFlags=RunInJob, with which neither ever comes: then this
 * must not be called. As pi_prolog_run(); the directory is named by the user's
 * number, because here the environment is the user's.
 */
int pi_prolog_make_up(spank_t spank, int ac, char *argv[]);

/* Whether a missing record means a skipped prolog: 1 or 0. */
int pi_job_prolog_was_skipped(void);

/*
 * In slurmstepd, at the end of a task (later, srun does not listen any more): one
 * line to the user if the job's directory will be kept, or if it met its limit.
 * Returns 0.
 */
int pi_tell_task_end(spank_t spank, int ac, char *argv[]);

/*
 * Whether a negative errno means that the card is broken, which the next job
 * would meet too, and not that it is full or that memory is short: 1 or 0.
 */
int pi_job_is_card_fault(int rc);

#endif
