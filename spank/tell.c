/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tell.c - what the user is told on stderr before a job is over
 *
 * The epilog, which decides, comes too late: nobody but slurmd.log hears it.
 */
#include "spank/job.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/auto.h"
#include "lib/kept.h"
#include "lib/limit.h"
#include "lib/log.h"
#include "lib/record.h"
#include "lib/scratch.h"
#include "lib/size.h"

/* The batch script's step, SLURM_BATCH_SCRIPT in slurm.h. */
static const uint32_t batch_step = 0xfffffffb;

/* Open the records and read this job's; -ENOENT if there is none. */
static int open_record(spank_t spank, int *ret_jobs_fd,
		       struct pi_record *ret_record, struct pi_err *err)
{
	struct pi_job job;
	pi_auto_fd jobs = -1;
	int rc = pi_job_get(spank, &job, err);

	if (rc < 0)
		return rc;
	jobs = pi_record_open_jobs(err);
	if (jobs < 0)
		return jobs;
	rc = pi_record_read(jobs, job.jobid, ret_record, err);
	if (rc == 0 && ret_record->uid != job.uid)
		return -ENOENT;
	if (rc == 0)
		*ret_jobs_fd = pi_take_fd(&jobs);
	return rc;
}

/* Once for the job on this node. */
static int tell_if_full(int jobs_fd, struct pi_record *record,
			struct pi_err *err)
{
	char size[PI_SIZE_TEXT];
	uint64_t used;
	pi_auto_fd card = pi_scratch_open(record->base, err);
	int rc = card < 0 ? card : pi_limit_usage(card, record, &used, err);

	if (rc <= 0 || !pi_limit_is_reached(record, used))
		return rc;
	pi_error("this job filled the %s of scratch it asked for; writes beyond "
		 "that failed with \"Disk quota exceeded\": ask for more with "
		 "--scratch=SIZE", pi_size_format(record->size, size));
	record->told = true;
	return pi_record_write(jobs_fd, record, err);
}

/*
 * A failing step does not mean a failing job where a batch script decides that,
 * unless it was killed; sbatch sets ENVIRONMENT for its job.
 */
static bool decides_for_the_job(spank_t spank)
{
	char value[sizeof("BATCH")];
	uint32_t step;

	if (spank_get_item(spank, S_JOB_STEPID, &step) == ESPANK_SUCCESS &&
	    step == batch_step)
		return true;
	return spank_getenv(spank, "ENVIRONMENT", value, sizeof(value)) !=
	       ESPANK_SUCCESS || strcmp(value, "BATCH") != 0;
}

/* What a failed task means for the job, once. */
static int tell_if_kept(spank_t spank, int status, int ac, char *argv[],
			int jobs_fd, struct pi_record *record,
			struct pi_err *err)
{
	char keep_time[PI_SIZE_TEXT];
	bool decides = decides_for_the_job(spank);
	struct pi_conf conf;
	int rc;

	if (status == 0 || (!decides && !WIFSIGNALED(status)))
		return 0;
	record->failed = true;
	rc = pi_record_write(jobs_fd, record, err);
	if (!decides)
		return rc;
	if (pi_job_read_conf(ac, argv, &conf, NULL) < 0)
		pi_conf_defaults(&conf);
	pi_error("this job failed; what is in its scratch directory is kept as "
		 "%s/" PI_KEPT_DIR "/%s, for %s, on each of its nodes",
		 record->base, record->name,
		 pi_duration_format(conf.keep_time_ms, keep_time));
	return rc;
}

int pi_tell_task_end(spank_t spank, int ac, char *argv[])
{
	struct pi_record record;
	struct pi_err err = { "" };
	pi_auto_fd jobs = -1;
	int status = 0;
	int rc = open_record(spank, &jobs, &record, &err);

	(void) spank_get_item(spank, S_TASK_EXIT_STATUS, &status);
	if (rc == 0 && record.project && !record.told)
		rc = tell_if_full(jobs, &record, &err);
	if (rc == 0 && record.keep && record.name[0] && !record.failed)
		rc = tell_if_kept(spank, status, ac, argv, jobs, &record, &err);
	if (rc < 0 && rc != -ENOENT)
		pi_debug("%s, ignoring", err.text);
	return 0;
}
