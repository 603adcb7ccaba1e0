/* SPDX-License-Identifier: GPL-2.0-or-later */
/* smallfile.c - read a short file, replace a short file */
#include "agent/smallfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"

int pi_smallfile_read_at(int dfd, const char *name, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n;

	text[0] = '\0';
	pi_auto_fd fd = openat(dfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	while (length < size - 1) {
		n = read(fd, text + length, size - 1 - length);
		if (n < 0) {
			text[0] = '\0';
			return -errno;
		}
		if (n == 0)
			break;
		length += (size_t) n;
	}
	while (length > 0 && (text[length - 1] == '\n' ||
			      text[length - 1] == '\0'))
		length--;
	text[length] = '\0';
	return (int) length;
}

int pi_smallfile_read_number_at(int dfd, const char *name, uint64_t *ret_number)
{
	char text[32], *end;
	unsigned long long number;
	int rc = pi_smallfile_read_at(dfd, name, text, sizeof(text));

	if (rc < 0)
		return rc;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0')
		return -EINVAL;
	*ret_number = number;
	return 0;
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		length -= (size_t) n;
	}
	return 0;
}

int pi_smallfile_replace_at(int dfd, const char *name, mode_t mode,
			    const char *data, size_t length,
			    struct pi_err *err)
{
	char fresh[64];
	int rc;

	(void) snprintf(fresh, sizeof(fresh), "%.58s.new", name);
	(void) unlinkat(dfd, fresh, 0);
	pi_auto_fd fd = openat(dfd, fresh, O_WRONLY | O_CREAT | O_EXCL |
			       O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return pi_err_set(err, errno, "%s: %m", fresh);
	rc = write_all(fd, data, length);
	if (rc < 0) {
		rc = pi_err_set(err, -rc, "write %s: %m", fresh);
		goto undo_create;
	}
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0 ||
	    renameat(dfd, fresh, dfd, name) < 0) {
		rc = pi_err_set(err, errno, "write %s: %m", name);
		goto undo_create;
	}
	if (fsync(dfd) < 0)
		return pi_err_set(err, errno, "write %s: %m", name);
	return 0;

undo_create:
	(void) unlinkat(dfd, fresh, 0);
	return rc;
}

int pi_smallfile_overwrite_at(int dfd, const char *name, const char *data,
			      size_t length, struct pi_err *err)
{
	struct stat st;
	pi_auto_fd fd = openat(dfd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC |
			       O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0)
		return pi_err_set(err, errno, "%s: %m", name);
	if (!S_ISREG(st.st_mode) || (size_t) st.st_size > length)
		return pi_err_set(err, ENOENT, "%s: not the file it was", name);
	errno = EIO;
	if (pwrite(fd, data, length, 0) != (ssize_t) length || fsync(fd) < 0)
		return pi_err_set(err, errno, "write %s: %m", name);
	return 0;
}
