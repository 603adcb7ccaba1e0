/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - findings and configuration to actions, each with its reason */
#include "agent/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/blank.h"

enum {
	MIB = 1 << 20,
	SMALLEST = 32 * MIB,
	LARGEST_GRAIN = 64 * MIB,
};

int pi_plan_layout(uint64_t size, uint64_t erase_size, unsigned sector,
		   struct pi_layout *ret)
{
	uint64_t grain = PI_LAYOUT_START, end;

	if (erase_size > grain && erase_size <= LARGEST_GRAIN &&
	    erase_size % grain == 0)
		grain = erase_size;
	if (size < SMALLEST || size < 4 * grain)
		return -ENOSPC;
	/* The backup GPT has the last 33 sectors. */
	end = (size - (uint64_t) 33 * sector) / grain * grain;
	*ret = (struct pi_layout) {
		.start = grain,
		.size = end - grain,
		.fs_size = end - grain - MIB,
	};
	return 0;
}

static void refuse(struct pi_plan *plan, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void refuse(struct pi_plan *plan, const char *format, ...)
{
	va_list args;

	plan->refused = true;
	plan->count = 0;
	va_start(args, format);
	(void) vsnprintf(plan->reason, sizeof(plan->reason), format, args);
	va_end(args);
}

static struct pi_action *add(struct pi_plan *plan, enum pi_action_kind kind,
			     const char *why)
{
	struct pi_action *action = &plan->action[plan->count++];

	action->kind = kind;
	(void) snprintf(action->why, sizeof(action->why), "%s", why);
	return action;
}

#define SAY(action, ...) \
	(void) snprintf((action)->what, sizeof((action)->what), __VA_ARGS__)

static void add_making(struct pi_plan *plan, const struct pi_card *card,
		       const char *why)
{
	const struct pi_layout *layout = &plan->layout;

	if (pi_plan_layout(card->size, card->erase_size, card->sector,
			   &plan->layout) < 0) {
		refuse(plan, "the card is too small: %llu MiB, and %d are the "
		       "least", (unsigned long long) card->size / MIB,
		       SMALLEST / MIB);
		return;
	}
	plan->partition = 1;
	SAY(add(plan, PI_DO_PARTITION, why),
	    "write a GPT with one partition of %llu MiB at %llu MiB on %s",
	    (unsigned long long) layout->size / MIB,
	    (unsigned long long) layout->start / MIB, card->path);
	SAY(add(plan, PI_DO_FORMAT, plan->with_quota ?
		"the partition is new; this kernel enforces quotas" :
		"the partition is new; without quotas, which this kernel "
		"cannot enforce"),
	    "make ext4 of %llu MiB, labelled %s, %s quotas",
	    (unsigned long long) layout->fs_size / MIB, PI_EXT4_OUR_LABEL,
	    plan->with_quota ? "with" : "without");
}

static void add_check(struct pi_plan *plan, const struct pi_partition *p)
{
	if (p->ext4.needs_check || p->ext4.error_count > 0)
		SAY(add(plan, PI_DO_CHECK_ALL,
			"the kernel has found errors in it"),
		    "check all of the file system (e2fsck -p -f)");
	else
		SAY(add(plan, PI_DO_CHECK,
			"it may have been in use when the power went off"),
		    "check the file system (e2fsck -p)");
}

static void add_quota(struct pi_plan *plan, const struct pi_partition *p)
{
	if (plan->with_quota && !p->ext4.has_quota)
		SAY(add(plan, PI_DO_QUOTA_ON,
			"this kernel enforces quotas, and the card has none"),
		    "add quotas to the file system (tune2fs)");
	else if (!plan->with_quota && p->ext4.has_quota)
		SAY(add(plan, PI_DO_QUOTA_OFF,
			"this kernel cannot mount a card with quotas"),
		    "take quotas off the file system (tune2fs)");
}

static void add_use(struct pi_plan *plan, const struct pi_conf *conf)
{
	SAY(add(plan, PI_DO_MOUNT, "jobs find it there"),
	    "mount it on %s (nodev,nosuid,noatime,errors=remount-ro)",
	    conf->scratch_dir);
	SAY(add(plan, PI_DO_SETTLE,
		"no job of this boot has run on it yet"),
	    "move what earlier boots left behind to its trash");
}

static void plan_ours(struct pi_plan *plan, const struct pi_findings *f,
		      const struct pi_conf *conf)
{
	const struct pi_partition *p = pi_verdict_our_partition(f);

	if (f->is_held && strcmp(f->mounted_on, conf->scratch_dir) == 0) {
		plan->done_before = true;
		(void) snprintf(plan->reason, sizeof(plan->reason),
				"the card is mounted on %s already",
				conf->scratch_dir);
		return;
	}
	if (f->is_held) {
		refuse(plan, "our card is %s, not on %s", f->holder,
		       conf->scratch_dir);
		return;
	}
	plan->partition = p->number;
	plan->layout = (struct pi_layout) {
		.start = p->start, .size = p->size, .fs_size = p->ext4.bytes,
	};
	add_check(plan, p);
	add_quota(plan, p);
	add_use(plan, conf);
}

static void plan_new(struct pi_plan *plan, const struct pi_findings *f,
		     const struct pi_conf *conf, const char *why)
{
	add_making(plan, &f->card, why);
	if (!plan->refused)
		add_use(plan, conf);
}

/* What a person may do about a card that is left alone; "" if nothing. */
static void say_permit(struct pi_plan *plan, const struct pi_card *card,
		       enum pi_verdict verdict)
{
	switch (verdict) {
	case PI_ADOPTABLE:
	case PI_FACTORY:
	case PI_DAMAGED_OURS:
	case PI_FOREIGN:
	case PI_UNKNOWN_DATA:
	case PI_AMBIVALENT:
		(void) snprintf(plan->permit, sizeof(plan->permit),
				"if nothing on it is needed, erase it: dd "
				"if=/dev/zero of=%s bs=4M", card->path);
		break;
	default:
		break;
	}
}

static bool check_target(struct pi_plan *plan, const struct pi_conf *conf,
			 const struct pi_host *host)
{
	if (host->target == PI_TARGET_MISSING)
		refuse(plan, "%s is not a directory; make it in the node's "
		       "image", conf->scratch_dir);
	else if (host->target == PI_TARGET_TAKEN)
		refuse(plan, "something else is mounted on %s; take it out of "
		       "/etc/fstab", conf->scratch_dir);
	plan->node_unfit = plan->refused;
	return !plan->refused;
}

void pi_plan_make(const struct pi_findings *f, enum pi_verdict verdict,
		  const struct pi_conf *conf, const struct pi_host *host,
		  struct pi_plan *ret)
{
	struct pi_plan plan = { .with_quota = host->has_quota };
	char why[PI_WHY];

	(void) pi_verdict_of(f, why);
	if (verdict == PI_OURS && f->is_held)
		plan_ours(&plan, f, conf);
	else if (verdict == PI_OURS && check_target(&plan, conf, host))
		plan_ours(&plan, f, conf);
	else if ((verdict == PI_BLANK ||
		  (verdict == PI_DAMAGED_OURS && f->mark == PI_MARK_MAKING)) &&
		 check_target(&plan, conf, host))
		plan_new(&plan, f, conf, verdict == PI_BLANK ?
			 "the card is blank" :
			 "pi-agent was interrupted while it made this card");
	else if (!plan.refused)
		refuse(&plan, "%s: %s", pi_verdict_name(verdict), why);
	if (plan.refused)
		say_permit(&plan, &f->card, verdict);
	*ret = plan;
}
