/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - agent/plan: findings and configuration to actions */
#include "t/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/plan.h"

#define MIB (UINT64_C(1) << 20)

static struct pi_findings card_of(uint64_t size)
{
	return (struct pi_findings) {
		.card = { .path = "/dev/mmcblk0", .is_device = true,
			  .size = size, .sector = 512 },
		.constant = true,
	};
}

static struct pi_findings ours(void)
{
	struct pi_findings f = card_of(64 * MIB);

	strcpy(f.table, "gpt");
	f.partitions = 1;
	f.partition[0] = (struct pi_partition) {
		.number = 1, .start = 4 * MIB, .size = 56 * MIB,
		.type = PI_PARTITION_TYPE, .name = PI_PARTITION_NAME,
		.ext4 = { .state = PI_EXT4_VALID, .label = PI_EXT4_OUR_LABEL,
			  .has_journal = true, .bytes = 55 * MIB },
	};
	return f;
}

static struct pi_plan plan_for(const struct pi_findings *f,
			       enum pi_verdict verdict, bool quota,
			       enum pi_target target)
{
	struct pi_host host = { .has_quota = quota, .target = target };
	struct pi_plan plan;
	struct pi_conf conf;

	pi_conf_defaults(&conf);
	pi_plan_make(f, verdict, &conf, &host, &plan);
	for (unsigned i = 0; i < plan.count; i++) {
		ck_assert_msg(plan.action[i].what[0], "action %u unsaid", i);
		ck_assert_msg(plan.action[i].why[0], "action %u unreasoned", i);
	}
	return plan;
}

/* "partition format mount settle" */
static const char *kinds(const struct pi_plan *plan)
{
	static const char *const names[] = {
		[PI_DO_WIPE] = "wipe", [PI_DO_REWRITE] = "rewrite",
		[PI_DO_PARTITION] = "partition", [PI_DO_FORMAT] = "format",
		[PI_DO_CHECK] = "check", [PI_DO_CHECK_ALL] = "check-all",
		[PI_DO_RESCUE] = "rescue", [PI_DO_JOURNAL] = "journal",
		[PI_DO_LABEL] = "label", [PI_DO_TYPE] = "type",
		[PI_DO_NOTE] = "note", [PI_DO_UNMOUNT] = "unmount", [PI_DO_KEEP] = "keep",
		[PI_DO_QUOTA_ON] = "quota-on", [PI_DO_QUOTA_OFF] = "quota-off",
		[PI_DO_MOUNT] = "mount", [PI_DO_SETTLE] = "settle",
	};
	static char text[256];

	text[0] = '\0';
	for (unsigned i = 0; i < plan->count; i++) {
		(void) strcat(text, i > 0 ? " " : "");
		(void) strcat(text, names[plan->action[i].kind]);
	}
	return text;
}

START_TEST(plan_acts_on_ours_and_blank_only)
{
	for (int verdict = 0; verdict < PI_VERDICTS; verdict++) {
		struct pi_findings f = verdict == PI_OURS ? ours()
							  : card_of(64 * MIB);
		struct pi_plan plan = plan_for(&f, verdict, false,
					       PI_TARGET_FREE);

		if (verdict == PI_OURS || verdict == PI_BLANK) {
			ck_assert(!plan.refused);
			ck_assert_uint_gt(plan.count, 0);
			continue;
		}
		ck_assert_msg(plan.refused, "%s", pi_verdict_name(verdict));
		ck_assert_uint_eq(plan.count, 0);
		ck_assert_msg(strstr(plan.reason, pi_verdict_name(verdict)),
			      "%s", plan.reason);
	}
}
END_TEST

