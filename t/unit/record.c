/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.c - lib/record: what is written is what is read, or nothing is */
#include "t/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/record.h"

static char run_dir[256];
static struct pi_err err;

static int open_jobs(void)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	(void) snprintf(run_dir, sizeof(run_dir), "%s/pi-record.XXXXXX",
			tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(run_dir));
	fd = pi_record_open_jobs_at(run_dir, &err);
	ck_assert_msg(fd >= 0, "%s", err.text);
	return fd;
}

static void remove_jobs(int fd)
{
	ck_assert_int_eq(unlinkat(AT_FDCWD, run_dir, AT_REMOVEDIR) < 0, 1);
	(void) close(fd);
	(void) strcat(run_dir, "/jobs");
	ck_assert_int_eq(rmdir(run_dir), 0);
	*strrchr(run_dir, '/') = '\0';
	ck_assert_int_eq(rmdir(run_dir), 0);
}

START_TEST(record_is_read_as_it_was_written)
{
	static const struct pi_record records[] = {
		{ .jobid = 0, .base = "/s" },
		{ .jobid = 7, .uid = 1000, .base = "/scratch",
		  .name = "ada-7", .size = UINT64_C(2) << 30,
		  .project = 4711, .set_tmpdir = true, .private_tmp = true,
		  .keep = true, .failed = true, .told = true, .ended = true },
		{ .jobid = UINT32_MAX, .uid = UINT32_MAX - 1,
		  .base = "/scratch", .size = INT64_MAX,
		  .refusal = "this node has 1G of scratch free; asked for 2G" },
	};
	int fd = open_jobs();

	for (size_t i = 0; i < PI_COUNT(records); i++) {
		struct pi_record again = { .jobid = 4711 };
		const struct pi_record *record = &records[i];

		ck_assert_int_eq(pi_record_write(fd, record, &err), 0);
		ck_assert_msg(pi_record_read(fd, record->jobid, &again, &err)
			      == 0, "%s", err.text);
		ck_assert_uint_eq(again.jobid, record->jobid);
		ck_assert_uint_eq(again.uid, record->uid);
		ck_assert_str_eq(again.base, record->base);
		ck_assert_str_eq(again.name, record->name);
		ck_assert_uint_eq(again.size, record->size);
		ck_assert_uint_eq(again.project, record->project);
		ck_assert_int_eq(again.set_tmpdir, record->set_tmpdir);
		ck_assert_int_eq(again.private_tmp, record->private_tmp);
		ck_assert_int_eq(again.keep, record->keep);
		ck_assert_int_eq(again.failed, record->failed);
		ck_assert_int_eq(again.told, record->told);
		ck_assert_int_eq(again.ended, record->ended);
		ck_assert_str_eq(again.refusal, record->refusal);
		ck_assert_int_eq(pi_record_remove(fd, record->jobid, &err), 0);
		ck_assert_int_eq(pi_record_remove(fd, record->jobid, &err), 0);
	}
	remove_jobs(fd);
}
END_TEST

START_TEST(record_that_is_missing_or_damaged_is_told_apart)
{
	static const char *const damaged[] = {
		"", "JobId=7\n", "garbage", "JobId=8\nBase=/s\n",
		"JobId=7\nUid=-1\nBase=/s\n", "JobId=7\nBase=/s\nOther=1\n",
		"JobId=7\nBase=/s\nSize=9223372036854775808\n",
	};
	struct pi_record record = { .jobid = 4711 };
	int jobs = open_jobs();

	ck_assert_int_eq(pi_record_read(jobs, 7, &record, &err), -ENOENT);
	for (size_t i = 0; i < PI_COUNT(damaged); i++) {
		int fd = openat(jobs, "7", O_CREAT | O_WRONLY | O_TRUNC, 0600);

		ck_assert_int_eq(write(fd, damaged[i], strlen(damaged[i])),
				 (ssize_t) strlen(damaged[i]));
		(void) close(fd);
		ck_assert_int_eq(pi_record_read(jobs, 7, &record, &err),
				 -EINVAL);
		ck_assert_uint_eq(record.jobid, 4711);
	}
	ck_assert_int_eq(pi_record_remove(jobs, 7, &err), 0);
	remove_jobs(jobs);
}
END_TEST

START_TEST(record_with_a_line_feed_is_refused)
{
	struct pi_record record = {
		.jobid = 7, .base = "/s", .name = "a\nName=b",
	};
	int jobs = open_jobs();

	ck_assert_int_eq(pi_record_write(jobs, &record, &err), -EINVAL);
	ck_assert_int_eq(pi_record_read(jobs, 7, &record, &err), -ENOENT);
	remove_jobs(jobs);
}
END_TEST

static int add_size(const struct pi_record *record, void *data)
{
	*(uint64_t *) data += record->size;
	return record->jobid == 99 ? -EINTR : 0;
}

START_TEST(record_each_visits_all_but_the_damaged)
{
	struct pi_record record = { .jobid = 1, .base = "/s", .size = 100 };
	uint64_t sum = 0;
	int jobs = open_jobs();

	ck_assert_int_eq(pi_record_each(jobs, add_size, &sum, &err), 0);
	ck_assert_uint_eq(sum, 0);
	for (; record.jobid <= 3; record.jobid++)
		ck_assert_int_eq(pi_record_write(jobs, &record, &err), 0);
	(void) close(openat(jobs, "4", O_CREAT | O_WRONLY, 0600));
	(void) close(openat(jobs, "other", O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(pi_record_each(jobs, add_size, &sum, &err), 0);
	ck_assert_uint_eq(sum, 300);
	record.jobid = 99;
	ck_assert_int_eq(pi_record_write(jobs, &record, &err), 0);
	ck_assert_int_eq(pi_record_each(jobs, add_size, &sum, &err), -EINTR);
	ck_assert_int_eq(unlinkat(jobs, "other", 0), 0);
	for (; record.jobid > 0; record.jobid--)
		ck_assert_int_eq(pi_record_remove(jobs, record.jobid, &err), 0);
	remove_jobs(jobs);
}
END_TEST

START_TEST(record_file_names_round_trip_or_fail)
{
	static const char *const bad[] = {
		"", "-1", "+1", " 1", "1 ", "01", "1x", "4294967296", "jobs",
		"ada-7", "1.new", "0x1",
	};
	uint32_t jobid = 4711;

	for (size_t i = 0; i < PI_COUNT(bad); i++)
		ck_assert_msg(pi_record_parse_file_name(bad[i], &jobid) ==
			      -EINVAL, "%s", bad[i]);
	ck_assert_uint_eq(jobid, 4711);
	ck_assert_int_eq(pi_record_parse_file_name("0", &jobid), 0);
	ck_assert_uint_eq(jobid, 0);
	ck_assert_int_eq(pi_record_parse_file_name("4294967295", &jobid), 0);
	ck_assert_uint_eq(jobid, UINT32_MAX);
}
END_TEST

START_TEST(record_directory_of_somebody_else_is_refused)
{
	int jobs = open_jobs();

	ck_assert_int_eq(fchmod(jobs, 0777), 0);
	ck_assert_int_eq(pi_record_open_jobs_at(run_dir, &err), -EPERM);
	remove_jobs(jobs);
}
END_TEST

PI_UNIT_MAIN("record", record_is_read_as_it_was_written,
	     record_that_is_missing_or_damaged_is_told_apart,
	     record_with_a_line_feed_is_refused,
	     record_each_visits_all_but_the_damaged,
	     record_file_names_round_trip_or_fail,
	     record_directory_of_somebody_else_is_refused)
