/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume_decide.c - agent/resume_decide: may this node be returned to service? */
#include "t/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "agent/resume_decide.h"

#define REBOOTED "Node unexpectedly rebooted"
#define SILENT "Not responding"

enum { NOW = 1000000, UPTIME = 100 };

/* A node as slurmctld shows it once this boot is registered. */
static struct pi_node_view view(enum pi_node_base base, unsigned flags,
				const char *reason)
{
	struct pi_node_view node = {
		.base = base,
		.flags = flags,
		.reason_is_slurmctlds = true,
		.boot_time = NOW - UPTIME,
		.now = NOW,
	};

	(void) snprintf(node.reason, sizeof(node.reason), "%s", reason);
	return node;
}

static enum pi_decision decide(const struct pi_node_view *node)
{
	static const struct pi_local_view local = { .uptime = UPTIME };
	char why[2 * PI_NODE_TEXT] = "";
	enum pi_decision decision = pi_resume_decide(node, &local, why);

	ck_assert_msg(why[0], "no reason given");
	return decision;
}

START_TEST(resume_is_for_a_node_down_by_its_reboot)
{
	static const struct {
		enum pi_node_base base;
		unsigned flags;
		const char *reason;
		enum pi_decision decision;
	} cases[] = {
		{ PI_NODE_IDLE, 0, "", PI_NOTHING_TO_DO },
		{ PI_NODE_MIXED, 0, "", PI_NOTHING_TO_DO },
		{ PI_NODE_ALLOCATED, 0, "", PI_NOTHING_TO_DO },
		{ PI_NODE_UNKNOWN, 0, "", PI_WAIT },
		{ PI_NODE_IDLE, PI_NODE_NO_RESPOND, "", PI_WAIT },
		{ PI_NODE_UNKNOWN, PI_NODE_NO_RESPOND, "", PI_WAIT },
		{ PI_NODE_DOWN, 0, REBOOTED, PI_RESUME },
		{ PI_NODE_DOWN, 0, SILENT, PI_RESUME },
		{ PI_NODE_DOWN, PI_NODE_NO_RESPOND, REBOOTED, PI_RESUME },
		{ PI_NODE_DOWN, 0, "", PI_LEAVE },
		{ PI_NODE_DOWN, 0, "fan broken", PI_LEAVE },
		{ PI_NODE_DOWN, 0, "NHC: disk", PI_LEAVE },
		{ PI_NODE_DOWN, 0, "ResumeTimeout reached", PI_LEAVE },
		{ PI_NODE_DOWN, 0, "maintenance : reboot complete", PI_LEAVE },
		{ PI_NODE_DOWN, 0, "node unexpectedly rebooted", PI_LEAVE },
		{ PI_NODE_DOWN, 0, REBOOTED " again", PI_LEAVE },
		{ PI_NODE_DOWN, 0, "Not responding ", PI_LEAVE },
		{ PI_NODE_DOWN, PI_NODE_DRAIN, REBOOTED, PI_LEAVE },
		{ PI_NODE_DOWN, PI_NODE_DRAIN, "fan broken", PI_LEAVE },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "fan broken", PI_LEAVE },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "Prolog error", PI_LEAVE },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "Epilog error", PI_LEAVE },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "Kill task failed", PI_LEAVE },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "batch job complete failure",
		  PI_LEAVE },
		{ PI_NODE_ALLOCATED, PI_NODE_DRAIN, "later", PI_LEAVE },
		{ PI_NODE_UNKNOWN, PI_NODE_DRAIN, "fan broken", PI_LEAVE },
		{ PI_NODE_DOWN, PI_NODE_FAIL, REBOOTED, PI_LEAVE },
		{ PI_NODE_IDLE, PI_NODE_FAIL, "", PI_LEAVE },
		{ PI_NODE_DOWN, PI_NODE_MAINT, REBOOTED, PI_LEAVE },
		{ PI_NODE_DOWN, PI_NODE_REBOOT, REBOOTED, PI_LEAVE },
		{ PI_NODE_IDLE, PI_NODE_REBOOT, "", PI_LEAVE },
		{ PI_NODE_DOWN, PI_NODE_POWER, REBOOTED, PI_LEAVE },
		{ PI_NODE_IDLE, PI_NODE_POWER, "", PI_LEAVE },
		{ PI_NODE_DOWN, PI_NODE_DYNAMIC, SILENT, PI_LEAVE },
		{ PI_NODE_FUTURE, 0, "", PI_LEAVE },
		{ PI_NODE_OTHER, 0, REBOOTED, PI_LEAVE },
		{ PI_NODE_DOWN, PI_NODE_INVALID_REG, REBOOTED, PI_REPORT },
		{ PI_NODE_IDLE, PI_NODE_INVALID_REG | PI_NODE_DRAIN,
		  "Low RealMemory", PI_REPORT },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		struct pi_node_view node = view(cases[i].base, cases[i].flags,
						cases[i].reason);

		ck_assert_msg(decide(&node) == cases[i].decision,
			      "case %zu: %d", i, (int) decide(&node));
	}
}
END_TEST

START_TEST(resume_never_with_any_flag)
{
	for (unsigned flags = 1; flags < PI_NODE_NO_RESPOND; flags++) {
		struct pi_node_view node = view(PI_NODE_DOWN, flags, REBOOTED);

		ck_assert_int_ne(decide(&node), PI_RESUME);
	}
}
END_TEST

