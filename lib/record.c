/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.c - what the prolog decided for a job on this node, kept until its end
 *
 * A record is a file of `Key=value` lines, named by the job's id, below
 * /run/slurm-pi/jobs. It lies there and not on the card because the jobs that
 * most need one are those on a node without a card, or with one that died; and
 * because nothing about a job outlives the boot it ran in.
 */
#include "lib/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/log.h"

enum { TEMPORARY_NAME = PI_RECORD_FILE + 8 };

int pi_record_parse_file_name(const char *file, uint32_t *ret_jobid)
{
	char again[PI_RECORD_FILE];
	unsigned long id = strtoul(file, NULL, 10);

	/* Signs, blanks, leading zeros and tails all fail the round trip. */
	pi_record_file_name(again, (uint32_t) id);
	if (strcmp(file, again) != 0)
		return -EINVAL;
	*ret_jobid = (uint32_t) id;
	return 0;
}

void pi_record_file_name(char file[PI_RECORD_FILE], uint32_t jobid)
{
	(void) snprintf(file, PI_RECORD_FILE, "%lu", (unsigned long) jobid);
}

static int open_private_directory(int dfd, const char *path, mode_t mode,
				  struct pi_err *err)
{
	struct stat st;
	pi_auto_fd fd = -1;

	if (mkdirat(dfd, path, mode) < 0 && errno != EEXIST)
		return pi_err_set(err, errno, "mkdir %s: %m", path);
	fd = openat(dfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return pi_err_set(err, errno, "open %s: %m", path);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)))
		return pi_err_set(err, EPERM, "%s: must be root's and not "
				  "writable by others", path);
	return pi_take_fd(&fd);
}

int pi_record_open_jobs_at(const char *run_dir, struct pi_err *err)
{
	pi_auto_fd run = open_private_directory(AT_FDCWD, run_dir, 0755, err);

	if (run < 0)
		return run;
	return open_private_directory(run, "jobs", 0700, err);
}

int pi_record_open_jobs(struct pi_err *err)
{
	return pi_record_open_jobs_at(PI_RUN_DIR, err);
}

static int print_record(FILE *file, const struct pi_record *record)
{
	if (fprintf(file, "JobId=%lu\nUid=%lu\nBase=%s\nName=%s\nSize=%llu\n"
		    "SetTmpdir=%d\nRefusal=%s\n",
		    (unsigned long) record->jobid, (unsigned long) record->uid,
		    record->base, record->name,
		    (unsigned long long) record->size, record->set_tmpdir,
		    record->refusal) < 0)
		return -errno;
	return fflush(file) == 0 ? 0 : -errno;
}

static int write_temporary(int jobs_fd, const char *temporary,
			   const struct pi_record *record)
{
	pi_auto_file *file = NULL;
	pi_auto_fd fd = openat(jobs_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC |
			       O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file)
		return -errno;
	(void) pi_take_fd(&fd);
	return print_record(file, record);
}

int pi_record_write(int jobs_fd, const struct pi_record *record,
		    struct pi_err *err)
{
	char file[PI_RECORD_FILE], temporary[TEMPORARY_NAME];
	int rc;

	if (strchr(record->base, '\n') || strchr(record->name, '\n') ||
	    strchr(record->refusal, '\n'))
		return pi_err_set(err, EINVAL, "record of job %lu: line feed "
				  "in a text", (unsigned long) record->jobid);
	pi_record_file_name(file, record->jobid);
	(void) snprintf(temporary, sizeof(temporary), "%s.new", file);
	rc = write_temporary(jobs_fd, temporary, record);
	if (rc == 0 && renameat(jobs_fd, temporary, jobs_fd, file) < 0)
		rc = -errno;
	if (rc < 0) {
		(void) unlinkat(jobs_fd, temporary, 0);
		return pi_err_set(err, -rc, "write " PI_RUN_DIR "/jobs/%s: %m",
				  file);
	}
	return 0;
}

