/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume_decide.h - may this node be returned to service? */
#ifndef PI_RESUME_DECIDE_H
#define PI_RESUME_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

enum pi_node_base {
	PI_NODE_UNKNOWN,
	PI_NODE_DOWN,
	PI_NODE_IDLE,
	PI_NODE_ALLOCATED,
	PI_NODE_MIXED,
	PI_NODE_FUTURE,
	PI_NODE_OTHER,
};

/* The flags that matter; Slurm has more. */
enum pi_node_flag {
	PI_NODE_DRAIN = 1 << 0,
	PI_NODE_FAIL = 1 << 1,
	PI_NODE_MAINT = 1 << 2,
	PI_NODE_REBOOT = 1 << 3,	/* requested or issued */
	PI_NODE_POWER = 1 << 4,		/* any state of power saving */
	PI_NODE_INVALID_REG = 1 << 5,
	PI_NODE_DYNAMIC = 1 << 6,	/* dynamic or cloud */
	PI_NODE_NO_RESPOND = 1 << 7,
};

enum { PI_NODE_TEXT = 128 };

/* What slurmctld says about the node; times are by its clock. */
struct pi_node_view {
	enum pi_node_base base;
	unsigned flags;
	char reason[PI_NODE_TEXT];
	bool reason_is_slurmctlds;	/* set by SlurmUser, not by a person */
	bool has_timer;			/* an administrator set ResumeAfter */
	int64_t boot_time;		/* 0: not registered since a resume */
	int64_t now;			/* when slurmctld answered */
};

/* What the node knows about itself. */
struct pi_local_view {
	int64_t uptime;			/* seconds */
};

enum pi_decision {
	PI_NOTHING_TO_DO,	/* in service */
	PI_WAIT,		/* the registration of this boot is still to come */
	PI_RESUME,
	PI_DRAIN,
	PI_LEAVE,		/* an administrator's will, or Slurm's own business */
	PI_REPORT,		/* a fault that resuming cannot mend */
};

/*
 * The decision table. Resuming lifts a drain as well as a DOWN, so it is for a
 * node that is DOWN, with no flag that says why, for one of the two reasons
 * slurmctld itself gives after a power cut, and registered since this boot.
 *
 * `why` gets a clause for the message: "it is down for another reason (...)".
 */
enum pi_decision pi_resume_decide(const struct pi_node_view *node,
				  const struct pi_local_view *local,
				  char why[2 * PI_NODE_TEXT]);

/* Every drain of ours begins with this; no other is ever lifted. */
#define PI_DRAIN_PREFIX "pi-agent:"

/*
 * The same for `check --drain`: a node that is fit may be resumed if nothing but
 * our own drain holds it, one that is not is drained unless somebody did.
 */
enum pi_decision pi_resume_decide_drain(const struct pi_node_view *node,
					bool is_fit,
					char why[2 * PI_NODE_TEXT]);

/* Has slurmd registered since this boot? slurmctld's clock alone is used. */
bool pi_resume_is_registered(const struct pi_node_view *node,
			     const struct pi_local_view *local);

#endif
