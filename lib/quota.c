/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quota.c - ext4 project and user quota: limits, usage, whether they count */
#include "lib/quota.h"

#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BLOCK = 1024 };	/* the kernel counts limits in these (QIF_DQBLKSIZE) */

static const struct {
	unsigned type;
	const char *name;
} types[] = {
	[PI_QUOTA_USER] = { USRQUOTA, "user" },
	[PI_QUOTA_PROJECT] = { PRJQUOTA, "project" },
};

/* glibc 2.36 has no wrapper. */
static int quotactl_fd(int fd, unsigned command, enum pi_quota_type type,
		       uint32_t id, void *data)
{
	return (int) syscall(SYS_quotactl_fd, fd,
			     QCMD(command, types[type].type), id, data);
}

int pi_quota_is_enforced(int card_fd)
{
	const uint16_t wanted = FS_QUOTA_UDQ_ENFD | FS_QUOTA_PDQ_ENFD;
	struct fs_quota_statv state = { .qs_version = FS_QSTATV_VERSION1 };

	return quotactl_fd(card_fd, Q_XGETQSTATV, PI_QUOTA_USER, 0, &state) == 0 &&
	       (state.qs_flags & wanted) == wanted;
}

int pi_quota_get(int card_fd, enum pi_quota_type type, uint32_t id,
		 struct pi_quota *ret_quota, struct pi_err *err)
{
	struct if_dqblk block = { 0 };

	if (quotactl_fd(card_fd, Q_GETQUOTA, type, id, &block) < 0)
		return pi_err_set(err, errno, "read quota of %s %lu: %m",
				  types[type].name, (unsigned long) id);
	*ret_quota = (struct pi_quota) {
		.bytes_limit = block.dqb_bhardlimit * BLOCK,
		.inodes_limit = block.dqb_ihardlimit,
		.bytes = block.dqb_curspace,
		.inodes = block.dqb_curinodes,
	};
	return 0;
}

int pi_quota_set_limits(int card_fd, enum pi_quota_type type, uint32_t id,
			uint64_t bytes_limit, uint64_t inodes_limit,
			struct pi_err *err)
{
	struct if_dqblk block = {
		.dqb_bhardlimit = bytes_limit / BLOCK +
				  (bytes_limit % BLOCK != 0),
		.dqb_ihardlimit = inodes_limit,
		.dqb_valid = QIF_LIMITS,
	};

	if (quotactl_fd(card_fd, Q_SETQUOTA, type, id, &block) < 0)
		return pi_err_set(err, errno, "set quota of %s %lu: %m",
				  types[type].name, (unsigned long) id);
	return 0;
}

int pi_quota_find_project(int card_fd, uint32_t wish, uint32_t *ret_project,
			  struct pi_err *err)
{
	enum { TRIES = 1000 };
	const uint32_t stride = UINT32_C(2654435761);	/* odd: meets each id */
	struct pi_quota quota;
	uint32_t id = wish;

	for (int i = 0; i < TRIES; i++, id += stride) {
		int rc;

		/* 0 is everything else, and the kernel keeps (u32) -1. */
		if (id == 0 || id == UINT32_MAX)
			continue;
		rc = pi_quota_get(card_fd, PI_QUOTA_PROJECT, id, &quota, err);
		if (rc < 0)
			return rc;
		if (quota.bytes_limit == 0 && quota.bytes == 0 &&
		    quota.inodes == 0) {
			*ret_project = id;
			return 0;
		}
	}
	return pi_err_set(err, EBUSY, "no project id is free: empty the trash "
			  "(pi-agent sweep)");
}

int pi_quota_join(int dir_fd, uint32_t project, struct pi_err *err)
{
	struct fsxattr attributes;

	if (ioctl(dir_fd, FS_IOC_FSGETXATTR, &attributes) < 0)
		return pi_err_set(err, errno, "read project id: %m");
	attributes.fsx_projid = project;
	attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	if (ioctl(dir_fd, FS_IOC_FSSETXATTR, &attributes) < 0)
		return pi_err_set(err, errno, "set project id: %m");
	return 0;
}

static int lift_type(int card_fd, enum pi_quota_type type, bool used_too,
		     struct pi_err *err)
{
	struct if_nextdqblk next;
	uint32_t id = 0;
	int rc = 0;

	while (quotactl_fd(card_fd, Q_GETNEXTQUOTA, type, id, &next) == 0) {
		bool used = next.dqb_curspace || next.dqb_curinodes;

		if ((next.dqb_bhardlimit || next.dqb_ihardlimit) &&
		    (used_too || !used))
			rc = pi_quota_set_limits(card_fd, type, next.dqb_id, 0,
						 0, err);
		if (rc < 0 || next.dqb_id == UINT32_MAX)
			return rc;
		id = next.dqb_id + 1;
	}
	if (errno == ENOENT || errno == ESRCH)	/* no more ids */
		return 0;
	return pi_err_set(err, errno, "list quotas of each %s: %m",
			  types[type].name);
}

int pi_quota_lift_unused(int card_fd, struct pi_err *err)
{
	if (!pi_quota_is_enforced(card_fd))
		return 0;
	return lift_type(card_fd, PI_QUOTA_PROJECT, false, err);
}

int pi_quota_lift_all(int card_fd, struct pi_err *err)
{
	int rc;

	if (!pi_quota_is_enforced(card_fd))
		return 0;
	rc = lift_type(card_fd, PI_QUOTA_PROJECT, true, err);
	return rc < 0 ? rc : lift_type(card_fd, PI_QUOTA_USER, true, err);
}
