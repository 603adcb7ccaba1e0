/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster.h - cluster.conf: how this cluster's node lines are to be */
#ifndef PI_CLUSTER_H
#define PI_CLUSTER_H

#include <stdint.h>

#define PI_CLUSTER_FILE "/etc/slurm-pi/cluster.conf"

struct pi_cluster {
	uint64_t mem_slack;	/* in hundredths of a per cent */
	uint64_t mem_reserve;	/* MiB, or 0: MemSpecLimit */
};

/* Fill *cluster with the built-in values, which pi-nodes(8) documents. */
void pi_cluster_defaults(struct pi_cluster *cluster);

#endif
