/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume_decide.c - may this node be returned to service? */
#include "agent/resume_decide.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { UPTIME_SLACK = 5 };	/* boot_time jitters, and messages take time */

static enum pi_decision say(enum pi_decision decision,
			    char why[2 * PI_NODE_TEXT], const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum pi_decision say(enum pi_decision decision,
			    char why[2 * PI_NODE_TEXT], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void) vsnprintf(why, 2 * PI_NODE_TEXT, format, args);
	va_end(args);
	return decision;
}

bool pi_resume_is_registered(const struct pi_node_view *node,
			     const struct pi_local_view *local)
{
	int64_t off = node->now - node->boot_time - local->uptime;

	return node->boot_time > 0 && off >= -UPTIME_SLACK &&
	       off <= UPTIME_SLACK;
}

/* Flags that somebody set on purpose, with what they mean. */
static const char *find_flag(unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *meaning;
	} table[] = {
		{ PI_NODE_REBOOT, "a reboot was requested through Slurm" },
		{ PI_NODE_MAINT, "it is in maintenance" },
		{ PI_NODE_POWER, "power saving has it" },
		{ PI_NODE_DYNAMIC, "it is a dynamic or cloud node" },
		{ PI_NODE_DRAIN, "it is drained" },
		{ PI_NODE_FAIL, "it is marked as failing" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (flags & table[i].flag)
			return table[i].meaning;
	return NULL;
}

static enum pi_decision decide_down(const struct pi_node_view *node,
				    const struct pi_local_view *local,
				    char why[2 * PI_NODE_TEXT])
{
	if (strcmp(node->reason, "Node unexpectedly rebooted") != 0 &&
	    strcmp(node->reason, "Not responding") != 0)
		return say(PI_LEAVE, why, "it is down for another reason (%s)",
			   node->reason[0] ? node->reason : "none given");
	if (!node->reason_is_slurmctlds)
		return say(PI_LEAVE, why, "an administrator set it down (%s)",
			   node->reason);
	if (node->has_timer)
		return say(PI_LEAVE, why, "an administrator set a time for its "
			   "return");
	if (!pi_resume_is_registered(node, local))
		return say(PI_WAIT, why, "slurmd has not registered since this "
			   "boot");
	return say(PI_RESUME, why, "it was down (%s)", node->reason);
}

enum pi_decision pi_resume_decide(const struct pi_node_view *node,
				  const struct pi_local_view *local,
				  char why[2 * PI_NODE_TEXT])
{
	const char *flag = find_flag(node->flags);

	if (node->base == PI_NODE_FUTURE || node->base == PI_NODE_OTHER)
		return say(PI_LEAVE, why, "its state is not one of a node in "
			   "use");
	if (node->flags & PI_NODE_INVALID_REG)
		return say(PI_REPORT, why, "slurmctld refused its registration "
			   "(%s); compare `slurmd -C` with slurm.conf",
			   node->reason);
	if (flag)
		return say(PI_LEAVE, why, "%s%s%s%s", flag,
			   node->reason[0] ? " (" : "", node->reason,
			   node->reason[0] ? ")" : "");
	if (node->base == PI_NODE_DOWN)
		return decide_down(node, local, why);
	if (node->base == PI_NODE_UNKNOWN ||
	    (node->flags & PI_NODE_NO_RESPOND) ||
	    !pi_resume_is_registered(node, local))
		return say(PI_WAIT, why, "slurmd has not registered since this "
			   "boot");
	return say(PI_NOTHING_TO_DO, why, "it is in service");
}

static enum pi_decision decide_unfit(const struct pi_node_view *node,
				     char why[2 * PI_NODE_TEXT])
{
	if (node->flags & (PI_NODE_DRAIN | PI_NODE_FAIL))
		return say(PI_NOTHING_TO_DO, why, "it is drained already (%s)",
			   node->reason);
	if (node->base == PI_NODE_FUTURE || node->base == PI_NODE_OTHER)
		return say(PI_LEAVE, why, "its state is not one of a node in "
			   "use");
	/* A drain would put its reason in the place of theirs. */
	if (node->base == PI_NODE_DOWN)
		return say(PI_NOTHING_TO_DO, why, "it is down (%s)",
			   node->reason);
	return say(PI_DRAIN, why, "it is not fit");
}

enum pi_decision pi_resume_decide_drain(const struct pi_node_view *node,
					bool is_fit,
					char why[2 * PI_NODE_TEXT])
{
	unsigned ours = PI_NODE_DRAIN | PI_NODE_NO_RESPOND;
	unsigned others = node->flags & ~ours;

	if (!is_fit)
		return decide_unfit(node, why);
	if (!(node->flags & PI_NODE_DRAIN))
		return say(PI_NOTHING_TO_DO, why, "it is not drained");
	if (strncmp(node->reason, PI_DRAIN_PREFIX,
		    sizeof(PI_DRAIN_PREFIX) - 1) != 0)
		return say(PI_LEAVE, why, "it is drained (%s)", node->reason);
	if (others)
		return say(PI_LEAVE, why, "%s", find_flag(others) ?
			   find_flag(others) : "its registration is invalid");
	return say(PI_RESUME, why, "it was drained (%s), and is fit again",
		   node->reason);
}
