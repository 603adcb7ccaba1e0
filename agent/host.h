/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.h - what this machine is, beside its card */
#ifndef PI_HOST_H
#define PI_HOST_H

#include "agent/card.h"
#include "agent/plan.h"
#include "lib/conf.h"
#include "lib/err.h"

/*
 * What a plan depends on; see plan.h. `for_new`: a file system may be made, for
 * which it is worth a long search whether the kernel has quotas; else, if that
 * is not plain to see, it is taken to have them if the card has: `has_now`.
 */
void pi_host_look(const struct pi_conf *conf, bool for_new, bool has_now,
		  struct pi_host *ret);

/*
 * Write /run/slurm-pi/facts: what `slurmd -C` prints, then the lines MAC=,
 * Serial=, Model= and CardBytes=, each only where known. `card` is NULL where
 * there is none. A machine without slurmd gets the other lines.
 */
int pi_host_write_facts(const struct pi_conf *conf, const struct pi_card *card,
			struct pi_err *err);

#endif
