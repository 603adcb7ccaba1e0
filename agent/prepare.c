/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prepare.c - find the card, decide, do it: what happens at boot */
#include "agent/prepare.h"

#include <errno.h>
#include <stdio.h>

#include "agent/apply.h"
#include "agent/discover.h"
#include "agent/host.h"
#include "agent/inspect.h"
#include "agent/journal.h"
#include "agent/report.h"
#include "lib/auto.h"
#include "lib/log.h"

enum { SLACK_MS = 30000 };	/* for what a step does beside its tool */

static int find_card(const struct pi_conf *conf, const char *path,
		     struct pi_look *look, struct pi_err *err)
{
	char found[PI_CONF_PATH];
	int rc = path ? 0 : pi_discover_card(conf, found, err);

	if (rc == -ENODEV) {
		look->findings.absent = true;
		look->verdict = PI_ABSENT;
		(void) snprintf(look->why, sizeof(look->why), "%s", err->text);
		return 0;
	}
	if (rc < 0)
		return rc;
	look->fd = pi_card_open(path ? path : found, &look->findings.card, err);
	return look->fd < 0 ? look->fd : 0;
}

int pi_prepare_look(const struct pi_conf *conf, const char *path, bool lock,
		    struct pi_look *look, struct pi_err *err)
{
	struct pi_card card;
	int rc;

	*look = (struct pi_look) { .fd = -1 };
	rc = find_card(conf, path, look, err);
	if (rc < 0 || look->findings.absent)
		return rc;
	card = look->findings.card;
	if (lock && !card.is_device)
		rc = pi_err_set(err, ENOTBLK, "%s: is an image file; prepare "
				"works on cards", card.path);
	else if (lock)
		rc = pi_apply_lock(look->fd, &card, err);
	if (rc == 0)
		rc = pi_inspect(look->fd, &card, lock ? PI_INSPECT_ENOUGH
				: PI_INSPECT_ALL, &look->findings, err);
	if (rc == 0)
		look->verdict = pi_verdict_of(&look->findings, look->why);
	else
		pi_auto_close_fd(&look->fd);
	return rc;
}

enum pi_outcome pi_prepare_outcome(enum pi_verdict verdict)
{
	switch (verdict) {
	case PI_OURS:
	case PI_BLANK:
		return PI_READY;
	case PI_ABSENT:
		return PI_NO_CARD;
	case PI_READ_ONLY:
	case PI_FAILING:
	case PI_BUSY:
		return PI_UNUSABLE;
	default:
		return PI_LEFT_ALONE;
	}
}

static void print_action(const struct pi_action *action)
{
	(void) printf("%s: because %s\n", action->what, action->why);
	(void) fflush(stdout);
}

/* Returns 0 or the failure; *ret_done counts what was finished. */
static int carry_out(const struct pi_conf *conf, const struct pi_look *look,
		     const struct pi_plan *plan, unsigned *ret_done,
		     struct pi_err *err)
{
	int rc = 0;