START_TEST(plan_for_a_blank_card)
{
	struct pi_findings f = card_of(64 * MIB);
	struct pi_plan plan = plan_for(&f, PI_BLANK, true, PI_TARGET_FREE);

	ck_assert_str_eq(kinds(&plan), "partition format mount settle");
	ck_assert(plan.with_quota);
	ck_assert_int_eq(plan.partition, 1);
	plan = plan_for(&f, PI_BLANK, false, PI_TARGET_FREE);
	ck_assert_str_eq(kinds(&plan), "partition format mount settle");
	ck_assert(!plan.with_quota);
}
END_TEST

START_TEST(plan_for_a_card_of_ours)
{
	struct pi_findings f = ours();
	struct pi_plan plan = plan_for(&f, PI_OURS, false, PI_TARGET_FREE);

	ck_assert_str_eq(kinds(&plan), "check mount settle");
	ck_assert_uint_eq(plan.layout.start, 4 * MIB);
	ck_assert_uint_eq(plan.layout.size, 56 * MIB);
	plan = plan_for(&f, PI_OURS, true, PI_TARGET_FREE);
	ck_assert_str_eq(kinds(&plan), "check quota-on mount settle");
	f.partition[0].ext4.has_quota = true;
	plan = plan_for(&f, PI_OURS, true, PI_TARGET_FREE);
	ck_assert_str_eq(kinds(&plan), "check mount settle");
	plan = plan_for(&f, PI_OURS, false, PI_TARGET_FREE);
	ck_assert_str_eq(kinds(&plan), "check quota-off mount settle");
	f = ours();
	f.partition[0].ext4.needs_check = true;
	plan = plan_for(&f, PI_OURS, false, PI_TARGET_FREE);
	ck_assert_str_eq(kinds(&plan), "check-all mount settle");
	f = ours();
	f.partition[0].ext4.error_count = 1;
	plan = plan_for(&f, PI_OURS, false, PI_TARGET_FREE);
	ck_assert_str_eq(kinds(&plan), "check-all mount settle");
}
END_TEST

START_TEST(plan_again_for_an_interrupted_making)
{
	struct pi_findings f = card_of(64 * MIB);
	struct pi_plan plan;

	f.mark = PI_MARK_MAKING;
	plan = plan_for(&f, PI_DAMAGED_OURS, false, PI_TARGET_FREE);
	ck_assert_str_eq(kinds(&plan), "partition format mount settle");
	f.mark = PI_MARK_NONE;
	plan = plan_for(&f, PI_DAMAGED_OURS, false, PI_TARGET_FREE);
	ck_assert(plan.refused);
}
END_TEST

/* A plan under the configuration that `change` makes of the default one. */
static struct pi_plan plan_with(const struct pi_findings *f,
				enum pi_verdict verdict, bool used_before,
				void (*change)(struct pi_conf *conf))
{
	struct pi_host host = { .used_before = used_before, .node = "b02" };
	struct pi_plan plan;
	struct pi_conf conf;

	pi_conf_defaults(&conf);
	change(&conf);
	pi_plan_make(f, verdict, &conf, &host, &plan);
	return plan;
}

static void ephemeral(struct pi_conf *conf)
{
	conf->card_is_ephemeral = true;
}

static void repair(struct pi_conf *conf)
{
	conf->repair = true;
}

START_TEST(plan_for_an_ephemeral_card)
{
	struct pi_findings f = ours(), new = card_of(64 * MIB);
	struct pi_plan plan = plan_with(&f, PI_OURS, false, ephemeral);

	ck_assert_str_eq(kinds(&plan), "format mount settle");
	ck_assert(!plan.with_journal);
	ck_assert_uint_eq(plan.layout.fs_size, 55 * MIB);
	/* Jobs of this boot may have files on it. */
	plan = plan_with(&f, PI_OURS, true, ephemeral);
	ck_assert_str_eq(kinds(&plan), "check mount settle");
	plan = plan_with(&new, PI_BLANK, false, ephemeral);
	ck_assert_str_eq(kinds(&plan), "partition format mount settle");
	ck_assert(!plan.with_journal);
	/* Back to keep: the card gets its journal. */
	f.partition[0].ext4.has_journal = false;
	plan = plan_for(&f, PI_OURS, false, PI_TARGET_FREE);
	ck_assert_str_eq(kinds(&plan), "check journal mount settle");
	/* Only ours: an ephemeral card is no licence for others. */
	plan = plan_with(&new, PI_FOREIGN, false, ephemeral);
	ck_assert(plan.refused);
}
END_TEST

