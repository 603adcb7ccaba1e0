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
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/auto.h"
#include "lib/kept.h"
#include "lib/limit.h"
#include "lib/log.h"
#include "lib/quota.h"
#include "lib/record.h"
#include "lib/rmtree.h"
#include "lib/scratch.h"
#include "lib/size.h"

static uint64_t deadline_in(uint64_t ms)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec +
	       ms * 1000000;
}

/* For the log of slurmd: what the job made of its promise. */
static void log_usage(int card_fd, const struct pi_record *record)
{
	char size[PI_SIZE_TEXT];
	struct pi_err err;
	uint64_t used;

	if (pi_limit_usage(card_fd, record, &used, &err) == 1)
		pi_info("job %lu used %lluM of %s of scratch at its end%s",
			(unsigned long) record->jobid,
			(unsigned long long) used >> 20,
			pi_size_format(record->size, size),
			pi_limit_is_reached(record, used) ? ": its limit" : "");
}

/* Remove what is quickly removed; the limit stays with what is not. */
static void remove_in_time(int card_fd, int trash_fd, const char *trash_name,
			   const struct pi_record *record, uint64_t budget_ms)
{
	struct pi_err err;
	int rc;

	if (budget_ms == 0)
		return;
	rc = pi_rmtree_at(trash_fd, trash_name, deadline_in(budget_ms), &err);
	if (rc == 0 && record->project)
		rc = pi_quota_set_limits(card_fd, PI_QUOTA_PROJECT,
					 record->project, 0, 0, &err);
	if (rc < 0 && rc != -ETIME)
		pi_warn("job %lu: %s; pi-agent sweep will try again",
			(unsigned long) record->jobid, err.text);
}

/* Move the directory to the trash, and remove it if that is quick. */
static int discard(int card_fd, const struct pi_record *record,
		   uint64_t budget_ms, struct pi_err *err)
{
	char trash_name[PI_TRASH_NAME];
	pi_auto_fd trash = pi_scratch_open_trash(card_fd, err);
	int rc;

	if (trash < 0)
		return trash;
	rc = pi_scratch_discard(card_fd, trash, record->name, record->jobid,
				trash_name, err);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	remove_in_time(card_fd, trash, trash_name, record, budget_ms);
	return 0;
}

/*
 * Whether --scratch-keep keeps the directory. slurmctld sends a wait status, or
 * nothing after a node's failure, but 0 for a cancelled job (22.05.8): what the
 * tasks ended with on this node is in the record. The environment is slurmd's.
 */
static bool must_keep(const struct pi_record *record)
{
	const char *status = getenv("SLURM_JOB_EXIT_CODE");

	return record->keep &&
	       (record->failed || !status || strcmp(status, "0") != 0);
}

static int put_away(int card_fd, const struct pi_record *record,
		    uint64_t budget_ms, struct pi_err *err)
{
	int rc;

	if (!must_keep(record))
		return discard(card_fd, record, budget_ms, err);
	rc = pi_kept_put(card_fd, record->name, record->jobid, err);
	if (rc == 0)
		pi_info("job %lu failed: kept its directory as %s/" PI_KEPT_DIR
			"/%s", (unsigned long) record->jobid, record->base,
			record->name);
	return rc == -ENOENT ? 0 : rc;
}

/* From here on nothing of the job counts for others. */
static void forget(int card_fd, int jobs_fd, const struct pi_record *record)
{
	struct pi_err err;
	int rc = pi_record_lock(jobs_fd, &err);

	if (rc == 0)
		rc = pi_record_remove(jobs_fd, record->jobid, &err);
	if (rc == 0 && record->project && card_fd >= 0)
		rc = pi_limit_update_user(card_fd, jobs_fd, record->uid, &err);
	if (rc < 0)
		pi_error("job %lu: %s", (unsigned long) record->jobid, err.text);
	pi_record_unlock(jobs_fd);
}

/*
 * Returns -1 for a broken card. If this is killed, or fails, the record says that
 * the job has ended, and pi-agent sweep does the rest.
 */
static int end_job(int jobs_fd, struct pi_record *record, uint64_t budget_ms)
{
	struct pi_err err;
	pi_auto_fd card = -1;
	int rc;

	record->ended = true;
	rc = pi_record_write(jobs_fd, record, &err);
	if (rc < 0)
		pi_warn("job %lu: %s", (unsigned long) record->jobid, err.text);
	rc = 0;
	if (record->name[0])
		rc = card = pi_scratch_open(record->base, &err);
	if (card >= 0) {
		log_usage(card, record);
		rc = put_away(card, record, budget_ms, &err);
	}
	if (rc >= 0 || rc == -ENODEV) {
		forget(card, jobs_fd, record);
		return 0;
	}
	pi_error("job %lu: %s/%s is left for pi-agent sweep: %s",
		 (unsigned long) record->jobid, record->base, record->name,
		 err.text);
	return pi_job_is_card_fault(rc) ? -1 : 0;
}

static uint64_t remove_budget(int ac, char *argv[])
{
	struct pi_conf conf;

	if (pi_job_read_conf(ac, argv, &conf, NULL) < 0)
		pi_conf_defaults(&conf);
	return conf.remove_budget_ms;
}

int pi_epilog_run(spank_t spank, int ac, char *argv[])
{
	struct pi_job job;
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
		rc = pi_record_remove(jobs, job.jobid, &err);
	else if (rc == 0)
		return end_job(jobs, &record, remove_budget(ac, argv));
	if (rc < 0)
		pi_error("%s", err.text);
	return 0;
}
