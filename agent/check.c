/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - is this node fit to run jobs? */
#include "agent/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <munge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <unistd.h>

#include "agent/smallfile.h"
#include "lib/auto.h"
#include "lib/scratch.h"
#include "lib/size.h"

enum { PROBE_SIZE = 4096, CREDENTIAL_SIZE = 64 << 10 };

static int munge_failed(munge_ctx_t ctx, munge_err_t code, const char *whose,
			struct pi_err *err)
{
	const char *text = munge_ctx_strerror(ctx);

	return pi_err_set(err, ECOMM, "munge%s: %s", whose, text ? text :
			  munge_strerror(code));
}

static int check_local(munge_ctx_t ctx, struct pi_err *err)
{
	pi_auto_free char *credential = NULL;
	munge_err_t code = munge_encode(&credential, ctx, NULL, 0);
	uid_t uid = 0;
	gid_t gid = 0;

	if (code == EMUNGE_SUCCESS)
		code = munge_decode(credential, ctx, NULL, NULL, &uid, &gid);
	if (code != EMUNGE_SUCCESS)
		return munge_failed(ctx, code, "", err);
	if (uid != geteuid())
		return pi_err_set(err, EPERM, "munge: says uid %lu instead of "
				  "%lu", (unsigned long) uid,
				  (unsigned long) geteuid());
	return 0;
}

/* Both times are in the credential, also where munged refuses it for them. */
static int clock_differs(munge_ctx_t ctx, const char *how, struct pi_err *err)
{
	time_t encoded = 0, decoded = 0;

	(void) munge_ctx_get(ctx, MUNGE_OPT_ENCODE_TIME, &encoded);
	(void) munge_ctx_get(ctx, MUNGE_OPT_DECODE_TIME, &decoded);
	return pi_err_set(err, ETIME, "munge, foreign credential: %s: made %lld "
			  "s %s this node's clock; is it old, or are the "
			  "clocks apart?", how, llabs((long long) decoded -
						      (long long) encoded),
			  decoded >= encoded ? "before" : "after");
}

static int check_foreign(munge_ctx_t ctx, const char *path, struct pi_err *err)
{
	static char credential[CREDENTIAL_SIZE];
	munge_err_t code;
	uid_t uid;
	gid_t gid;
	int rc = pi_smallfile_read_at(AT_FDCWD, path, credential,
				      sizeof(credential));

	if (rc < 0)
		return pi_err_set(err, -rc, "%s: %m", path);
	code = munge_decode(credential, ctx, NULL, NULL, &uid, &gid);
	switch (code) {
	case EMUNGE_SUCCESS:
	case EMUNGE_CRED_REPLAYED:	/* checked before: good all the same */
	case EMUNGE_CRED_UNAUTHORIZED:	/* for somebody else, by the same key */
		return 0;
	case EMUNGE_CRED_EXPIRED:
		return clock_differs(ctx, "expired", err);
	case EMUNGE_CRED_REWOUND:
		return clock_differs(ctx, "from the future", err);
	case EMUNGE_CRED_INVALID:
		return pi_err_set(err, EKEYREJECTED, "munge, foreign "
				  "credential: another key; compare "
				  "/etc/munge/munge.key with the head's");
	default:
		return munge_failed(ctx, code, ", foreign credential", err);
	}
}

int pi_check_munge(const char *foreign, struct pi_err *err)
{
	munge_ctx_t ctx = munge_ctx_create();
	int rc;

	if (!ctx)
		return pi_err_set(err, ENOMEM, "munge: %m");
	rc = check_local(ctx, err);
	if (rc == 0 && foreign)
		rc = check_foreign(ctx, foreign, err);
	munge_ctx_destroy(ctx);
	return rc;
}

