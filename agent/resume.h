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
 */
int pi_resume(const struct pi_conf *conf, struct pi_err *err);

/*
 * With a fault, drain this node, the reason being "pi-agent: FAULT", unless it is
 * drained or down already. Without one (NULL), lift a drain whose reason begins
 * so, and no other. Logs what it did; an administrator's drain is left alone.
 * A node that stays fit costs slurmctld one question a boot.
 */
int pi_resume_drain(const struct pi_conf *conf, const char *fault,
		    struct pi_err *err);

#endif