START_TEST(plan_of_a_repair)
{
	struct pi_findings f = ours();
	struct pi_plan plan;

	f.table_is_backup = true;
	plan = plan_with(&f, PI_DAMAGED_OURS, false, repair);
	ck_assert_str_eq(kinds(&plan), "rewrite check-all mount settle");
	ck_assert_uint_eq(plan.layout.start, 4 * MIB);
	ck_assert_uint_eq(plan.layout.size, 56 * MIB);
	plan = plan_for(&f, PI_DAMAGED_OURS, false, PI_TARGET_FREE);
	ck_assert(plan.refused);
	ck_assert_ptr_nonnull(strstr(plan.permit, "prepare --repair"));
	/* Nothing of the file system is left: made anew. */
	f.partition[0].ext4.state = PI_EXT4_NONE;
	plan = plan_with(&f, PI_DAMAGED_OURS, false, repair);
	ck_assert_str_eq(kinds(&plan), "partition format mount settle");
	/* No table, but our file system where it should be. */
	f = card_of(64 * MIB);
	f.at_our_place = ours().partition[0].ext4;
	plan = plan_with(&f, PI_DAMAGED_OURS, false, repair);
	ck_assert_str_eq(kinds(&plan), "rewrite check-all mount settle");
	ck_assert_uint_eq(plan.layout.size, 56 * MIB);
	f = ours();
	f.partition[0].ext4.needs_check = true;
	plan = plan_with(&f, PI_OURS, false, repair);
	ck_assert_str_eq(kinds(&plan), "rescue mount settle");
	/* Repair is for ours. */
	f = card_of(64 * MIB);
	for (int verdict = 0; verdict < PI_VERDICTS; verdict++) {
		if (verdict == PI_OURS || verdict == PI_BLANK ||
		    verdict == PI_DAMAGED_OURS)
			continue;
		plan = plan_with(&f, verdict, false, repair);
		ck_assert_msg(plan.refused, "%s", pi_verdict_name(verdict));
	}
}
END_TEST

#define CONTENT "0123456789abcdef"
#define OTHER "fedcba9876543210"

static void order(struct pi_conf *conf)
{
	(void) strcpy(conf->wipe_order, "b02 CARD " CONTENT);
}

static struct pi_findings foreign(void)
{
	struct pi_findings f = card_of(64 * MIB);

	(void) strcpy(f.identity, "CARD");
	(void) strcpy(f.content, CONTENT);
	return f;
}

START_TEST(plan_of_a_wipe_needs_node_card_and_content)
{
	struct pi_findings f = foreign();
	struct pi_plan plan = plan_with(&f, PI_FOREIGN, false, order);

	ck_assert_str_eq(kinds(&plan), "wipe partition format mount settle");
	ck_assert_str_eq(plan.order, CONTENT);
	(void) strcpy(f.identity, "OTHER");
	plan = plan_with(&f, PI_FOREIGN, false, order);
	ck_assert_msg(plan.refused, "another card");
	f = foreign();
	(void) strcpy(f.content, OTHER);
	plan = plan_with(&f, PI_FOREIGN, false, order);
	ck_assert_msg(plan.refused, "another content");
	ck_assert_msg(strstr(plan.permit, "WipeOrder = b02 CARD " OTHER), "%s",
		      plan.permit);
	f = foreign();
	(void) strcpy(f.spent_order[1], CONTENT);
	plan = plan_with(&f, PI_FOREIGN, false, order);
	ck_assert_msg(plan.refused, "a second time");
	f = foreign();
	plan = plan_for(&f, PI_FOREIGN, false, PI_TARGET_FREE);
	ck_assert_msg(plan.refused, "no order");
}
END_TEST

