/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume_view.h - libslurm's records of nodes, in the words of resume_decide.h */
#ifndef PI_RESUME_VIEW_H
#define PI_RESUME_VIEW_H

#include <time.h>

#include "agent/resume_decide.h"
#include "agent/slurmapi.h"
#include "lib/err.h"

/*
 * Find this machine among the nodes that slurmctld knows: the one called `name`,
 * or, where that is "", the one of this host's name, with or without its domain.
 * Returns 0 with *ret pointing into `nodes`, -ENOENT, or -ENOTUNIQ.
 */
int pi_resume_pick_own(const node_info_msg_t *nodes, const char *name,
		       const char *host, const node_info_t **ret,
		       struct pi_err *err);

/* What is decided upon; who wrote the reason is not known from this alone. */
void pi_resume_view(const node_info_t *node, time_t now,
		    struct pi_node_view *ret);

/* As scontrol shows it, in few words: IDLE+DRAIN (reason). */
void pi_resume_say(const struct pi_node_view *view, char state[PI_NODE_TEXT]);

#endif
