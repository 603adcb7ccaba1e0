/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privatetmp.c - /tmp and /var/tmp of a task, on the card */
#include "spank/privatetmp.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/scratch.h"

static const struct {
	const char *name;
	const char *target;
} directories[] = {
	{ ".tmp", "/tmp" },
	{ ".var-tmp", "/var/tmp" },
};

static int open_directory(int dfd, const char *name)
{
	return openat(dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Root's means just made here: nobody else can put such a one there. */
static int open_or_make(int dir_fd, const char *name,
			const struct pi_record *record, gid_t gid,
			struct pi_err *err)
{
	struct stat st;
	pi_auto_fd fd = -1;

	if (mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
		return pi_err_set(err, errno, "mkdir %s/%s: %m", record->name,
				  name);
	fd = open_directory(dir_fd, name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return pi_err_set(err, errno, "open %s/%s: %m", record->name,
				  name);
	if (st.st_uid == 0 && record->uid != 0 &&
	    (fchmod(fd, 0700) < 0 || fchown(fd, record->uid, gid) < 0))
		return pi_err_set(err, errno, "chown %s/%s: %m", record->name,
				  name);
	if (st.st_uid != 0 && st.st_uid != record->uid)
		return pi_err_set(err, EPERM, "%s/%s is not this job's",
				  record->name, name);
	return pi_take_fd(&fd);
}

static int bind_on(int fd, const char *target, struct pi_err *err)
{
	char path[sizeof("/proc/self/fd/") + 10];

	(void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mount(path, target, NULL, MS_BIND, NULL) < 0)
		return pi_err_set(err, errno, "mount on %s: %m", target);
	return 0;
}

int pi_privatetmp_enter(const struct pi_record *record, gid_t gid,
			struct pi_err *err)
{
	pi_auto_fd card = -1;
	pi_auto_fd dir = -1;

	/* What the system mounts later still arrives; nothing goes back. */
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return pi_err_set(err, errno, "mount namespace: %m");
	card = pi_scratch_open(record->base, err);
	if (card < 0)
		return card;
	dir = open_directory(card, record->name);
	if (dir < 0)
		return pi_err_set(err, errno, "open %s: %m", record->name);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		pi_auto_fd fd = open_or_make(dir, directories[i].name, record,
					     gid, err);
		int rc = fd < 0 ? fd : bind_on(fd, directories[i].target, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}
