/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster.c - cluster.conf: how this cluster's node lines are to be */
#include "head/cluster.h"

void pi_cluster_defaults(struct pi_cluster *cluster)
{
	*cluster = (struct pi_cluster) { .mem_slack = 200 };
}
