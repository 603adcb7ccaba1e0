/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - is this node fit to run jobs? */
#include "agent/check.h"

#include <errno.h>
#include <fcntl.h>
#include <munge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "agent/smallfile.h"
#include "lib/auto.h"
#include "lib/scratch.h"

enum { PROBE_SIZE = 4096 };

static int munge_failed(munge_ctx_t ctx, munge_err_t code, struct pi_err *err)
{
	const char *text = ctx ? munge_ctx_strerror(ctx) : NULL;

	return pi_err_set(err, ECOMM, "munge: %s", text ? text :
			  munge_strerror(code));
}

int pi_check_munge(struct pi_err *err)
{
	munge_ctx_t ctx = munge_ctx_create();
	pi_auto_free char *credential = NULL;
	munge_err_t code;
	uid_t uid = 0;
	gid_t gid = 0;
	int rc = 0;

	if (!ctx)
		return pi_err_set(err, ENOMEM, "munge: %m");
	code = munge_encode(&credential, ctx, NULL, 0);
	if (code == EMUNGE_SUCCESS)
		code = munge_decode(credential, ctx, NULL, NULL, &uid, &gid);
	if (code != EMUNGE_SUCCESS)
		rc = munge_failed(ctx, code, err);
	else if (uid != geteuid())
		rc = pi_err_set(err, EPERM, "munge: says uid %lu instead of "
				"%lu", (unsigned long) uid,
				(unsigned long) geteuid());
	munge_ctx_destroy(ctx);
	return rc;
}

/* A pattern no earlier write can have left: this boot's id, and our pid. */
static void fill_pattern(char *pattern)
{
	char boot_id[38];	/* a UUID and a NUL, and one to spare */

	(void) pi_smallfile_read_at(AT_FDCWD,
				    "/proc/sys/kernel/random/boot_id", boot_id,
				    sizeof(boot_id));
	for (size_t at = 0; at < PROBE_SIZE; at += 64)
		(void) snprintf(pattern + at, 64, "%s %x %zx", boot_id,
				(unsigned) getpid(), at & 0xFFFF);
}

/* O_DIRECT both ways, so that the card answers and not the page cache. */
static int write_and_read(int dfd, const char *name, struct pi_err *err)
{
	pi_auto_free void *wanted = NULL, *found = NULL;
	pi_auto_fd fd = openat(dfd, name, O_RDWR | O_CREAT | O_NOFOLLOW |
			       O_DIRECT | O_CLOEXEC, 0600);

	if (fd < 0)
		return pi_err_set(err, errno, "write to the card: %m");
	if (posix_memalign(&wanted, PROBE_SIZE, PROBE_SIZE) != 0 ||
	    posix_memalign(&found, PROBE_SIZE, PROBE_SIZE) != 0)
		return pi_err_set(err, ENOMEM, "%m");
	memset(wanted, 0, PROBE_SIZE);
	memset(found, 0, PROBE_SIZE);
	fill_pattern(wanted);
	errno = EIO;
	if (pwrite(fd, wanted, PROBE_SIZE, 0) != PROBE_SIZE || fsync(fd) < 0)
		return pi_err_set(err, errno, "write to the card: %m");
	if (pread(fd, found, PROBE_SIZE, 0) != PROBE_SIZE)
		return pi_err_set(err, errno, "read from the card: %m");
	if (memcmp(wanted, found, PROBE_SIZE) != 0)
		return pi_err_set(err, EIO, "the card does not keep what is "
				  "written to it");
	return 0;
}

int pi_check_scratch(const struct pi_conf *conf, struct pi_err *err)
{
	const char *path = conf->scratch_dir;
	int rc;
	pi_auto_fd card_fd = pi_scratch_open(path, err);

	if (card_fd == -ENODEV && !pi_scratch_was_mounted(path))
		return 0;
	if (card_fd < 0)
		return card_fd;
	pi_auto_fd state_fd = openat(card_fd, PI_STATE_DIR, O_RDONLY |
				     O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state_fd < 0)
		return pi_err_set(err, errno, "%s/" PI_STATE_DIR ": %m", path);
	rc = write_and_read(state_fd, "probe", err);
	(void) unlinkat(state_fd, "probe", 0);
	if (rc < 0)
		pi_err_prefix(err, "%s", path);
	return rc;
}