START_TEST(plan_of_a_wipe_never_for_ours_or_what_cannot_be_used)
{
	struct pi_findings mine = ours(), f = foreign();
	static const enum pi_verdict never[] = { PI_READ_ONLY, PI_FAILING,
						 PI_BUSY, PI_ABSENT };
	struct pi_plan plan;

	(void) strcpy(mine.identity, "CARD");
	(void) strcpy(mine.content, CONTENT);
	plan = plan_with(&mine, PI_OURS, false, order);
	ck_assert_str_eq(kinds(&plan), "check mount settle");
	for (size_t i = 0; i < PI_COUNT(never); i++) {
		plan = plan_with(&f, never[i], false, order);
		ck_assert_msg(plan.refused, "%s", pi_verdict_name(never[i]));
	}
}
END_TEST

START_TEST(plan_of_a_wipe_that_was_interrupted)
{
	struct pi_findings f = foreign();
	struct pi_plan plan;

	(void) strcpy(f.content, OTHER);
	(void) strcpy(f.mark_order, CONTENT);
	f.mark = PI_MARK_MAKING;
	f.starts_blank = true;
	plan = plan_with(&f, PI_UNKNOWN_DATA, false, order);
	ck_assert_str_eq(kinds(&plan), "wipe partition format mount settle");
	/* Somebody has formatted it since. */
	f.starts_blank = false;
	plan = plan_with(&f, PI_FOREIGN, false, order);
	ck_assert(plan.refused);
	/* The order was withdrawn. */
	f.starts_blank = true;
	plan = plan_for(&f, PI_UNKNOWN_DATA, false, PI_TARGET_FREE);
	ck_assert(plan.refused);
}
END_TEST

START_TEST(plan_of_an_adoption)
{
	struct pi_findings f = ours();
	struct pi_host host = { .target = PI_TARGET_FREE };
	struct pi_plan plan;
	struct pi_conf conf;

	pi_conf_defaults(&conf);
	pi_plan_adopt(&f, PI_ADOPTABLE, &conf, &host, &plan);
	/* Kept before it is ours: else the next boot would empty it. */
	ck_assert_str_eq(kinds(&plan),
			 "check-all label mount keep unmount type mount");
	for (int verdict = 0; verdict < PI_VERDICTS; verdict++) {
		if (verdict == PI_ADOPTABLE)
			continue;
		pi_plan_adopt(&f, verdict, &conf, &host, &plan);
		ck_assert_msg(plan.refused, "%s", pi_verdict_name(verdict));
	}
	conf.card_is_ephemeral = true;
	pi_plan_adopt(&f, PI_ADOPTABLE, &conf, &host, &plan);
	ck_assert_msg(plan.refused, "its files would not live long");
	conf.card_is_ephemeral = false;
	(void) strcpy(f.table, "dos");
	pi_plan_adopt(&f, PI_ADOPTABLE, &conf, &host, &plan);
	ck_assert_msg(plan.refused, "something lies where it would be noted");
	f.can_note_adoption = true;
	pi_plan_adopt(&f, PI_ADOPTABLE, &conf, &host, &plan);
	ck_assert_str_eq(kinds(&plan),
			 "check-all label mount keep unmount note mount");
	plan = plan_for(&f, PI_ADOPTABLE, false, PI_TARGET_FREE);
	ck_assert_msg(plan.refused, "prepare does not adopt");
	ck_assert_ptr_nonnull(strstr(plan.permit, "pi-agent adopt"));
}
END_TEST

START_TEST(plan_nothing_where_the_card_is_mounted)
{
	struct pi_findings f = ours();
	struct pi_plan plan;

	f.is_held = true;
	strcpy(f.mounted_on, "/scratch");
	plan = plan_for(&f, PI_OURS, false, PI_TARGET_TAKEN);
	ck_assert(plan.done_before && !plan.refused);
	ck_assert_uint_eq(plan.count, 0);
	strcpy(f.mounted_on, "/mnt");
	plan = plan_for(&f, PI_OURS, false, PI_TARGET_FREE);
	ck_assert(plan.refused && !plan.done_before);
}
END_TEST