START_TEST(resume_waits_for_the_registration_of_this_boot)
{
	static const struct {
		int64_t off;	/* of boot_time from this boot's */
		bool registered;
	} cases[] = {
		{ 0, true }, { 5, true }, { -5, true }, { 6, false },
		{ -6, false }, { -86400, false }, { 3600, false },
		{ -(NOW - UPTIME), false },	/* 0: resumed, not registered */
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		static const char *const reasons[] = { REBOOTED, SILENT };
		struct pi_node_view idle = view(PI_NODE_IDLE, 0, "");

		for (size_t r = 0; r < PI_COUNT(reasons); r++) {
			struct pi_node_view down = view(PI_NODE_DOWN, 0,
							reasons[r]);

			down.boot_time += cases[i].off;
			ck_assert_int_eq(decide(&down), cases[i].registered ?
					 PI_RESUME : PI_WAIT);
		}
		idle.boot_time += cases[i].off;
		ck_assert_int_eq(decide(&idle), cases[i].registered ?
				 PI_NOTHING_TO_DO : PI_WAIT);
	}
}
END_TEST

START_TEST(resume_respects_what_a_person_wrote)
{
	struct pi_node_view node = view(PI_NODE_DOWN, 0, SILENT);

	node.reason_is_slurmctlds = false;
	ck_assert_int_eq(decide(&node), PI_LEAVE);
	node = view(PI_NODE_DOWN, 0, REBOOTED);
	node.has_timer = true;
	ck_assert_int_eq(decide(&node), PI_LEAVE);
}
END_TEST

START_TEST(drain_is_lifted_only_if_it_is_ours)
{
	static const struct {
		enum pi_node_base base;
		unsigned flags;
		const char *reason;
		enum pi_decision fit, unfit;
	} cases[] = {
		{ PI_NODE_IDLE, 0, "", PI_NOTHING_TO_DO, PI_DRAIN },
		{ PI_NODE_ALLOCATED, 0, "", PI_NOTHING_TO_DO, PI_DRAIN },
		{ PI_NODE_UNKNOWN, 0, "", PI_NOTHING_TO_DO, PI_DRAIN },
		{ PI_NODE_DOWN, 0, REBOOTED, PI_NOTHING_TO_DO, PI_NOTHING_TO_DO },
		{ PI_NODE_DOWN, 0, "fan", PI_NOTHING_TO_DO, PI_NOTHING_TO_DO },
		{ PI_NODE_FUTURE, 0, "", PI_NOTHING_TO_DO, PI_LEAVE },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "pi-agent: card gone", PI_RESUME,
		  PI_NOTHING_TO_DO },
		{ PI_NODE_MIXED, PI_NODE_DRAIN, "pi-agent: card gone", PI_RESUME,
		  PI_NOTHING_TO_DO },
		{ PI_NODE_DOWN, PI_NODE_DRAIN, "pi-agent: card gone", PI_RESUME,
		  PI_NOTHING_TO_DO },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "fan", PI_LEAVE,
		  PI_NOTHING_TO_DO },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "", PI_LEAVE, PI_NOTHING_TO_DO },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "not pi-agent: fan", PI_LEAVE,
		  PI_NOTHING_TO_DO },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "pi-agent", PI_LEAVE,
		  PI_NOTHING_TO_DO },
		{ PI_NODE_IDLE, PI_NODE_DRAIN, "Prolog error", PI_LEAVE,
		  PI_NOTHING_TO_DO },
		{ PI_NODE_IDLE, PI_NODE_DRAIN | PI_NODE_MAINT, "pi-agent: x",
		  PI_LEAVE, PI_NOTHING_TO_DO },
		{ PI_NODE_IDLE, PI_NODE_DRAIN | PI_NODE_REBOOT, "pi-agent: x",
		  PI_LEAVE, PI_NOTHING_TO_DO },
		{ PI_NODE_IDLE, PI_NODE_DRAIN | PI_NODE_INVALID_REG,
		  "pi-agent: x", PI_LEAVE, PI_NOTHING_TO_DO },
		{ PI_NODE_IDLE, PI_NODE_FAIL, "", PI_NOTHING_TO_DO,
		  PI_NOTHING_TO_DO },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		struct pi_node_view node = view(cases[i].base, cases[i].flags,
						cases[i].reason);
		char why[2 * PI_NODE_TEXT] = "";

		ck_assert_msg(pi_resume_decide_drain(&node, true, why) ==
			      cases[i].fit, "fit, case %zu: %s", i, why);
		ck_assert_msg(pi_resume_decide_drain(&node, false, why) ==
			      cases[i].unfit, "unfit, case %zu: %s", i, why);
	}
}
END_TEST

START_TEST(resume_says_the_reason_it_found)
{
	struct pi_node_view node = view(PI_NODE_IDLE, PI_NODE_DRAIN, "fan");
	struct pi_local_view local = { .uptime = UPTIME };
	char why[2 * PI_NODE_TEXT];

	(void) pi_resume_decide(&node, &local, why);
	ck_assert_str_eq(why, "it is drained (fan)");
	memset(node.reason, 'x', sizeof(node.reason) - 1);
	(void) pi_resume_decide(&node, &local, why);
	ck_assert_uint_lt(strlen(why), sizeof(why));
}
END_TEST

PI_UNIT_MAIN("resume_decide", resume_is_for_a_node_down_by_its_reboot,
	     resume_never_with_any_flag,
	     resume_waits_for_the_registration_of_this_boot,
	     resume_respects_what_a_person_wrote,
	     drain_is_lifted_only_if_it_is_ours,
	     resume_says_the_reason_it_found)
