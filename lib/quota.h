/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quota.h - ext4 project and user quota: limits, usage, whether they count */
#ifndef PI_QUOTA_H
#define PI_QUOTA_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

/*
 * Project quota limits a tree, but its owner can leave the project (a file's
 * project id is the owner's to change in the initial user namespace); a user
 * quota beside it stops that. All below need root, Linux 5.14 (quotactl_fd),
 * and an ext4 with the features quota and project mounted with
 * usrquota,prjquota. `card_fd` is open on that file system.
 */

enum pi_quota_type {
	PI_QUOTA_USER,
	PI_QUOTA_PROJECT,
};

struct pi_quota {
	uint64_t bytes_limit;	/* 0: none */
	uint64_t inodes_limit;	/* 0: none */
	uint64_t bytes;		/* in use */
	uint64_t inodes;	/* in use */
};

/*
 * Whether limits of both types are enforced on this file system: 1 or 0. Not
 * with a kernel, a file system or a mount without quota.
 */
int pi_quota_is_enforced(int card_fd);

/* What `id` uses and may use; an id never seen has all zeros. */
int pi_quota_get(int card_fd, enum pi_quota_type type, uint32_t id,
		 struct pi_quota *ret_quota, struct pi_err *err);

/* Set the limits of `id`, bytes rounded up to 1 KiB; 0 lifts one. */
int pi_quota_set_limits(int card_fd, enum pi_quota_type type, uint32_t id,
			uint64_t bytes_limit, uint64_t inodes_limit,
			struct pi_err *err);

/*
 * Find a project id that nothing on the card is charged to and that has no
 * limit, beginning with `wish`. A former job's files may lie in the trash and
 * still be charged to its id, so that the job's own id is not always free.
 */
int pi_quota_find_project(int card_fd, uint32_t wish, uint32_t *ret_project,
			  struct pi_err *err);

/*
 * Put the empty directory open at `dir_fd` into `project`, so that all that is
 * created below is charged to it.
 */
int pi_quota_join(int dir_fd, uint32_t project, struct pi_err *err);

/*
 * Lift the limits of all project ids that nothing is charged to: their trees
 * were removed. A job's directory is always charged to its own.
 * Returns 0, also where quota is not enforced.
 */
int pi_quota_lift_unused(int card_fd, struct pi_err *err);

/* Lift the limits of all ids, users' too: after a boot, when no job runs. */
int pi_quota_lift_all(int card_fd, struct pi_err *err);

#endif