START_TEST(plan_refuses_without_a_place_to_mount)
{
	static const enum pi_target targets[] = { PI_TARGET_MISSING,
						  PI_TARGET_TAKEN };

	for (size_t i = 0; i < PI_COUNT(targets); i++) {
		struct pi_findings mine = ours(), f = card_of(64 * MIB);
		struct pi_plan plan = plan_for(&mine, PI_OURS, false,
					       targets[i]);

		ck_assert(plan.refused);
		plan = plan_for(&f, PI_BLANK, false, targets[i]);
		ck_assert(plan.refused);
		ck_assert_msg(strstr(plan.reason, "/scratch"), "%s",
			      plan.reason);
	}
}
END_TEST

START_TEST(layout_is_aligned_and_leaves_the_tail_free)
{
	static const struct {
		uint64_t size, erase;
		unsigned sector;
		uint64_t grain;		/* 0: refused */
	} cases[] = {
		{ 31 * MIB, 0, 512, 0 },
		{ 32 * MIB, 0, 512, 4 * MIB },
		{ 64 * MIB, 4 * MIB, 512, 4 * MIB },
		{ 64 * MIB, 4 * MIB, 4096, 4 * MIB },
		{ 64 * MIB + 512, 3 * MIB, 512, 4 * MIB },
		{ 1000 * MIB, 16 * MIB, 512, 16 * MIB },
		{ 1000 * MIB, 128 * MIB, 512, 4 * MIB },
		{ 63 * MIB, 16 * MIB, 512, 0 },
		{ 31914983424, 4 * MIB, 512, 4 * MIB },
		{ UINT64_C(2) << 40, 0, 512, 4 * MIB },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		struct pi_layout l = { 0 };
		int rc = pi_plan_layout(cases[i].size, cases[i].erase,
					cases[i].sector, &l);

		if (cases[i].grain == 0) {
			ck_assert_int_eq(rc, -ENOSPC);
			continue;
		}
		ck_assert_int_eq(rc, 0);
		ck_assert_uint_eq(l.start, cases[i].grain);
		ck_assert_uint_eq(l.size % cases[i].grain, 0);
		ck_assert_uint_eq(l.fs_size, l.size - MIB);
		ck_assert_uint_le(l.start + l.size, cases[i].size -
				  (uint64_t) 33 * cases[i].sector);
		ck_assert_uint_gt(l.start + l.size + 2 * cases[i].grain,
				  cases[i].size);
	}
}
END_TEST

START_TEST(plan_refuses_a_card_that_is_too_small)
{
	struct pi_findings f = card_of(8 * MIB);
	struct pi_plan plan = plan_for(&f, PI_BLANK, false, PI_TARGET_FREE);

	ck_assert(plan.refused);
	ck_assert_uint_eq(plan.count, 0);
	ck_assert_ptr_nonnull(strstr(plan.reason, "too small"));
}
END_TEST

PI_UNIT_MAIN("plan", plan_acts_on_ours_and_blank_only, plan_for_a_blank_card,
	     plan_for_a_card_of_ours, plan_again_for_an_interrupted_making,
	     plan_for_an_ephemeral_card, plan_of_a_repair,
	     plan_of_a_wipe_needs_node_card_and_content,
	     plan_of_a_wipe_never_for_ours_or_what_cannot_be_used,
	     plan_of_a_wipe_that_was_interrupted, plan_of_an_adoption,
	     plan_nothing_where_the_card_is_mounted,
	     plan_refuses_without_a_place_to_mount,
	     layout_is_aligned_and_leaves_the_tail_free,
	     plan_refuses_a_card_that_is_too_small)