int pi_check_clock(struct pi_err *err)
{
	struct timex now = { .modes = 0 };

	if (adjtimex(&now) == TIME_ERROR)
		return pi_err_set(err, ETIME, "the clock is not synchronised; "
				  "see timedatectl(1)");
	return 0;
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
		return pi_err_set(err, errno, "write: %m");
	if (posix_memalign(&wanted, PROBE_SIZE, PROBE_SIZE) != 0 ||
	    posix_memalign(&found, PROBE_SIZE, PROBE_SIZE) != 0)
		return pi_err_set(err, ENOMEM, "%m");
	memset(wanted, 0, PROBE_SIZE);
	memset(found, 0, PROBE_SIZE);
	fill_pattern(wanted);
	errno = EIO;
	if (pwrite(fd, wanted, PROBE_SIZE, 0) != PROBE_SIZE || fsync(fd) < 0)
		return pi_err_set(err, errno, "write: %m");
	if (pread(fd, found, PROBE_SIZE, 0) != PROBE_SIZE)
		return pi_err_set(err, errno, "read: %m");
	if (memcmp(wanted, found, PROBE_SIZE) != 0)
		return pi_err_set(err, EIO, "the card does not keep what is "
				  "written to it");
	return 0;
}

/* ext4 counts the errors it found; a good card has none. */
static int check_counter(int card_fd, struct pi_err *err)
{
	char path[96], device[PATH_MAX];
	uint64_t errors = 0;
	struct stat st;
	ssize_t n;

	if (fstat(card_fd, &st) < 0)
		return pi_err_set(err, errno, "%m");
	(void) snprintf(path, sizeof(path), "/sys/dev/block/%u:%u",
			major(st.st_dev), minor(st.st_dev));
	n = readlink(path, device, sizeof(device) - 1);
	if (n < 0)
		return pi_err_set(err, ENODEV, "the card was pulled");
	device[n] = '\0';
	(void) snprintf(path, sizeof(path), "/sys/fs/ext4/%.48s/errors_count",
			basename(device));
	if (pi_smallfile_read_number_at(AT_FDCWD, path, &errors) == 0 &&
	    errors > 0)
		return pi_err_set(err, EUCLEAN, "ext4 counted %llu errors; "
				  "reboot the node to have the card checked",
				  (unsigned long long) errors);
	return 0;
}

static int check_space(int card_fd, uint64_t min_free, struct pi_err *err)
{
	char wanted[PI_SIZE_TEXT];
	struct statvfs fs;

	if (fstatvfs(card_fd, &fs) < 0)
		return pi_err_set(err, errno, "%m");
	if ((uint64_t) fs.f_bavail * fs.f_frsize < min_free)
		return pi_err_set(err, ENOSPC, "less than %s free (MinFree)",
				  pi_size_format(min_free, wanted));
	return 0;
}

static int check_card(int card_fd, uint64_t min_free, struct pi_err *err)
{
	int rc = check_counter(card_fd, err);
	pi_auto_fd state_fd = rc < 0 ? -1 : openat(
		card_fd, PI_STATE_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		O_CLOEXEC);

	if (rc < 0)
		return rc;
	if (state_fd < 0)
		return pi_err_set(err, errno, PI_STATE_DIR ": %m");
	rc = check_space(card_fd, min_free, err);
	if (rc == 0)
		rc = write_and_read(state_fd, "probe", err);
	(void) unlinkat(state_fd, "probe", 0);
	/* Jobs may fill the card; the card is not to blame. */
	return rc == -ENOSPC && min_free == 0 ? 0 : rc;
}

int pi_check_scratch(const struct pi_conf *conf, struct pi_err *err)
{
	int rc;
	pi_auto_fd card_fd = pi_scratch_open(conf->scratch_dir, err);

	if (card_fd == -ENODEV && !pi_scratch_was_mounted(conf->scratch_dir))
		return 0;
	if (card_fd < 0)
		return card_fd;
	rc = check_card(card_fd, conf->min_free, err);
	if (rc < 0)
		pi_err_prefix(err, "%s", conf->scratch_dir);
	return rc;
}
