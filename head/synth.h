/* SPDX-License-Identifier: GPL-2.0-or-later */
/* synth.h - a slurm.conf for a slurmctld that only looks at the nodes */
#ifndef PI_SYNTH_H
#define PI_SYNTH_H

#include <stdio.h>

#include "head/slurmconf.h"
#include "lib/err.h"

/* Where the throw-away slurmctld lives. */
struct pi_synth_home {
	const char *dir;
	const char *host;	/* this machine's short name */
	const char *user;	/* whose slurmctld it will be */
	unsigned port;
};

/*
 * Write the configuration: a head that touches nothing outside home->dir, and
 * of the site's what the nodes are checked against (nodes, partitions, node
 * sets, GRES types, selection). Nodes are sought at 127.0.0.1, or slurmctld
 * would look names up for seconds.
 *
 * Each of the site's lines becomes one line; returns the number, from 1, of
 * the line that conf->lines[0] would have become had it been written, so that
 * line n of the file is conf->lines[n - returned].
 */
unsigned pi_synth_write(FILE *out, const struct pi_slurmconf *conf,
			const struct pi_synth_home *home);

/*
 * Refuse a GRES that GresTypes does not have: slurmctld would drop it without
 * a word. Returns 0 or -EINVAL with the line in *err.
 */
int pi_synth_check_gres(const struct pi_slurmconf *conf, struct pi_err *err);

/*
 * Put the site's own place in front of what slurmctld said: of the lines that
 * `words` name by node or partition, the last one, and the first one too if
 * there are several. A `number` above 0 says the line: conf->lines[number - 1].
 */
void pi_synth_explain(const struct pi_slurmconf *conf, size_t number,
		      const char *words, struct pi_err *err);

#endif
