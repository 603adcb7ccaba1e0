/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume_ask.h - one question to slurmctld, asked by a child process */
#ifndef PI_RESUME_ASK_H
#define PI_RESUME_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/resume_decide.h"
#include "lib/conf.h"
#include "lib/err.h"

enum pi_ask {
	PI_ASK_STATE,		/* look, and do nothing */
	PI_ASK_RESUME,		/* pi_resume_decide(), and what it says */
	PI_ASK_FIT,		/* pi_resume_decide_drain(), the node being fit */
	PI_ASK_UNFIT,		/* the same, the node being not */
};

enum { PI_ASK_REASON = 81 };	/* what Slurm's tables show of a reason */

struct pi_answer {
	int rc;			/* 0 or a negative errno with `err` */
	enum pi_decision decision;
	bool done;		/* resumed or drained, as decided */
	char name[PI_NODE_TEXT];
	char state[PI_NODE_TEXT];	/* IDLE+DRAIN, as scontrol shows it */
	char why[2 * PI_NODE_TEXT];
	struct pi_err err;
};

/*
 * The only file that uses libslurm does so in a child process that is killed at
 * the deadline: its slurm_init() may exit or block, and a request to a dead
 * slurmctld is tried again for MessageTimeout.
 *
 * Ask about this node, the one that NodeName names or else the one that
 * slurmctld knows by this host's name, and act. `reason` is for a drain.
 *
 * Returns 0 with *ret filled (ret->rc then says how it went: -EAGAIN is worth
 * another try), -ETIMEDOUT after `timeout_ms`, -ECHILD if libslurm ended the
 * child without an answer, or another negative errno. The child is gone in
 * every case.
 */
int pi_resume_ask(const struct pi_conf *conf, enum pi_ask what,
		  const char *reason, int64_t timeout_ms,
		  struct pi_answer *ret, struct pi_err *err);

#endif
