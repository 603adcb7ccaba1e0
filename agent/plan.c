/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - findings and configuration to actions, each with its reason */
#include "agent/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/mark.h"
#include "agent/order.h"

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

static void add_new_system(struct pi_plan *plan, const char *why)
{
	SAY(add(plan, PI_DO_FORMAT, why),
	    "make ext4 of %llu MiB, labelled %s, %s journal, %s quotas",
	    (unsigned long long) plan->layout.fs_size / MIB, PI_EXT4_OUR_LABEL,
	    plan->with_journal ? "with" : "without",
	    plan->with_quota ? "with" : "without");
}

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
	add_new_system(plan, plan->with_quota ?
		       "the partition is new; this kernel enforces quotas" :
		       "the partition is new; without quotas, which this "
		       "kernel cannot enforce");
}

static void add_check(struct pi_plan *plan, const struct pi_partition *p,
		      const struct pi_conf *conf)
{
	if (conf->repair && (p->ext4.needs_check || p->ext4.error_count > 0))
		SAY(add(plan, PI_DO_RESCUE,
			"the kernel has found errors in it; repair is allowed"),
		    "repair the file system (e2fsck -y -f)");
	else if (p->ext4.needs_check || p->ext4.error_count > 0)
		SAY(add(plan, PI_DO_CHECK_ALL,
			"the kernel has found errors in it"),
		    "check all of the file system (e2fsck -p -f)");
	else
		SAY(add(plan, PI_DO_CHECK,
			"it may have been in use when the power went off"),
		    "check the file system (e2fsck -p)");
}

/* Make it what this kernel and CardMode want, without making it anew. */
static void add_features(struct pi_plan *plan, const struct pi_partition *p)
{
	if (plan->with_journal && !p->ext4.has_journal)
		SAY(add(plan, PI_DO_JOURNAL,
			"CardMode is keep, and it was made without"),
		    "add a journal to the file system (tune2fs)");
	if (plan->with_quota && !p->ext4.has_quota)
		SAY(add(plan, PI_DO_QUOTA_ON,
			"this kernel enforces quotas, and the card has none"),
		    "add quotas to the file system (tune2fs)");
	else if (!plan->with_quota && p->ext4.has_quota)
		SAY(add(plan, PI_DO_QUOTA_OFF,
			"this kernel cannot mount a card with quotas"),
		    "take quotas off the file system (tune2fs)");
}

static void add_mount(struct pi_plan *plan, const struct pi_conf *conf)
{
	SAY(add(plan, PI_DO_MOUNT, "jobs find it there"),
	    "mount it on %s (nodev,nosuid,noatime,errors=remount-ro)",
	    conf->scratch_dir);
}

static void add_use(struct pi_plan *plan, const struct pi_conf *conf)
{
	add_mount(plan, conf);
	SAY(add(plan, PI_DO_SETTLE,
		"no job of this boot has run on it yet"),
	    "move what earlier boots left behind to its trash");
}

static void use_partition(struct pi_plan *plan, const struct pi_partition *p)
{
	plan->partition = p->number;
	plan->layout = (struct pi_layout) {
		.start = p->start, .size = p->size, .fs_size = p->ext4.bytes,
	};
}

/* In use already: fine where it should be. Returns whether that settles it. */
static bool plan_held(struct pi_plan *plan, const struct pi_findings *f,
		      const struct pi_conf *conf)
{
	if (!f->is_held)
		return false;
	if (strcmp(f->mounted_on, conf->scratch_dir) != 0) {
		refuse(plan, "our card is %s, not on %s", f->holder,
		       conf->scratch_dir);
		return true;
	}
	plan->done_before = true;
	(void) snprintf(plan->reason, sizeof(plan->reason),
			"the card is mounted on %s already", conf->scratch_dir);
	return true;
}

static void plan_ours(struct pi_plan *plan, const struct pi_findings *f,
		      const struct pi_conf *conf, const struct pi_host *host)
{
	const struct pi_partition *p = pi_verdict_our_partition(f);

	use_partition(plan, p);
	/* What was mounted in this boot may hold files of jobs that run. */
	if (conf->card_is_ephemeral && !host->used_before &&
	    p->size > MIB) {
		plan->layout.fs_size = p->size - MIB;
		add_new_system(plan, "CardMode is ephemeral");
	} else {
		add_check(plan, p, conf);
		add_features(plan, p);
	}
	add_use(plan, conf);
}

static void plan_new(struct pi_plan *plan, const struct pi_findings *f,
		     const struct pi_conf *conf, const char *why)
{
	add_making(plan, &f->card, why);
	if (!plan->refused)
		add_use(plan, conf);
}

static void plan_wipe(struct pi_plan *plan, const struct pi_findings *f,
		      const struct pi_conf *conf)
{
	SAY(add(plan, PI_DO_WIPE, "WipeOrder names this node, this card and "
		"what is on it"), "erase the start and the end of %s",
	    f->card.path);
	plan_new(plan, f, conf, "the card was wiped by order");
}

/* The partition that a sound file system of ours lies in, whatever the table. */
static bool find_sound_system(const struct pi_findings *f,
			      struct pi_layout *ret_layout)
{
	const struct pi_partition *p = pi_verdict_our_partition(f);
	struct pi_layout layout;

	if (p && p->ext4.state == PI_EXT4_VALID) {
		*ret_layout = (struct pi_layout) {
			.start = p->start, .size = p->size,
			.fs_size = p->ext4.bytes,
		};
		return true;
	}
	if (p || f->at_our_place.state != PI_EXT4_VALID ||
	    pi_plan_layout(f->card.size, 0, f->card.sector, &layout) < 0 ||
	    f->at_our_place.bytes > layout.size)
		return false;
	*ret_layout = layout;
	return true;
}

