/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.h - what the prolog decided for a job on this node, kept until its end */
#ifndef PI_RECORD_H
#define PI_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/conf.h"
#include "lib/err.h"

/* State of this boot: it goes with the boot that the jobs ran in. */
#define PI_RUN_DIR "/run/slurm-pi"

enum {
	PI_RECORD_NAME = 128,		/* a job directory's name, with its NUL */
	PI_RECORD_REFUSAL = 180,	/* a refusal, with its NUL */
	PI_RECORD_FILE = 11,		/* a record's file name, with its NUL */
};

/*
 * Steps and the epilog work from this alone: options, user names and the
 * configuration may have changed or be missing by then.
 */
struct pi_record {
	uint32_t jobid;
	uid_t uid;
	char base[PI_CONF_PATH];	/* ScratchDir at the job's start */
	char name[PI_RECORD_NAME];	/* the job directory's name; "": none */
	uint64_t size;			/* bytes promised; 0: no promise */
	uint32_t project;		/* the quota's id; 0: no quota */
	bool set_tmpdir;		/* TMPDIR too */
	bool private_tmp;		/* /tmp on the card */
	bool keep;			/* after a failure */
	bool failed;			/* a task ended badly */
	bool told;			/* the user knows that it is full */
	bool ended;			/* the epilog has begun */
	char refusal[PI_RECORD_REFUSAL];/* why the job must fail; "": it need not */
};

/*
 * Open PI_RUN_DIR/jobs, made if missing with mode 0700, as a directory of
 * root's (or of the caller's own user) that nobody else can enter.
 *
 * Returns a descriptor that the caller closes, or a negative errno: -EPERM if
 * the directory is somebody else's.
 */
int pi_record_open_jobs(struct pi_err *err);

/* As above for a directory of another path; for tests. */
int pi_record_open_jobs_at(const char *run_dir, struct pi_err *err);

/*
 * Wait until nobody else decides about jobs here, and keep it so until the
 * descriptor is closed or pi_record_unlock() is called. To be held briefly, and
 * never while waiting for a card.
 */
int pi_record_lock(int jobs_fd, struct pi_err *err);
void pi_record_unlock(int jobs_fd);

/*
 * Write *record as the record of its job, at once or not at all: a reader sees
 * the old record or the new one. A line feed in a text is refused with -EINVAL.
 */
int pi_record_write(int jobs_fd, const struct pi_record *record,
		    struct pi_err *err);

/*
 * Read the record of `jobid`. Returns 0, -ENOENT if there is none (with *err
 * untouched), -EINVAL if it is damaged; *ret_record is untouched on failure.
 */
int pi_record_read(int jobs_fd, uint32_t jobid, struct pi_record *ret_record,
		   struct pi_err *err);

/* Remove the record of `jobid`, half-written or whole; none is success. */
int pi_record_remove(int jobs_fd, uint32_t jobid, struct pi_err *err);

/* Called with each record; a negative return value ends the listing. */
typedef int pi_record_visitor(const struct pi_record *record, void *data);

/*
 * Call `visit` with each record there is. Damaged ones are logged as a warning
 * and passed over. Returns 0, a negative errno of the listing, or what `visit`
 * ended it with.
 */
int pi_record_each(int jobs_fd, pi_record_visitor *visit, void *data,
		   struct pi_err *err);

/* "4294967295" for 4294967295, and back: -EINVAL unless it round-trips. */
void pi_record_file_name(char file[PI_RECORD_FILE], uint32_t jobid);
int pi_record_parse_file_name(const char *file, uint32_t *ret_jobid);

#endif
