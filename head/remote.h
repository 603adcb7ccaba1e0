/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote.h - one command on many nodes, by ssh, side by side */
#ifndef PI_REMOTE_H
#define PI_REMOTE_H

#include <stdint.h>

#include "head/child.h"
#include "head/inventory.h"
#include "lib/err.h"

/* How a node's command ended; `problem` is NULL if it exited with 0. */
typedef void pi_remote_done(void *user, const struct pi_node *node,
			    const struct pi_child *child, const char *problem);

struct pi_remote {
	const char *command;	/* for the node's shell */
	const char *login;	/* ssh -l, or NULL */
	uint64_t fanout;
	uint64_t timeout_ms;	/* for one node */
	pi_remote_done *done;
	void *user;
};

/*
 * Run the command on the `count` nodes, at most `fanout` at a time, and call
 * `done` as each of them ends: with what it said, and in one line what went
 * wrong. ssh(1)'s own configuration is respected; it may not ask questions.
 * Returns 0, or a negative errno if no command can be run at all.
 */
int pi_remote_run(const struct pi_remote *remote,
		  const struct pi_node *const *nodes, size_t count,
		  struct pi_err *err);

#endif