	for (*ret_done = 0; *ret_done < plan->count; ++*ret_done) {
		print_action(&plan->action[*ret_done]);
		pi_journal_status(plan->action[*ret_done].what,
				  conf->tool_timeout_ms + SLACK_MS);
		rc = pi_apply_action(look->fd, &look->findings, plan, *ret_done,
				     conf, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void write_reports(const struct pi_conf *conf,
			  const struct pi_look *look,
			  const struct pi_plan *plan, unsigned done,
			  const char *failure)
{
	const struct pi_card *card = look->findings.absent
				     ? NULL : &look->findings.card;
	struct pi_err err;

	if (pi_report_write(&look->findings, look->verdict, look->why, plan,
			    done, failure, &err) < 0)
		pi_warn("%s, ignoring", err.text);
	if (pi_host_write_facts(conf, card, &err) < 0)
		pi_warn("facts: %s, ignoring", err.text);
}

static void say_refusal(const struct pi_look *look, const struct pi_plan *plan,
			enum pi_outcome outcome)
{
	const char *path = look->findings.card.path;
	char line[3 * PI_WHY];

	if (look->verdict == PI_ABSENT)
		(void) snprintf(line, sizeof(line), "absent: %s; this node has "
				"no scratch", look->why);
	else
		(void) snprintf(line, sizeof(line), "%s is left alone: %s%s%s",
				path, plan->reason, plan->permit[0] ? "; " : "",
				plan->permit);
	pi_journal_outcome(outcome, look->verdict == PI_ABSENT ?
			   PI_LOG_WARNING : PI_LOG_ERROR, look, line);
}

static enum pi_outcome outcome_of(const struct pi_look *look,
				  const struct pi_plan *plan)
{
	enum pi_outcome outcome = pi_prepare_outcome(look->verdict);

	if (!plan->refused)
		return PI_READY;
	return outcome == PI_READY || plan->node_unfit ? PI_FAILED : outcome;
}

static void say_ready(const struct pi_conf *conf, const struct pi_look *look)
{
	char line[3 * PI_CONF_PATH];

	(void) snprintf(line, sizeof(line), "%s is ready on %s",
			look->findings.card.path, conf->scratch_dir);
	pi_journal_outcome(PI_READY, PI_LOG_INFO, look, line);
}

static enum pi_outcome act(const struct pi_conf *conf,
			   const struct pi_look *look,
			   const struct pi_plan *plan)
{
	enum pi_outcome outcome = outcome_of(look, plan);
	const char *failure = NULL;
	struct pi_err err;
	unsigned done = 0;

	if (plan->refused) {
		say_refusal(look, plan, outcome);
	} else if (carry_out(conf, look, plan, &done, &err) < 0) {
		failure = err.text;
		outcome = PI_FAILED;
		pi_journal_outcome(outcome, PI_LOG_ERROR, look, failure);
	} else {
		say_ready(conf, look);
	}
	write_reports(conf, look, plan, done, failure);
	return outcome;
}

static enum pi_outcome only_say(const struct pi_look *look,
				const struct pi_plan *plan)
{
	enum pi_outcome outcome = outcome_of(look, plan);

	for (unsigned i = 0; i < plan->count; i++)
		print_action(&plan->action[i]);
	if (plan->refused)
		say_refusal(look, plan, outcome);
	return outcome;
}

static void make_plan(const struct pi_conf *conf, enum pi_prepare_goal goal,
		      const struct pi_look *look, struct pi_plan *ret)
{
	const struct pi_partition *ours =
		pi_verdict_our_partition(&look->findings);
	bool for_new = look->verdict == PI_BLANK ||
		       look->verdict == PI_DAMAGED_OURS ||
		       goal == PI_ADOPT || conf->wipe_order[0];
	struct pi_host host;

	pi_host_look(conf, for_new, ours && ours->ext4.has_quota, &host);
	if (goal == PI_ADOPT)
		pi_plan_adopt(&look->findings, look->verdict, conf, &host, ret);
	else
		pi_plan_make(&look->findings, look->verdict, conf, &host, ret);
}

/* The card is there, but cannot be opened or locked; or its name is wrong. */
static void say_not_looked_at(const struct pi_conf *conf, struct pi_look *look,
			      int rc, bool dry_run, const char *failure)
{
	const struct pi_plan nothing = { .count = 0 };
	bool is_misnamed = rc == -ENOTBLK || rc == -EINVAL ||
			   rc == -ENAMETOOLONG;

	look->verdict = rc == -EBUSY ? PI_BUSY : PI_FAILING;
	(void) snprintf(look->why, sizeof(look->why), "%s", failure);
	pi_journal_outcome(PI_FAILED, PI_LOG_ERROR, look, failure);
	if (!dry_run && !is_misnamed)
		write_reports(conf, look, &nothing, 0, failure);
}

enum pi_outcome pi_prepare(const struct pi_conf *conf,
			   enum pi_prepare_goal goal, bool dry_run)
{
	enum pi_outcome outcome;
	struct pi_look look;
	struct pi_plan plan;
	struct pi_err err;
	int rc = pi_prepare_look(conf, NULL, !dry_run, &look, &err);

	if (rc < 0) {
		say_not_looked_at(conf, &look, rc, dry_run, err.text);
		return PI_FAILED;
	}
	make_plan(conf, goal, &look, &plan);
	if (plan.done_before) {
		pi_info("%s; nothing to do", plan.reason);
		outcome = PI_READY;
	} else if (dry_run) {
		outcome = only_say(&look, &plan);
	} else {
		outcome = act(conf, &look, &plan);
	}
	/* The lock goes with the descriptor: only now may udev look again. */
	pi_auto_close_fd(&look.fd);
	return outcome;
}
