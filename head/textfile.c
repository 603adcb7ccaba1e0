/* SPDX-License-Identifier: GPL-2.0-or-later */
/* textfile.c - whole configuration files: read, and replaced in one step */
#include "head/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"

int pi_textfile_read(const char *path, char **ret_text, size_t *ret_size,
		     struct pi_err *err)
{
	pi_auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	pi_auto_free char *text = NULL;
	struct stat st;
	size_t size = 0;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0)
		return pi_err_set(err, errno, "%s: %m", path);
	if (!S_ISREG(st.st_mode))
		return pi_err_set(err, EINVAL, "%s: not a regular file", path);
	if (st.st_size > PI_TEXTFILE_MAX)
		return pi_err_set(err, EFBIG, "%s: %m", path);
	text = malloc((size_t) st.st_size + 1);
	if (!text)
		return pi_err_set(err, ENOMEM, "%m");
	while (size < (size_t) st.st_size) {
		got = read(fd, text + size, (size_t) st.st_size - size);
		if (got < 0 && errno != EINTR)
			return pi_err_set(err, errno, "%s: %m", path);
		if (got == 0)
			break;
		size += got > 0 ? (size_t) got : 0;
	}
	text[size] = '\0';
	*ret_text = text;
	*ret_size = size;
	text = NULL;
	return 0;
}

/*
 * The directory that the file really lies in, and its name there. A link to a
 * file that does not exist yet leads to where that file would be.
 */
static int find_place(const char *path, char real[PATH_MAX], const char **ret_name)
{
	char dir[PATH_MAX], *slash;
	ssize_t length;

	if (!realpath(path, real)) {
		if (errno != ENOENT)
			return -errno;
		length = readlink(path, dir, sizeof(dir) - 1);
		if (length > 0)
			return -ENOENT;
		if (snprintf(dir, sizeof(dir), "%s", path) >= (int) sizeof(dir))
			return -ENAMETOOLONG;
		slash = strrchr(dir, '/');
		if (slash)
			*slash = '\0';
		if (!realpath(slash ? (slash == dir ? "/" : dir) : ".", real))
			return -errno;
		length = (ssize_t) strlen(real);
		if (snprintf(real + length, PATH_MAX - (size_t) length, "/%s",
			     slash ? slash + 1 : path) >=
		    PATH_MAX - length)
			return -ENAMETOOLONG;
	}
	slash = strrchr(real, '/');
	*slash = '\0';
	*ret_name = slash + 1;
	return 0;
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t done = write(fd, text, size);

		if (done < 0 && errno != EINTR)
			return -errno;
		text += done > 0 ? done : 0;
		size -= done > 0 ? (size_t) done : 0;
	}
	return 0;
}

/* The new file, complete and on the disk, with the old one's owner and mode. */
static int fill(int dfd, int fd, const char *name, const char *text, size_t size)
{
	struct stat old;
	int rc;

	if (fstatat(dfd, name, &old, 0) == 0) {
		if (fchown(fd, old.st_uid, old.st_gid) < 0 ||
		    fchmod(fd, old.st_mode & 07777) < 0)
			return -errno;
	} else if (errno != ENOENT || fchmod(fd, 0644) < 0) {
		return -errno;
	}
	rc = write_all(fd, text, size);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	return rc;
}

int pi_textfile_replace(const char *path, const char *text, size_t size,
			struct pi_err *err)
{
	char real[PATH_MAX], temporary[NAME_MAX + 1];
	const char *name = "";
	pi_auto_fd dfd = -1;
	pi_auto_fd fd = -1;
	int rc = find_place(path, real, &name);

	if (rc < 0)
		return pi_err_set(err, -rc, "%s: %m", path);
	if (snprintf(temporary, sizeof(temporary), ".%s.new", name) >=
	    (int) sizeof(temporary))
		return pi_err_set(err, ENAMETOOLONG, "%s: %m", path);
	dfd = open(*real ? real : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dfd < 0)
		return pi_err_set(err, errno, "%s: %m", real);
	/* What a run before us left when it was killed is nobody's. */
	if (unlinkat(dfd, temporary, 0) < 0 && errno != ENOENT)
		return pi_err_set(err, errno, "%s/%s: %m", real, temporary);
	fd = openat(dfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
		    O_NOFOLLOW, 0600);
	if (fd < 0)
		return pi_err_set(err, errno, "%s/%s: %m", real, temporary);
	rc = fill(dfd, fd, name, text, size);
	if (rc == 0 && renameat(dfd, temporary, dfd, name) < 0)
		rc = -errno;
	if (rc < 0) {
		(void) unlinkat(dfd, temporary, 0);
		return pi_err_set(err, -rc, "%s/%s: %m", real, name);
	}
	/* The rename has happened; only a power cut could undo it. */
	(void) fsync(dfd);
	return 0;
}
