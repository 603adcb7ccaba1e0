/* SPDX-License-Identifier: GPL-2.0-or-later */
/* render.h - inventory and facts in, NodeName lines out; nothing else */
#ifndef PI_RENDER_H
#define PI_RENDER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "head/cluster.h"
#include "head/facts.h"
#include "lib/err.h"

/*
 * Write slurm.conf's NodeName lines for all nodes that have facts, and for
 * those of state=future, to `out`; with `chosen`, for the chosen ones of them.
 *
 * A pure function of its arguments: no date, no host name; one line for each
 * kind of node, in the order of the kinds' first nodes in the inventory.
 *
 * Returns how many nodes it had to leave out for want of facts, or -ENOMEM,
 * or -EINVAL with the node in *err if the settings do not fit its memory.
 */
int pi_render(FILE *out, const struct pi_facts_set *set,
	      const struct pi_cluster *cluster, const bool *chosen,
	      struct pi_err *err);

/* RealMemory for a node that measured `memory` MiB: less the margin, and down
 * to a multiple of 16. */
uint64_t pi_render_memory(uint64_t memory, const struct pi_cluster *cluster);

/* The MB of a card of `bytes` that jobs can use: less 5 % for the file system,
 * and down to a multiple of 100. */
uint64_t pi_render_card(uint64_t bytes);

#endif
