/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - what would slurmctld say to these lines? */
#ifndef PI_CHECK_H
#define PI_CHECK_H

#include <stddef.h>

#include "head/cluster.h"
#include "lib/err.h"

/*
 * Ask a real slurmctld, started for the purpose on a configuration in a
 * directory of its own and gone with it on return, whether it would take
 * NodesFile with this `text` as its whole content. Needs no privilege and no
 * running Slurm. It runs in a network namespace of its own; without one for an
 * ordinary user on a machine that has no user namespaces.
 *
 * Returns 0; 1 if the site's slurm.conf does not include NodesFile, and it
 * would take the lines at its end; -EINVAL with the file, line and slurmctld's
 * reason in *err; or another negative errno if it could not be asked.
 */
int pi_check(const struct pi_cluster *settings, const char *text, size_t size,
	     struct pi_err *err);

#endif
