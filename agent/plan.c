/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - findings and configuration to actions, each with its reason */
#include "agent/plan.h"

#include <stdio.h>
#include <string.h>

#include "agent/mark.h"
#include "agent/order.h"
#include "agent/steps.h"

enum { MIB = 1 << 20 };

static void use_partition(struct pi_plan *plan, const struct pi_partition *p)
{
	plan->partition = p->number;
	plan->layout = (struct pi_layout) {
		.start = p->start,
		.size = p->size,
		.fs_size = p->ext4.bytes,
	};
}

/* In use already: fine where it should be. Returns whether that settles it. */
static bool plan_held(struct pi_plan *plan, const struct pi_findings *f,
		      const struct pi_conf *conf)
{
	if (!f->is_held)
		return false;
	if (strcmp(f->mounted_on, conf->scratch_dir) != 0) {
		pi_steps_refuse(plan, "our card is %s, not on %s", f->holder,
				conf->scratch_dir);
		return true;
	}
	plan->done_before = true;
	(void) snprintf(plan->reason, sizeof(plan->reason),
			"the card is mounted on %s already", conf->scratch_dir);
	return true;
}

static void plan_new(struct pi_plan *plan, const struct pi_findings *f,
		     const struct pi_conf *conf, const char *why)
{
	pi_steps_make(plan, &f->card, why);
	if (!plan->refused)
		pi_steps_use(plan, conf);
}

static void plan_ours(struct pi_plan *plan, const struct pi_findings *f,
		      const struct pi_conf *conf, const struct pi_host *host)
{
	const struct pi_partition *p = pi_verdict_our_partition(f);
	/* What was mounted in this boot may hold files of jobs that run. */
	bool make_anew = conf->card_is_ephemeral && !host->used_before;

	/* An adopted card may have no room for our marks before the partition,
	 * and would not be adopted any more. */
	if (make_anew && (f->adopted || p->start < PI_LAYOUT_START)) {
		plan_new(plan, f, conf, "CardMode is ephemeral");
		return;
	}
	use_partition(plan, p);
	if (make_anew && p->size > MIB) {
		plan->layout.fs_size = p->size - MIB;
		pi_steps_new_system(plan, "CardMode is ephemeral");
	} else {
		pi_steps_check(plan, p, conf);
		pi_steps_features(plan, p);
	}
	pi_steps_use(plan, conf);
}

static void plan_wipe(struct pi_plan *plan, const struct pi_findings *f,
		      const struct pi_conf *conf)
{
	pi_steps_add(plan, PI_DO_WIPE,
		     "WipeOrder names this node, this card and "
		     "what is on it",
		     "erase the start and the end of %s", f->card.path);
	plan_new(plan, f, conf, "the card was wiped by order");
}

/* The partition that a sound file system of ours lies in, if any. */
static bool find_sound_system(const struct pi_findings *f,
			      struct pi_layout *ret_layout)
{
	const struct pi_partition *p = pi_verdict_our_partition(f);
	struct pi_layout layout;

	if (p && p->ext4.state == PI_EXT4_VALID) {
		*ret_layout = (struct pi_layout) {
			.start = p->start,
			.size = p->size,
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
	pi_steps_add(plan, PI_DO_REWRITE, why,
		     "write the GPT again, for the partition at %llu MiB",
		     (unsigned long long) plan->layout.start / MIB);
	pi_steps_add(plan, PI_DO_CHECK_ALL, "the card was damaged",
		     "check all of the file system (e2fsck -p -f)");
	pi_steps_use(plan, conf);
}

/* What a person may do about a card that is left alone; "" if nothing. */
static void say_permit(struct pi_plan *plan, const struct pi_findings *f,
		       const struct pi_host *host, enum pi_verdict verdict)
{
	size_t length;

	switch (verdict) {
	case PI_ADOPTABLE:
		(void) strcpy(plan->permit,
			      "to keep its files: pi-agent adopt; ");
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
				"to erase it: WipeOrder = %s %s %s", host->node,
				f->identity, f->content);
}

static bool check_target(struct pi_plan *plan, const struct pi_conf *conf,
			 const struct pi_host *host)
{
	if (host->target == PI_TARGET_MISSING)
		pi_steps_refuse(plan,
				"%s is not a directory; make it in the node's "
				"image",
				conf->scratch_dir);
	else if (host->target == PI_TARGET_TAKEN)
		pi_steps_refuse(
			plan,
			"something else is mounted on %s; take it out of "
			"/etc/fstab",
			conf->scratch_dir);
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
		pi_steps_refuse(plan, "%s: %s", pi_verdict_name(verdict), why);
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
	/* The card's own verdict comes first, for it stays when fstab is
	 * mended. */
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

	bool has_gpt = strcmp(f->table, "gpt") == 0;

	if (!has_gpt && !f->can_note_adoption) {
		pi_steps_refuse(
			plan,
			"it has an MBR, and something lies in the sector at "
			"byte %d, which would say that it is ours",
			PI_ADOPTED_OFFSET);
		return;
	}
	use_partition(plan, p);
	pi_steps_add(plan, PI_DO_CHECK_ALL, "nobody knows who used it last",
		     "check all of the file system (e2fsck -p -f)");
	pi_steps_add(plan, PI_DO_LABEL, "it is to be ours",
		     "label the file system %s", PI_EXT4_OUR_LABEL);
	pi_steps_features(plan, p);
	/* What is to be kept must be noted before the card counts as ours. */
	pi_steps_mount(plan, conf);
	pi_steps_add(plan, PI_DO_KEEP,
		     "adopting leaves all files where they are",
		     "note what is on the card, so that no boot removes it");
	pi_steps_add(plan, PI_DO_UNMOUNT,
		     "what lies before its partition is to be changed",
		     "unmount it");
	if (has_gpt)
		pi_steps_add(plan, PI_DO_TYPE, "it is to be ours",
			     "give partition %d our type and name", p->number);
	else
		pi_steps_add(plan, PI_DO_NOTE,
			     "it is to be ours, and its MBR has no room for it",
			     "note at byte %d that partition %d is adopted",
			     PI_ADOPTED_OFFSET, p->number);
	pi_steps_mount(plan, conf);
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
	if (verdict == PI_ADOPTABLE && conf->card_is_ephemeral)
		pi_steps_refuse(&plan, "CardMode is ephemeral, so the next "
				       "boot would remove its files");
	else if (verdict != PI_ADOPTABLE)
		pi_steps_refuse(&plan,
				"%s: %s; only an adoptable card can be adopted",
				pi_verdict_name(verdict), why);
	else
		plan_adoption(&plan, f, conf);
	if (plan.count > 0)
		(void) check_target(&plan, conf, host);
	*ret = plan;
}
