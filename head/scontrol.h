/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scontrol.h - what the running slurmctld knows, and telling it something */
#ifndef PI_SCONTROL_H
#define PI_SCONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* A node as slurmctld sees it. */
struct pi_scontrol_node {
	char *name;
	char *state;		/* IDLE+DRAIN+INVALID_REG, ... */
	char *reason;		/* without who and when; "" for none */
	uint64_t memory;	/* RealMemory, MiB */
	bool registered;	/* its slurmd has, with this slurmctld */
};

struct pi_scontrol_nodes {
	struct pi_scontrol_node *list;	/* sorted by name */
	size_t count;
};

/* Does slurmctld answer? */
bool pi_scontrol_ping(void);

/*
 * The running slurmctld's release, as 2205 for 22.05, and its whole text in
 * `text`. Returns 0, or a negative errno with the reason in *err.
 */
int pi_scontrol_version(unsigned *ret_release, char *text, size_t size,
			struct pi_err *err);

/* All nodes; to be released with pi_scontrol_nodes_finish(). */
int pi_scontrol_nodes(struct pi_scontrol_nodes *ret_nodes, struct pi_err *err);
void pi_scontrol_nodes_finish(struct pi_scontrol_nodes *nodes);
const struct pi_scontrol_node *
pi_scontrol_find(const struct pi_scontrol_nodes *nodes, const char *name);

/* Does slurmctld find what the node registered unusable? */
bool pi_scontrol_is_invalid(const struct pi_scontrol_node *node);

/* Is `flag` one of the words of the node's state? */
bool pi_scontrol_has_state(const struct pi_scontrol_node *node,
			   const char *flag);

/* Has slurmctld itself taken the node out, for hardware that is too small? */
bool pi_scontrol_is_low(const struct pi_scontrol_node *node);

/* `scontrol WORD...`. Returns 0 or a negative errno with what it said. */
int pi_scontrol_run(const char *const words[], struct pi_err *err);

#endif
