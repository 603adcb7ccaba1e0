/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.h - findings and configuration to actions, each with its reason */
#ifndef PI_PLAN_H
#define PI_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/findings.h"
#include "agent/verdict.h"
#include "lib/conf.h"

enum {
	PI_ACTIONS = 12,
	PI_ACTION_TEXT = 256,
};

enum pi_action_kind {
	PI_DO_WIPE,		/* by order: what would name the old content */
	PI_DO_PARTITION,	/* a new GPT with one partition */
	PI_DO_REWRITE,		/* the GPT again, for the partition as it is */
	PI_DO_FORMAT,		/* a new ext4 in it */
	PI_DO_CHECK,		/* e2fsck -p */
	PI_DO_CHECK_ALL,	/* e2fsck -p -f */
	PI_DO_RESCUE,		/* e2fsck -y -f */
	PI_DO_JOURNAL,		/* tune2fs: the file system has none */
	PI_DO_LABEL,		/* tune2fs: our label */
	PI_DO_TYPE,		/* our type and name for the partition */
	PI_DO_NOTE,		/* an MBR has neither: a sector says so */
	PI_DO_QUOTA_ON,		/* tune2fs: the kernel can enforce them */
	PI_DO_QUOTA_OFF,	/* tune2fs: the kernel cannot mount them */
	PI_DO_MOUNT,
	PI_DO_UNMOUNT,
	PI_DO_SETTLE,		/* leftovers of earlier boots to the trash */
	PI_DO_KEEP,		/* note what is there, so that it is kept */
};

struct pi_action {
	enum pi_action_kind kind;
	char what[PI_ACTION_TEXT];
	char why[PI_ACTION_TEXT];
};

enum pi_target {
	PI_TARGET_FREE,		/* a directory to mount on */
	PI_TARGET_MISSING,	/* no such directory */
	PI_TARGET_TAKEN,	/* something is mounted there */
};

/* What the plan depends on beside card and configuration. */
struct pi_host {
	bool has_quota;		/* the kernel knows quota format 2 */
	enum pi_target target;	/* ScratchDir */
	bool used_before;	/* a card was mounted in this boot */
	char node[PI_CONF_NAME];
};

/* Where our partition and file system lie, in bytes. */
struct pi_layout {
	uint64_t start, size;
	uint64_t fs_size;
};

struct pi_plan {
	bool refused;		/* nothing will be done, for `reason` */
	bool node_unfit;	/* and the card is not to blame */
	bool done_before;	/* nothing is left to do, for `reason` */
	char reason[PI_WHY];
	char permit[PI_WHY];	/* what would permit more; "" if nothing */
	unsigned count;
	struct pi_action action[PI_ACTIONS];
	struct pi_layout layout;	/* of the partition used or to be made */
	int partition;			/* its number */
	bool with_quota;		/* mount with limits enforced */
	bool with_journal;		/* for a new file system */
	char order[PI_CONTENT];		/* the order that is carried out; or "" */
};

/*
 * Decide what `pi-agent prepare` does with a card of this verdict. Pure: looks
 * at nothing but its arguments.
 */
void pi_plan_make(const struct pi_findings *f, enum pi_verdict verdict,
		  const struct pi_conf *conf, const struct pi_host *host,
		  struct pi_plan *ret);

/* The same for `pi-agent adopt`: only an adoptable card, whose files stay. */
void pi_plan_adopt(const struct pi_findings *f, enum pi_verdict verdict,
		   const struct pi_conf *conf, const struct pi_host *host,
		   struct pi_plan *ret);

/*
 * Lay out a card of `size` bytes with sectors of `sector`: the partition begins
 * at 4 MiB, or at the erase size if that is larger, ends on a multiple of the
 * same, and the file system in it is 1 MiB shorter, so that no file's content
 * lies where RAID signatures do. Returns 0, or -ENOSPC for a card that is too
 * small to be of use.
 */
int pi_plan_layout(uint64_t size, uint64_t erase_size, unsigned sector,
		   struct pi_layout *ret);

#endif
