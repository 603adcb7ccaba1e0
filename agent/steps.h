/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steps.h - the actions that plans are made of, with their words */
#ifndef PI_STEPS_H
#define PI_STEPS_H

#include "agent/plan.h"

/* Add one action: what it does, in printf's words, for `why`. */
void pi_steps_add(struct pi_plan *plan, enum pi_action_kind kind,
		  const char *why, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Do nothing after all, for this reason. */
void pi_steps_refuse(struct pi_plan *plan, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A new partition table and file system; refuses a card that is too small. */
void pi_steps_make(struct pi_plan *plan, const struct pi_card *card,
		   const char *why);

/* A new file system in the partition of plan->layout. */
void pi_steps_new_system(struct pi_plan *plan, const char *why);

/* Check the file system as its state demands. */
void pi_steps_check(struct pi_plan *plan, const struct pi_partition *p,
		    const struct pi_conf *conf);

/* Make it what this kernel and CardMode want, without making it anew. */
void pi_steps_features(struct pi_plan *plan, const struct pi_partition *p);

void pi_steps_mount(struct pi_plan *plan, const struct pi_conf *conf);

/* Mount it, and clear away what earlier boots left. */
void pi_steps_use(struct pi_plan *plan, const struct pi_conf *conf);

#endif
