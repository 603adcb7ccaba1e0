/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurmapi.h - libslurm, and all that differs between the releases we support */
#ifndef AGENT_SLURMAPI_H
#define AGENT_SLURMAPI_H

#include <stdbool.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

/* What slurm_load_ctl_conf() gave; 24.11 has its partner by the old name. */
static inline void pi_slurm_free_conf(slurm_conf_t *conf)
{
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
	slurm_free_conf(conf);
#else
	slurm_free_ctl_conf(conf);
#endif
}

/* Did an administrator say when the node shall return? Since 23.02. */
static inline bool pi_slurm_has_timer(const node_info_t *node)
{
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0)
	return node->resume_after != 0;
#else
	(void) node;
	return false;
#endif
}

/* Was an update refused because of the state that the node has? */
static inline bool pi_slurm_is_wrong_state(int code)
{
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(25, 11, 0)
	if (code == ESLURM_INVALID_NODE_STATE_TRANSITION)
		return true;
#endif
	return code == ESLURM_INVALID_NODE_STATE;
}

#endif
