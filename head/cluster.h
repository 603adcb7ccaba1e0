/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster.h - cluster.conf: how this cluster's node lines are to be */
#ifndef PI_CLUSTER_H
#define PI_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

#define PI_CLUSTER_FILE "/etc/slurm-pi/cluster.conf"

enum {
	PI_CLUSTER_PATH = 160,	/* a path, with its NUL */
	PI_CLUSTER_COMMAND = 160,	/* a command for the shell, with its NUL */
};

struct pi_cluster {
	char slurm_conf[PI_CLUSTER_PATH];
	char nodes_file[PI_CLUSTER_PATH];	/* may be slurm_conf itself */
	char facts_dir[PI_CLUSTER_PATH];
	uint64_t mem_slack;	/* in hundredths of a per cent */
	uint64_t mem_reserve;	/* MiB for MemSpecLimit=, or 0 */
	bool scratch_gres;	/* say Gres=scratch:<MB> of nodes with a card */
	bool tmp_disk;		/* say TmpDisk=<MB> of nodes with a card */
	uint64_t fanout;
	uint64_t timeout_ms;	/* for one node's answer */
	uint64_t activate_ms;	/* for slurmctld and nodes after a change */
	char restart_controller[PI_CLUSTER_COMMAND];
	char restart_node[PI_CLUSTER_COMMAND];
};

/* Fill *cluster with the built-in values, which pi-nodes(8) documents. */
void pi_cluster_defaults(struct pi_cluster *cluster);

/*
 * Read `path` over the built-in values, as lib/keyfile does; a missing file is
 * an empty one. Returns 0, or a negative errno with the reason in *err and
 * *ret_cluster untouched.
 */
int pi_cluster_read(const char *path, struct pi_cluster *ret_cluster,
		    struct pi_err *err);

/* The n-th key and its default as the file would say it; NULL past the last. */
const char *pi_cluster_key(unsigned n, const char **ret_default);

#endif