static int read_number(const char *value, uint64_t max, uint64_t *ret)
{
	char *end;

	if (*value < '0' || *value > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(value, &end, 10);
	return *end == '\0' && errno == 0 && *ret <= max ? 0 : -EINVAL;
}

static int read_text(char *field, size_t size, const char *value)
{
	if (strlen(value) >= size)
		return -EINVAL;
	strcpy(field, value);
	return 0;
}

struct reading {
	struct pi_record record;
	unsigned lines;
};

/* What libinih calls for each line; 1 accepts it. */
static int handle_line(void *user, const char *section, const char *name,
		       const char *value)
{
	struct reading *reading = user;
	struct pi_record *record = &reading->record;
	uint64_t number = 0;
	int rc = -EINVAL;

	if (*section)
		return 0;
	reading->lines++;
	if (strcmp(name, "JobId") == 0) {
		rc = read_number(value, UINT32_MAX, &number);
		record->jobid = (uint32_t) number;
	} else if (strcmp(name, "Uid") == 0) {
		rc = read_number(value, UINT32_MAX, &number);
		record->uid = (uid_t) number;
	} else if (strcmp(name, "Base") == 0) {
		rc = read_text(record->base, sizeof(record->base), value);
	} else if (strcmp(name, "Name") == 0) {
		rc = read_text(record->name, sizeof(record->name), value);
	} else if (strcmp(name, "Size") == 0) {
		rc = read_number(value, INT64_MAX, &record->size);
	} else if (strcmp(name, "SetTmpdir") == 0) {
		rc = read_number(value, 1, &number);
		record->set_tmpdir = number;
	} else if (strcmp(name, "Refusal") == 0) {
		rc = read_text(record->refusal, sizeof(record->refusal), value);
	}
	return rc == 0;
}

int pi_record_read(int jobs_fd, uint32_t jobid, struct pi_record *ret_record,
		   struct pi_err *err)
{
	enum { LINES = 7 };
	struct reading reading = { 0 };
	char name[PI_RECORD_FILE];
	pi_auto_file *file = NULL;
	pi_auto_fd fd = -1;

	pi_record_file_name(name, jobid);
	fd = openat(jobs_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return pi_err_set(err, errno, "open " PI_RUN_DIR "/jobs/%s: %m",
				  name);
	(void) pi_take_fd(&fd);
	if (ini_parse_file(file, handle_line, &reading) != 0 ||
	    reading.lines != LINES || reading.record.jobid != jobid)
		return pi_err_set(err, EINVAL, PI_RUN_DIR "/jobs/%s: damaged "
				  "record", name);
	*ret_record = reading.record;
	return 0;
}

int pi_record_remove(int jobs_fd, uint32_t jobid, struct pi_err *err)
{
	char name[PI_RECORD_FILE];

	pi_record_file_name(name, jobid);
	if (unlinkat(jobs_fd, name, 0) < 0 && errno != ENOENT)
		return pi_err_set(err, errno, "remove " PI_RUN_DIR "/jobs/%s: %m",
				  name);
	return 0;
}

int pi_record_sum_sizes(int jobs_fd, uint32_t jobid, uint64_t *ret_bytes,
			struct pi_err *err)
{
	const struct dirent *entry;
	struct pi_record record;
	struct pi_err reason;
	uint64_t sum = 0;
	uint32_t other;
	pi_auto_dir *dir = NULL;
	pi_auto_fd fd = openat(jobs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return pi_err_set(err, errno, "list " PI_RUN_DIR "/jobs: %m");
	(void) pi_take_fd(&fd);
	while ((errno = 0, entry = readdir(dir))) {
		if (pi_record_parse_file_name(entry->d_name, &other) < 0 ||
		    other == jobid)
			continue;
		switch (pi_record_read(jobs_fd, other, &record, &reason)) {
		case 0:
			if (__builtin_add_overflow(sum, record.size, &sum))
				sum = UINT64_MAX;
			break;
		case -ENOENT:	/* its epilog was faster */
			break;
		default:
			pi_warn("%s, ignoring", reason.text);
		}
	}
	if (errno)
		return pi_err_set(err, errno, "list " PI_RUN_DIR "/jobs: %m");
	*ret_bytes = sum;
	return 0;
}