static void plan_repair(struct pi_plan *plan, const struct pi_findings *f,
			const struct pi_conf *conf, const char *why)
{
	if (!find_sound_system(f, &plan->layout)) {
		plan_new(plan, f, conf, why);
		return;
	}
	plan->partition = 1;
	SAY(add(plan, PI_DO_REWRITE, why),
	    "write the GPT again, for the partition at %llu MiB",
	    (unsigned long long) plan->layout.start / MIB);
	SAY(add(plan, PI_DO_CHECK_ALL, "the card was damaged"),
	    "check all of the file system (e2fsck -p -f)");
	add_use(plan, conf);
}

/* What a person may do about a card that is left alone; "" if nothing. */
static void say_permit(struct pi_plan *plan, const struct pi_findings *f,
		       const struct pi_host *host, enum pi_verdict verdict)
{
	size_t length;

	switch (verdict) {
	case PI_ADOPTABLE:
		(void) strcpy(plan->permit, "to keep its files: pi-agent adopt; ");
		break;
	case PI_DAMAGED_OURS:
		(void) strcpy(plan->permit, "to repair it: pi-agent prepare "
			      "--repair; ");
		break;
	case PI_FACTORY:
	case PI_FOREIGN:
	case PI_UNKNOWN_DATA:
	case PI_AMBIVALENT:
		break;
	default:
		return;
	}
	length = strlen(plan->permit);
	if (f->content[0])
		(void) snprintf(plan->permit + length,
				sizeof(plan->permit) - length,
				"to erase it: WipeOrder = %s %s %s",
				host->node, f->identity, f->content);
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

static bool may_be_wiped(enum pi_verdict verdict)
{
	return verdict == PI_ADOPTABLE || verdict == PI_FACTORY ||
	       verdict == PI_DAMAGED_OURS || verdict == PI_FOREIGN ||
	       verdict == PI_UNKNOWN_DATA || verdict == PI_AMBIVALENT;
}

static void decide(struct pi_plan *plan, const struct pi_findings *f,
		   enum pi_verdict verdict, const struct pi_conf *conf,
		   const struct pi_host *host)
{
	char why[PI_WHY];

	(void) pi_verdict_of(f, why);
	if (verdict == PI_OURS)
		plan_ours(plan, f, conf, host);
	else if (verdict == PI_BLANK)
		plan_new(plan, f, conf, "the card is blank");
	else if (verdict == PI_DAMAGED_OURS && f->mark == PI_MARK_MAKING)
		plan_new(plan, f, conf, why);
	else if (may_be_wiped(verdict) &&
		 pi_order_permits(conf->wipe_order, host->node, f, plan->order))
		plan_wipe(plan, f, conf);
	else if (verdict == PI_DAMAGED_OURS && conf->repair)
		plan_repair(plan, f, conf, why);
	else
		refuse(plan, "%s: %s", pi_verdict_name(verdict), why);
}

void pi_plan_make(const struct pi_findings *f, enum pi_verdict verdict,
		  const struct pi_conf *conf, const struct pi_host *host,
		  struct pi_plan *ret)
{
	struct pi_plan plan = {
		.with_quota = host->has_quota,
		.with_journal = !conf->card_is_ephemeral,
	};

	if (verdict != PI_OURS || !plan_held(&plan, f, conf))
		decide(&plan, f, verdict, conf, host);
	/* The card's own verdict comes first, for it stays when fstab is mended. */
	if (plan.count > 0)
		(void) check_target(&plan, conf, host);
	if (plan.refused && !plan.node_unfit)
		say_permit(&plan, f, host, verdict);
	*ret = plan;
}

static void plan_adoption(struct pi_plan *plan, const struct pi_findings *f,
			  const struct pi_conf *conf)
{
	const struct pi_partition *p = &f->partition[0];

	if (strcmp(f->table, "gpt") != 0) {
		refuse(plan, "its partition table is %s; only a card with GPT "
		       "can be adopted", f->table);
		return;
	}
	use_partition(plan, p);
	SAY(add(plan, PI_DO_CHECK_ALL, "nobody knows who used it last"),
	    "check all of the file system (e2fsck -p -f)");
	SAY(add(plan, PI_DO_LABEL, "it is to be ours"),
	    "label the file system %s", PI_EXT4_OUR_LABEL);
	add_features(plan, p);
	/* What is to be kept must be noted before the card counts as ours. */
	add_mount(plan, conf);
	SAY(add(plan, PI_DO_KEEP, "adopting leaves all files where they are"),
	    "note what is on the card, so that no boot removes it");
	SAY(add(plan, PI_DO_UNMOUNT, "its partition table is to be changed"),
	    "unmount it");
	SAY(add(plan, PI_DO_TYPE, "it is to be ours"),
	    "give partition %d our type and name", p->number);
	add_mount(plan, conf);
}

void pi_plan_adopt(const struct pi_findings *f, enum pi_verdict verdict,
		   const struct pi_conf *conf, const struct pi_host *host,
		   struct pi_plan *ret)
{
	struct pi_plan plan = {
		.with_quota = host->has_quota,
		.with_journal = !conf->card_is_ephemeral,
	};
	char why[PI_WHY];

	(void) pi_verdict_of(f, why);
	if (verdict != PI_ADOPTABLE)
		refuse(&plan, "%s: %s; only an adoptable card can be adopted",
		       pi_verdict_name(verdict), why);
	else
		plan_adoption(&plan, f, conf);
	if (plan.count > 0)
		(void) check_target(&plan, conf, host);
	*ret = plan;
}
