/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steps.c - the actions that plans are made of, with their words */
#include "agent/steps.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "agent/mark.h"

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

void pi_steps_refuse(struct pi_plan *plan, const char *format, ...)
{
	va_list args;

	plan->refused = true;
	plan->count = 0;
	va_start(args, format);
	(void) vsnprintf(plan->reason, sizeof(plan->reason), format, args);
	va_end(args);
}

void pi_steps_add(struct pi_plan *plan, enum pi_action_kind kind,
		  const char *why, const char *format, ...)
{
	struct pi_action *action = &plan->action[plan->count++];
	va_list args;

	action->kind = kind;
	(void) snprintf(action->why, sizeof(action->why), "%s", why);
	va_start(args, format);
	(void) vsnprintf(action->what, sizeof(action->what), format, args);
	va_end(args);
}

void pi_steps_new_system(struct pi_plan *plan, const char *why)
{
	pi_steps_add(
		plan, PI_DO_FORMAT, why,
		"make ext4 of %llu MiB, labelled %s, %s journal, %s quotas",
		(unsigned long long) plan->layout.fs_size / MIB,
		PI_EXT4_OUR_LABEL, plan->with_journal ? "with" : "without",
		plan->with_quota ? "with" : "without");
}

void pi_steps_make(struct pi_plan *plan, const struct pi_card *card,
		   const char *why)
{
	const struct pi_layout *layout = &plan->layout;

	if (pi_plan_layout(card->size, card->erase_size, card->sector,
			   &plan->layout) < 0) {
		pi_steps_refuse(
			plan,
			"the card is too small: %llu MiB, and %d are the "
			"least",
			(unsigned long long) card->size / MIB, SMALLEST / MIB);
		return;
	}
	plan->partition = 1;
	pi_steps_add(
		plan, PI_DO_PARTITION, why,
		"write a GPT with one partition of %llu MiB at %llu MiB on %s",
		(unsigned long long) layout->size / MIB,
		(unsigned long long) layout->start / MIB, card->path);
	pi_steps_new_system(
		plan,
		plan->with_quota
			? "the partition is new; this kernel enforces quotas"
			: "the partition is new; without quotas, which this "
			  "kernel cannot enforce");
}

void pi_steps_check(struct pi_plan *plan, const struct pi_partition *p,
		    const struct pi_conf *conf)
{
	if (conf->repair && (p->ext4.needs_check || p->ext4.error_count > 0))
		pi_steps_add(
			plan, PI_DO_RESCUE,
			"the kernel has found errors in it; repair is allowed",
			"repair the file system (e2fsck -y -f)");
	else if (p->ext4.needs_check || p->ext4.error_count > 0)
		pi_steps_add(plan, PI_DO_CHECK_ALL,
			     "the kernel has found errors in it",
			     "check all of the file system (e2fsck -p -f)");
	else
		pi_steps_add(plan, PI_DO_CHECK,
			     "it may have been in use when the power went off",
			     "check the file system (e2fsck -p)");
}

void pi_steps_features(struct pi_plan *plan, const struct pi_partition *p)
{
	if (plan->with_journal && !p->ext4.has_journal)
		pi_steps_add(plan, PI_DO_JOURNAL,
			     "CardMode is keep, and it was made without",
			     "add a journal to the file system (tune2fs)");
	if (plan->with_quota && !p->ext4.has_quota)
		pi_steps_add(
			plan, PI_DO_QUOTA_ON,
			"this kernel enforces quotas, and the card has none",
			"add quotas to the file system (tune2fs)");
	else if (!plan->with_quota && p->ext4.has_quota)
		pi_steps_add(plan, PI_DO_QUOTA_OFF,
			     "this kernel cannot mount a card with quotas",
			     "take quotas off the file system (tune2fs)");
}

void pi_steps_mount(struct pi_plan *plan, const struct pi_conf *conf)
{
	pi_steps_add(plan, PI_DO_MOUNT, "jobs find it there",
		     "mount it on %s (nodev,nosuid,noatime,errors=remount-ro)",
		     conf->scratch_dir);
}

void pi_steps_use(struct pi_plan *plan, const struct pi_conf *conf)
{
	pi_steps_mount(plan, conf);
	pi_steps_add(plan, PI_DO_SETTLE,
		     "no job of this boot has run on it yet",
		     "move what earlier boots left behind to its trash");
}
