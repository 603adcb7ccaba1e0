/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume_view.c - libslurm's records of nodes, in the words of resume_decide.h */
#include "agent/resume_view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum pi_node_base get_base(uint32_t state)
{
	switch (state & NODE_STATE_BASE) {
	case NODE_STATE_UNKNOWN:
		return PI_NODE_UNKNOWN;
	case NODE_STATE_DOWN:
		return PI_NODE_DOWN;
	case NODE_STATE_IDLE:
		return PI_NODE_IDLE;
	case NODE_STATE_ALLOCATED:
		return PI_NODE_ALLOCATED;
	case NODE_STATE_MIXED:
		return PI_NODE_MIXED;
	case NODE_STATE_FUTURE:
		return PI_NODE_FUTURE;
	default:
		return PI_NODE_OTHER;
	}
}

static unsigned get_flags(uint32_t state)
{
	static const struct {
		uint32_t theirs;
		unsigned ours;
	} table[] = {
		{ NODE_STATE_DRAIN, PI_NODE_DRAIN },
		{ NODE_STATE_FAIL, PI_NODE_FAIL },
		{ NODE_STATE_MAINT, PI_NODE_MAINT },
		{ NODE_STATE_REBOOT_REQUESTED, PI_NODE_REBOOT },
		{ NODE_STATE_REBOOT_ISSUED, PI_NODE_REBOOT },
		{ NODE_STATE_POWERING_DOWN, PI_NODE_POWER },
		{ NODE_STATE_POWER_DOWN, PI_NODE_POWER },
		{ NODE_STATE_POWERED_DOWN, PI_NODE_POWER },
		{ NODE_STATE_POWERING_UP, PI_NODE_POWER },
		{ NODE_STATE_POWER_DRAIN, PI_NODE_POWER },
		{ NODE_STATE_INVALID_REG, PI_NODE_INVALID_REG },
		{ NODE_STATE_DYNAMIC_FUTURE, PI_NODE_DYNAMIC },
		{ NODE_STATE_DYNAMIC_NORM, PI_NODE_DYNAMIC },
		{ NODE_STATE_CLOUD, PI_NODE_DYNAMIC },
		{ NODE_STATE_NO_RESPOND, PI_NODE_NO_RESPOND },
	};
	unsigned flags = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (state & table[i].theirs)
			flags |= table[i].ours;
	return flags;
}

void pi_resume_view(const node_info_t *node, time_t now,
		    struct pi_node_view *ret)
{
	*ret = (struct pi_node_view) {
		.base = get_base(node->node_state),
		.flags = get_flags(node->node_state),
		.boot_time = node->boot_time,
		.now = now,
		.has_timer = pi_slurm_has_timer(node),
	};
	(void) snprintf(ret->reason, sizeof(ret->reason), "%s",
			node->reason ? node->reason : "");
}

void pi_resume_say(const struct pi_node_view *view, char state[PI_NODE_TEXT])
{
	static const char *const bases[] = {
		[PI_NODE_UNKNOWN] = "UNKNOWN", [PI_NODE_DOWN] = "DOWN",
		[PI_NODE_IDLE] = "IDLE", [PI_NODE_ALLOCATED] = "ALLOCATED",
		[PI_NODE_MIXED] = "MIXED", [PI_NODE_FUTURE] = "FUTURE",
		[PI_NODE_OTHER] = "OTHER",
	};

	(void) snprintf(state, PI_NODE_TEXT, "%s%s%s%s%.*s%s",
			bases[view->base],
			view->flags & PI_NODE_DRAIN ? "+DRAIN" : "",
			view->flags & PI_NODE_NO_RESPOND ?
			"+NOT_RESPONDING" : "",
			view->reason[0] ? " (" : "", PI_NODE_TEXT - 40,
			view->reason, view->reason[0] ? ")" : "");
}

static bool is_own(const node_info_t *node, const char *name, const char *host)
{
	char brief[PI_NODE_TEXT];

	if (!node->name)
		return false;
	if (name[0])
		return strcmp(node->name, name) == 0;
	(void) snprintf(brief, sizeof(brief), "%.*s",
			(int) strcspn(host, "."), host);
	return strcmp(node->name, host) == 0 ||
	       strcmp(node->name, brief) == 0 ||
	       (node->node_hostname &&
		(strcmp(node->node_hostname, host) == 0 ||
		 strcmp(node->node_hostname, brief) == 0));
}

int pi_resume_pick_own(const node_info_msg_t *nodes, const char *name,
		       const char *host, const node_info_t **ret,
		       struct pi_err *err)
{
	const node_info_t *own = NULL;

	for (uint32_t i = 0; i < nodes->record_count; i++) {
		const node_info_t *node = &nodes->node_array[i];

		if (!is_own(node, name, host))
			continue;
		if (own)
			return pi_err_set(err, ENOTUNIQ, "slurmctld knows host "
					  "%s as %s and as %s; set NodeName in "
					  "slurm-pi.conf", host, own->name,
					  node->name);
		own = node;
	}
	if (!own)
		return pi_err_set(err, ENOENT, "slurmctld does not know a node "
				  "%s; set NodeName in slurm-pi.conf",
				  name[0] ? name : host);
	*ret = own;
	return 0;
}
