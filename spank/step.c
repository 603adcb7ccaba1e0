/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step.c - give each task its job's directory, or fail it with the reason
 *
 * Steps go by the record alone: they lose, inherit and repeat the option in odd
 * ways (--export, nested sbatch, srun in sbatch). This runs in the task's own
 * process, as root, before it becomes the user's.
 */
#include "spank/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/log.h"
#include "lib/record.h"
#include "lib/scratch.h"
#include "spank/option.h"
#include "spank/privatetmp.h"

static const char *const variables[] = { "SLURM_TMPDIR", "TMPDIR" };

enum { VARIABLES = sizeof(variables) / sizeof(variables[0]) };

static int fail_job(const char *reason)
{
	pi_error("%s", reason);
	return -1;
}

static bool is_below(const char *path, const char *base)
{
	size_t length = strlen(base);

	return strncmp(path, base, length) == 0 && path[length] == '/';
}

/* A nested sbatch or an srun --export=ALL brings another job's directory. */
static void forget_inherited(spank_t spank, const char *base)
{
	char value[PI_CONF_PATH + PI_RECORD_NAME];

	for (size_t i = 0; i < VARIABLES; i++) {
		spank_err_t rc = spank_getenv(spank, variables[i], value,
					      sizeof(value));

		/* What did not fit is in `value` all the same, cut. */
		if ((rc == ESPANK_SUCCESS || rc == ESPANK_NOSPACE) &&
		    is_below(value, base))
			(void) spank_unsetenv(spank, variables[i]);
	}
}

/* The directory that the record names is there, and the job's. */
static int check_directory(const struct pi_record *record, struct pi_err *err)
{
	struct stat st;
	pi_auto_fd card = pi_scratch_open(record->base, err);

	if (card < 0)
		return card;
	if (fstatat(card, record->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return pi_err_set(err, errno, "%s/%s: %m", record->base,
				  record->name);
	if (!S_ISDIR(st.st_mode) || st.st_uid != record->uid)
		return pi_err_set(err, ENOTDIR, "%s/%s is not this job's "
				  "directory", record->base, record->name);
	return 0;
}

static int set_variables(spank_t spank, const struct pi_record *record)
{
	char path[PI_CONF_PATH + PI_RECORD_NAME];
	unsigned count = record->set_tmpdir ? VARIABLES : 1;

	(void) snprintf(path, sizeof(path), "%s/%s", record->base, record->name);
	for (unsigned i = 0; i < count; i++)
		if (spank_setenv(spank, variables[i], path, 1) != ESPANK_SUCCESS)
			return fail_job("SLURM_TMPDIR cannot be set");
	return 0;
}

/* No directory was made: an error for those who asked for one. */
static int run_without(spank_t spank, const char *base, const char *why)
{
	struct pi_request request;
	struct pi_err err;

	forget_inherited(spank, base);
	(void) pi_option_get(spank, &request, &err);
	return request.used ? fail_job(why) : 0;
}

/* The record of this very job; -ENOENT if there is none. */
static int read_record(const struct pi_job *job, struct pi_record *ret_record,
		       struct pi_err *err)
{
	pi_auto_fd jobs = pi_record_open_jobs(err);
	int rc = jobs < 0 ? jobs : pi_record_read(jobs, job->jobid, ret_record,
						  err);

	if (rc == 0 && ret_record->uid != job->uid)
		return -ENOENT;
	return rc;
}

static int run_without_record(spank_t spank, int ac, char *argv[])
{
	struct pi_conf conf;
	struct pi_err err;

	if (pi_job_read_conf(ac, argv, &conf, &err) < 0)
		pi_conf_defaults(&conf);
	return run_without(spank, conf.scratch_dir, "--scratch: no directory was "
			   "prepared for this job; tell the administrator (see "
			   "spank_scratch(8), DIAGNOSTICS)");
}

int pi_step_run(spank_t spank, int ac, char *argv[])
{
	struct pi_job job;
	struct pi_record record;
	struct pi_err err = { "" };
	int rc;

	if (pi_job_get(spank, &job, &err) < 0)
		return fail_job(err.text);
	rc = read_record(&job, &record, &err);
	if (rc == -ENOENT && pi_job_prolog_was_skipped()) {
		if (pi_prolog_make_up(spank, ac, argv) < 0)
			return -1;
		rc = read_record(&job, &record, &err);
	}
	if (rc < 0)
		return run_without_record(spank, ac, argv);
	if (record.refusal[0] != '\0')
		return fail_job(record.refusal);
	if (record.name[0] == '\0')
		return run_without(spank, record.base, "--scratch: this job was "
				   "started without it; give --scratch to "
				   "sbatch or salloc");
	if (check_directory(&record, &err) < 0)
		return fail_job(err.text);
	if (record.private_tmp &&
	    pi_privatetmp_enter(&record, job.gid, &err) < 0)
		return fail_job(err.text);
	return set_variables(spank, &record);
}
