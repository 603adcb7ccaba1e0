/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limit.c - how much of the card a job may have, and what it used */
#include "lib/limit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/statvfs.h>

#include "lib/auto.h"
#include "lib/kept.h"
#include "lib/quota.h"
#include "lib/scratch.h"
#include "lib/size.h"

/* The fewest inodes that a job gets, and so how small a promise may be. */
enum { INODES_MIN = 1024 };

/* ext4 stops a write within a few blocks of the limit. */
enum { NEARLY = 64 << 10 };

struct promises {
	int card_fd;
	uint32_t jobid;		/* not counted */
	uint64_t bytes;		/* promised and not used yet */
};

/* What is used of a promise is no longer free, and so no longer to be kept. */
static int add_promise(const struct pi_record *record, void *data)
{
	struct promises *promises = data;
	struct pi_quota quota = { 0 };

	if (record->jobid == promises->jobid || record->size == 0)
		return 0;
	if (record->project)
		(void) pi_quota_get(promises->card_fd, PI_QUOTA_PROJECT,
				    record->project, &quota, NULL);
	if (quota.bytes < record->size &&
	    __builtin_add_overflow(promises->bytes, record->size - quota.bytes,
				   &promises->bytes))
		promises->bytes = UINT64_MAX;
	return 0;
}

static int check_space(int card_fd, int jobs_fd, uint32_t jobid, uint64_t size,
		       struct pi_err *err)
{
	struct promises promises = { .card_fd = card_fd, .jobid = jobid };
	char asked[PI_SIZE_TEXT];
	uint64_t free_bytes;
	struct statvfs fs;
	int rc = pi_record_each(jobs_fd, add_promise, &promises, err);

	if (rc < 0)
		return rc;
	if (fstatvfs(card_fd, &fs) < 0)
		return pi_err_set(err, errno, "statvfs: %m");
	free_bytes = (uint64_t) fs.f_bavail * fs.f_frsize;
	if (promises.bytes <= free_bytes && size <= free_bytes - promises.bytes)
		return 0;
	return pi_err_set(err, EDQUOT, "--scratch=%s: this node's card has %lluM "
			  "free, of which %lluM are promised to other jobs; ask "
			  "for less, or try again later",
			  pi_size_format(size, asked),
			  (unsigned long long) free_bytes >> 20,
			  (unsigned long long) promises.bytes >> 20);
}

int pi_limit_admit(int card_fd, int jobs_fd, const struct pi_conf *conf,
		   uint64_t size, struct pi_record *record, struct pi_err *err)
{
	char asked[PI_SIZE_TEXT], most[PI_SIZE_TEXT];
	bool enforced = conf->quota != PI_CONF_QUOTA_OFF &&
			pi_quota_is_enforced(card_fd);
	uint32_t project = 0;
	int rc;

	if (conf->max_size && size > conf->max_size)
		return pi_err_set(err, EDQUOT, "--scratch=%s: this node allows "
				  "at most %s", pi_size_format(size, asked),
				  pi_size_format(conf->max_size, most));
	if (conf->quota == PI_CONF_QUOTA_REQUIRED && !enforced)
		return pi_err_set(err, EDQUOT, "this node cannot limit scratch, "
				  "and its slurm-pi.conf says Quota = required; "
				  "tell the administrator");
	rc = check_space(card_fd, jobs_fd, record->jobid, size, err);
	if (rc == 0 && enforced)
		rc = pi_quota_find_project(card_fd, record->jobid, &project,
					   err);
	if (rc < 0)
		return rc;
	record->size = size;
	record->project = project;
	return 0;
}

uint64_t pi_limit_inodes(int card_fd, const struct pi_record *record)
{
	struct statvfs fs;
	double share;

	if (record->project == 0 || fstatvfs(card_fd, &fs) < 0)
		return 0;
	share = (double) record->size / ((double) fs.f_blocks * fs.f_frsize);
	share *= (double) fs.f_files;
	return share > INODES_MIN ? (uint64_t) share : INODES_MIN;
}

struct user_sums {
	int card_fd;
	uid_t uid;
	bool is_limited, is_unlimited;
	struct pi_quota jobs;
};

static int add_job(const struct pi_record *record, void *data)
{
	struct user_sums *sums = data;
	struct pi_quota job = { 0 };

	if (record->uid != sums->uid || record->name[0] == '\0')
		return 0;
	if (record->project == 0) {
		sums->is_unlimited = true;
		return 0;
	}
	sums->is_limited = true;
	(void) pi_quota_get(sums->card_fd, PI_QUOTA_PROJECT, record->project,
			    &job, NULL);
	sums->jobs.bytes_limit += record->size;
	sums->jobs.inodes_limit += pi_limit_inodes(sums->card_fd, record);
	sums->jobs.bytes += job.bytes;
	sums->jobs.inodes += job.inodes;
	return 0;
}

/* Closes fd, which may be a negative number for nothing there. */
static bool is_empty(int fd)
{
	const struct dirent *entry;
	unsigned count = 0;
	pi_auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		pi_auto_close_fd(&fd);
		return true;
	}
	while (count <= 2 && (entry = readdir(dir)))
		count++;
	return count <= 2;	/* "." and ".." */
}

/* Former jobs' files, which are charged to their users. */
static bool has_leftovers(int card_fd)
{
	return !is_empty(pi_scratch_open_trash(card_fd, NULL)) ||
	       !is_empty(openat(card_fd, PI_KEPT_DIR, O_RDONLY | O_DIRECTORY |
				O_NOFOLLOW | O_CLOEXEC));
}

int pi_limit_update_user(int card_fd, int jobs_fd, uid_t uid, struct pi_err *err)
{
	struct user_sums sums = { .card_fd = card_fd, .uid = uid };
	struct pi_quota user;
	int rc;

	if (uid == 0 || !pi_quota_is_enforced(card_fd))
		return 0;	/* the kernel never limits root */
	rc = pi_record_each(jobs_fd, add_job, &sums, err);
	if (rc < 0)
		return rc;
	if (!sums.is_limited || sums.is_unlimited)
		return pi_quota_set_limits(card_fd, PI_QUOTA_USER, uid, 0, 0,
					   err);
	rc = pi_quota_get(card_fd, PI_QUOTA_USER, uid, &user, err);
	if (rc < 0)
		return rc;
	if (has_leftovers(card_fd)) {
		if (user.bytes > sums.jobs.bytes)
			sums.jobs.bytes_limit += user.bytes - sums.jobs.bytes;
		if (user.inodes > sums.jobs.inodes)
			sums.jobs.inodes_limit += user.inodes -
						  sums.jobs.inodes;
	}
	return pi_quota_set_limits(card_fd, PI_QUOTA_USER, uid,
				   sums.jobs.bytes_limit,
				   sums.jobs.inodes_limit, err);
}

int pi_limit_usage(int card_fd, const struct pi_record *record,
		   uint64_t *ret_bytes, struct pi_err *err)
{
	struct pi_quota quota;
	int rc;

	if (record->project == 0)
		return 0;
	rc = pi_quota_get(card_fd, PI_QUOTA_PROJECT, record->project, &quota,
			  err);
	if (rc < 0)
		return rc;
	*ret_bytes = quota.bytes;
	return 1;
}

int pi_limit_is_reached(const struct pi_record *record, uint64_t bytes)
{
	return bytes + NEARLY >= record->size;
}
