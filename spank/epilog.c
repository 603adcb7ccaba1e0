/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * epilog.c - move the job's directory out of the way in constant time
 *
 * Works from the record alone, any number of times, also where no prolog ran
 * and where Slurm says uid 0 (a job that slurmctld does not know). The move is
 * all that must happen; what RemoveBudget allows is removed on the spot, the
 * rest is pi-agent sweep's.
 */
#include "spank/job.h"

#include <errno.h>
#include <time.h>

#include "lib/auto.h"
#include "lib/log.h"
#include "lib/record.h"
#include "lib/rmtree.h"
#include "lib/scratch.h"

static uint64_t deadline_in(uint64_t ms)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec +
	       ms * 1000000;
}

/* Move the directory to the trash, and remove it if that is quick. */
static int discard(const struct pi_record *record, uint64_t budget_ms,
		   struct pi_err *err)
{
	char trash_name[PI_TRASH_NAME];
	pi_auto_fd trash = -1;
	pi_auto_fd card = pi_scratch_open(record->base, err);
	int rc;

	if (card < 0)
		return card;
	trash = pi_scratch_open_trash(card, err);
	if (trash < 0)
		return trash;
	rc = pi_scratch_discard(card, trash, record->name, record->jobid,
				trash_name, err);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (budget_ms == 0)
		return 0;
	rc = pi_rmtree_at(trash, trash_name, deadline_in(budget_ms), err);
	if (rc < 0 && rc != -ETIME)
		pi_warn("job %lu: %s; pi-agent sweep will try again",
			(unsigned long) record->jobid, err->text);
	return 0;
}

/* Returns -1 for a broken card. */
static int end_job(int jobs_fd, const struct pi_record *record,
		   uint64_t budget_ms, struct pi_err *err)
{
	int rc = record->name[0] ? discard(record, budget_ms, err) : 0;

	/* Nothing mounted: what was there went with the card. */
	if (rc < 0)
		pi_error("job %lu: %s/%s is left: %s",
			 (unsigned long) record->jobid, record->base,
			 record->name, err->text);
	if (pi_record_remove(jobs_fd, record->jobid, err) < 0)
		pi_error("%s", err->text);
	return pi_job_is_card_fault(rc) ? -1 : 0;
}

int pi_epilog_run(spank_t spank, int ac, char *argv[])
{
	struct pi_job job;
	struct pi_conf conf;
	struct pi_record record;
	struct pi_err err = { "" };
	pi_auto_fd jobs = -1;
	int rc = pi_job_get(spank, &job, &err);

	if (rc == 0)
		jobs = pi_record_open_jobs(&err);
	if (rc < 0 || jobs < 0) {
		pi_error("%s", err.text);
		return 0;
	}
	rc = pi_record_read(jobs, job.jobid, &record, &err);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0) {
		pi_error("%s", err.text);
		return 0;
	}
	if (pi_job_read_conf(ac, argv, &conf, &err) < 0)
		pi_conf_defaults(&conf);
	return end_job(jobs, &record, conf.remove_budget_ms, &err);
}
