/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prolog.c - decide whether a job gets a directory, write that down, make it
 *
 * What a user asked for never makes the prolog fail, for that would drain each
 * node that the job touches: a refusal goes into the record, and the step hook
 * fails that one job with it. A card that broke does, so that the node does not
 * eat the queue.
 */
#include "spank/job.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/auto.h"
#include "lib/limit.h"
#include "lib/log.h"
#include "lib/record.h"
#include "lib/scratch.h"
#include "spank/option.h"

struct prolog {
	struct pi_job job;
	const char *user;	/* the user's name; NULL: not known */
	bool is_late;		/* a step makes up for a prolog that never ran */
	struct pi_request request;
	struct pi_record record;
	int jobs_fd;
	int card_fd;
	struct pi_err err;
};

/* The job cannot have what it asked for; one that did not ask just runs. */
static void refuse(struct prolog *prolog, const char *reason)
{
	struct pi_record *record = &prolog->record;

	record->name[0] = '\0';
	record->size = 0;
	record->project = 0;
	if (prolog->request.used)
		(void) snprintf(record->refusal, sizeof(record->refusal),
				"%.*s", PI_RECORD_REFUSAL - 1, reason);
	else
		pi_info("job %lu runs without scratch: %s",
			(unsigned long) record->jobid, reason);
}

static int card_broke(const struct prolog *prolog)
{
	pi_error("job %lu not started, the card is broken: %s",
		 (unsigned long) prolog->job.jobid, prolog->err.text);
	return -1;
}

/* Returns 0 with a card or a refusal, -1 for a broken card. */
static int open_card(struct prolog *prolog, const char *scratch_dir)
{
	int rc = pi_scratch_open(scratch_dir, &prolog->err);

	if (rc >= 0) {
		prolog->card_fd = rc;
		return 0;
	}
	if (pi_job_is_card_fault(rc) ||
	    (rc == -ENODEV && pi_scratch_was_mounted(scratch_dir)))
		return card_broke(prolog);
	refuse(prolog, rc == -ENODEV ? "this node has no scratch card; "
	       "sbatch --exclude can keep the job off it" : prolog->err.text);
	return 0;
}

/* Fill the record; returns -1 for a broken card. */
static int decide(struct prolog *prolog, const struct pi_conf *conf)
{
	struct pi_record *record = &prolog->record;
	uint64_t size = prolog->request.size;
	int rc;

	record->set_tmpdir = conf->set_tmpdir;
	record->private_tmp = conf->private_tmp;
	record->keep = prolog->request.keep;
	if (conf->scratch == PI_SCRATCH_ON_REQUEST && !prolog->request.used)
		return 0;
	rc = open_card(prolog, conf->scratch_dir);
	if (rc < 0 || prolog->card_fd < 0)
		return rc;
	pi_scratch_name(record->name, prolog->user, prolog->job.uid,
			prolog->job.jobid);
	if (size == 0)
		size = conf->default_size;
	if (size == 0)
		return 0;
	rc = pi_limit_admit(prolog->card_fd, prolog->jobs_fd, conf, size, record,
			    &prolog->err);
	if (pi_job_is_card_fault(rc))
		return card_broke(prolog);
	if (rc < 0)
		refuse(prolog, prolog->err.text);
	return 0;
}

/* Returns 0, or a negative errno and no directory. */
static int make_directory(struct prolog *prolog)
{
	const struct pi_record *record = &prolog->record;
	int rc = 0;

	if (record->project)
		rc = pi_limit_update_user(prolog->card_fd, prolog->jobs_fd,
					  record->uid, &prolog->err);
	/* Other tasks of the job look for the directory when they see a record. */
	if (!prolog->is_late)
		pi_record_unlock(prolog->jobs_fd);
	if (rc < 0)
		return rc;
	return pi_scratch_make(prolog->card_fd, record, prolog->job.gid,
			       pi_limit_inodes(prolog->card_fd, record),
			       &prolog->err);
}

/* The record comes first: whatever has a directory has a record, at any time. */
static int write_record_and_make(struct prolog *prolog)
{
	struct pi_record *record = &prolog->record;
	int rc = pi_record_write(prolog->jobs_fd, record, &prolog->err);

	if (rc < 0) {
		pi_error("job %lu runs without scratch: %s",
			 (unsigned long) record->jobid, prolog->err.text);
		return 0;
	}
	if (record->name[0] == '\0')
		return 0;
	rc = make_directory(prolog);
	if (rc == 0)
		return 0;
	if (pi_job_is_card_fault(rc))
		return card_broke(prolog);
	refuse(prolog, prolog->err.text);
	if (pi_record_write(prolog->jobs_fd, record, &prolog->err) < 0)
		pi_error("job %lu: %s", (unsigned long) record->jobid,
			 prolog->err.text);
	return 0;
}

static int run(struct prolog *prolog, int ac, char *argv[])
{
	struct pi_conf conf;
	int rc = pi_job_read_conf(ac, argv, &conf, &prolog->err);
	bool undecided = rc == 0 && prolog->record.refusal[0] == '\0';

	if (rc < 0) {
		pi_error("%s", prolog->err.text);
		refuse(prolog, "this node's slurm-pi.conf cannot be read; tell "
		       "the administrator");
		pi_conf_defaults(&conf);
	}
	(void) snprintf(prolog->record.base, sizeof(prolog->record.base), "%s",
			conf.scratch_dir);
	rc = undecided ? decide(prolog, &conf) : 0;
	return rc < 0 ? rc : write_record_and_make(prolog);
}

/* Another task of the job was faster. */
static bool is_made_up(const struct prolog *prolog)
{
	struct pi_record record;

	return prolog->is_late &&
	       pi_record_read(prolog->jobs_fd, prolog->job.jobid, &record,
			      NULL) == 0 &&
	       record.uid == prolog->job.uid;
}

static int lock_jobs(struct pi_err *err)
{
	pi_auto_fd fd = pi_record_open_jobs(err);
	int rc = fd < 0 ? fd : pi_record_lock(fd, err);

	return rc < 0 ? rc : pi_take_fd(&fd);
}

static int begin(struct prolog *prolog, spank_t spank, int ac, char *argv[])
{
	struct pi_err *err = &prolog->err;
	int rc = 0;

	if (pi_job_get(spank, &prolog->job, err) < 0) {
		pi_error("%s", err->text);
		return 0;
	}
	prolog->record.jobid = prolog->job.jobid;
	prolog->record.uid = prolog->job.uid;
	if (pi_option_get(spank, &prolog->request, err) < 0)
		refuse(prolog, err->text);
	prolog->jobs_fd = lock_jobs(err);
	if (prolog->jobs_fd < 0)
		pi_error("job %lu runs without scratch: %s",
			 (unsigned long) prolog->job.jobid, err->text);
	else if (!is_made_up(prolog))
		rc = run(prolog, ac, argv);
	pi_auto_close_fd(&prolog->card_fd);
	pi_auto_close_fd(&prolog->jobs_fd);
	return rc;
}

int pi_prolog_run(spank_t spank, int ac, char *argv[])
{
	struct prolog prolog = {
		.user = getenv("SLURM_JOB_USER"),	/* set by slurmd */
		.jobs_fd = -1, .card_fd = -1,
	};

	return begin(&prolog, spank, ac, argv);
}

int pi_prolog_make_up(spank_t spank, int ac, char *argv[])
{
	struct prolog prolog = {
		.is_late = true, .jobs_fd = -1, .card_fd = -1,
	};

	return begin(&prolog, spank, ac, argv);
}
