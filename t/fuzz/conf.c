/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf.c - fuzz slurm-pi.conf and a job's record, as files of any bytes */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Accepted, it is terminated where it ends; refused, it has not been touched. */
static void check_conf(const char *path)
{
	struct pi_conf conf, before;
	struct pi_err err;
	int rc;

	memset(&conf, 0x55, sizeof(conf));
	before = conf;
	rc = pi_conf_read(path, &conf, &err);
	if (rc < 0 && memcmp(&conf, &before, sizeof(conf)) != 0)
		abort();
	if (rc < 0 && strncmp(err.text, path, strlen(path)) != 0)
		abort();
	if (rc == 0 && conf.scratch_dir[0] != '/')
		abort();
}

static char jobs_path[] = "/tmp/pi-fuzz.XXXXXX";

static void remove_jobs(void)
{
	(void) chdir(jobs_path);
	(void) unlink("7");
	(void) rmdir(jobs_path);
}

/* A record that is accepted is written as something that reads the same. */
static void check_record(const uint8_t *data, size_t size)
{
	static int jobs_fd = -1;
	struct pi_record record, again;
	int fd;

	if (jobs_fd < 0) {
		if (!mkdtemp(jobs_path) ||
		    (jobs_fd = open(jobs_path, O_RDONLY)) < 0 ||
		    atexit(remove_jobs) != 0)
			abort();
	}
	fd = openat(jobs_fd, "7", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t) size || close(fd) < 0)
		abort();
	memset(&record, 0, sizeof(record));
	memset(&again, 0, sizeof(again));
	if (pi_record_read(jobs_fd, 7, &record, NULL) < 0)
		return;
	if (pi_record_write(jobs_fd, &record, NULL) < 0 ||
	    pi_record_read(jobs_fd, 7, &again, NULL) < 0 ||
	    record.uid != again.uid || record.size != again.size ||
	    record.project != again.project ||
	    strcmp(record.base, again.base) != 0 ||
	    strcmp(record.name, again.name) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char path[64];

	if (fd < 0)
		fd = memfd_create("conf", 0);
	if (fd < 0 || fchmod(fd, 0600) < 0 || ftruncate(fd, 0) < 0 ||
	    pwrite(fd, data, size, 0) != (ssize_t) size)
		abort();
	(void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_conf(path);
	check_record(data, size);
	return 0;
}
