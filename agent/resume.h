/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume.h - return this node to service after a reboot */
#ifndef PI_RESUME_H
#define PI_RESUME_H

#include "lib/conf.h"
#include "lib/err.h"

/*
 * Wait, for ResumeWait at most, until slurmd has registered with slurmctld since
 * this boot; then resume the node if the table of resume_decide.h says so, and
 * wait until it is in service. Logs one line on what was done, or why the node
 * was left alone.
 *
 * Returns 0 when the node is in service or was left to its administrator, or a
 * negative errno: -ETIMEDOUT, -EPERM, -ENOENT if slurmctld does not know the
 * node, -ENOTUNIQ if it knows it under several names, -EIO for a fault that
 * resuming cannot mend.
 *
 * The only file that uses libslurm, and only in child processes that are killed
 * at the deadline: its slurm_init() may exit or block.
 */
int pi_resume(const struct pi_conf *conf, struct pi_err *err);

#endif
