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
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/keyfile.h"
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

int pi_record_lock(int jobs_fd, struct pi_err *err)
{
	if (flock(jobs_fd, LOCK_EX) < 0)
		return pi_err_set(err, errno, "lock " PI_RUN_DIR "/jobs: %m");
	return 0;
}

void pi_record_unlock(int jobs_fd)
{
	(void) flock(jobs_fd, LOCK_UN);
}

static const char *yes_or_no(bool yes)
{
	return yes ? "yes" : "no";
}

static int print_record(FILE *file, const struct pi_record *record)
{
	if (fprintf(file, "JobId=%lu\nUid=%lu\nBase=%s\nName=%s\nSize=%llu\n"
		    "Project=%lu\nSetTmpdir=%s\nPrivateTmp=%s\nKeep=%s\n"
		    "Failed=%s\nTold=%s\nEnded=%s\nRefusal=%s\n",
		    (unsigned long) record->jobid, (unsigned long) record->uid,
		    record->base, record->name,
		    (unsigned long long) record->size,
		    (unsigned long) record->project,
		    yes_or_no(record->set_tmpdir),
		    yes_or_no(record->private_tmp), yes_or_no(record->keep),
		    yes_or_no(record->failed), yes_or_no(record->told),
		    yes_or_no(record->ended),
		    record->refusal) < 0)
		return -errno;
	return fflush(file) == 0 ? 0 : -errno;
}

static void temporary_name(char temporary[TEMPORARY_NAME], const char *file)
{
	(void) snprintf(temporary, TEMPORARY_NAME, "%s.new", file);
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
	temporary_name(temporary, file);
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

/* Digits only: strtoull() would take blanks and signs. */
static const char *read_number(const char *value, uint64_t max, uint64_t *ret)
{
	if (strspn(value, "0123456789") != strlen(value) || *value == '\0')
		return "a number";
	errno = 0;
	*ret = strtoull(value, NULL, 10);
	return errno == 0 && *ret <= max ? NULL : "a smaller number";
}

static const char *read_u32(void *field, const char *value)
{
	uint64_t number = 0;
	const char *wanted = read_number(value, UINT32_MAX, &number);

	*(uint32_t *) field = (uint32_t) number;
	return wanted;
}

static const char *read_bytes(void *field, const char *value)
{
	return read_number(value, INT64_MAX, field);
}

static const char *read_base(void *field, const char *value)
{
	return pi_keyfile_copy(field, PI_CONF_PATH, value);
}

static const char *read_name(void *field, const char *value)
{
	return pi_keyfile_copy(field, PI_RECORD_NAME, value);
}

static const char *read_refusal(void *field, const char *value)
{
	return pi_keyfile_copy(field, PI_RECORD_REFUSAL, value);
}

_Static_assert(sizeof(uid_t) == sizeof(uint32_t), "read_u32() reads both");

#define FIELD(name) offsetof(struct pi_record, name)

static const struct pi_keyfile_key keys[] = {
	{ "JobId", read_u32, FIELD(jobid), "0" },
	{ "Uid", read_u32, FIELD(uid), "0" },
	{ "Base", read_base, FIELD(base), "" },
	{ "Name", read_name, FIELD(name), "" },
	{ "Size", read_bytes, FIELD(size), "0" },
	{ "Project", read_u32, FIELD(project), "0" },
	{ "SetTmpdir", pi_keyfile_bool, FIELD(set_tmpdir), "no" },
	{ "PrivateTmp", pi_keyfile_bool, FIELD(private_tmp), "no" },
	{ "Keep", pi_keyfile_bool, FIELD(keep), "no" },
	{ "Failed", pi_keyfile_bool, FIELD(failed), "no" },
	{ "Told", pi_keyfile_bool, FIELD(told), "no" },
	{ "Ended", pi_keyfile_bool, FIELD(ended), "no" },
	{ "Refusal", read_refusal, FIELD(refusal), "" },
};

static const struct pi_keyfile keyfile = {
	keys, sizeof(keys) / sizeof(keys[0]), "lib/record.c",
};

int pi_record_read(int jobs_fd, uint32_t jobid, struct pi_record *ret_record,
		   struct pi_err *err)
{
	enum { PATH_SIZE = sizeof("/proc/self/fd//") + 11 + PI_RECORD_FILE };
	char file[PI_RECORD_FILE], path[PATH_SIZE];
	struct pi_record record = { 0 };
	struct pi_err reason;
	int rc;

	pi_record_file_name(file, jobid);
	(void) snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", jobs_fd,
			file);
	rc = pi_keyfile_read(&keyfile, path, &record, &reason);
	if (rc == -ENOENT)
		return rc;
	if (rc < 0 || record.jobid != jobid || record.base[0] == '\0')
		return pi_err_set(err, rc < 0 ? -rc : EINVAL, "damaged record "
				  PI_RUN_DIR "/jobs/%s", file);
	*ret_record = record;
	return 0;
}

int pi_record_remove(int jobs_fd, uint32_t jobid, struct pi_err *err)
{
	char name[PI_RECORD_FILE], temporary[TEMPORARY_NAME];

	pi_record_file_name(name, jobid);
	temporary_name(temporary, name);
	if ((unlinkat(jobs_fd, name, 0) < 0 && errno != ENOENT) ||
	    (unlinkat(jobs_fd, temporary, 0) < 0 && errno != ENOENT))
		return pi_err_set(err, errno, "remove " PI_RUN_DIR "/jobs/%s: %m",
				  name);
	return 0;
}

static int visit_file(int jobs_fd, const char *file, pi_record_visitor *visit,
		      void *data)
{
	struct pi_record record;
	struct pi_err reason;
	uint32_t jobid;
	int rc;

	if (pi_record_parse_file_name(file, &jobid) < 0)
		return 0;
	rc = pi_record_read(jobs_fd, jobid, &record, &reason);
	if (rc == 0)
		return visit(&record, data);
	if (rc != -ENOENT)	/* its epilog was faster */
		pi_warn("%s, ignoring", reason.text);
	return 0;
}

int pi_record_each(int jobs_fd, pi_record_visitor *visit, void *data,
		   struct pi_err *err)
{
	const struct dirent *entry;
	int rc = 0;
	pi_auto_dir *dir = NULL;
	pi_auto_fd fd = openat(jobs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return pi_err_set(err, errno, "list " PI_RUN_DIR "/jobs: %m");
	(void) pi_take_fd(&fd);
	while (rc == 0 && (errno = 0, entry = readdir(dir)))
		rc = visit_file(jobs_fd, entry->d_name, visit, data);
	if (rc == 0 && errno)
		return pi_err_set(err, errno, "list " PI_RUN_DIR "/jobs: %m");
	return rc;
}
