/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gather.c - ask the nodes for their facts, and keep the good ones */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "head/remote.h"
#include "head/site.h"
#include "head/store.h"
#include "head/words.h"
#include "lib/auto.h"
#include "lib/log.h"

enum {
	CLOCK_OFF_MAX = 60,	/* s; munge takes 300 at most, less the wait */
	SHRINK_PERCENT = 90,	/* of its memory a node must still have */
};

/* The agent's facts of this boot, else slurmd's; whose board, what time. */
static const char question[] =
	"f=/run/slurm-pi/facts; PATH=$PATH:/usr/sbin:/sbin; "
	"if grep -q ^NodeName= $f 2>/dev/null; then cat $f; "
	"else slurmd -C; fi && "
	"for m in /sys/class/net/*/address; do echo MAC=`cat $m`; done && "
	"echo Time=`date +%s`";

struct gathering {
	struct pi_site *site;
	struct pi_facts_set fresh;
	size_t without;		/* nodes that gave no facts */
};

static struct pi_facts *fresh_of(struct gathering *gathering,
				 const struct pi_node *node)
{
	return &gathering->fresh.facts[node - gathering->site->inventory.nodes];
}

/* The end of a node's ssh. */
static void take_answer(void *user, const struct pi_node *node,
			const struct pi_child *child, const char *problem)
{
	struct gathering *gathering = user;
	struct pi_facts *facts = fresh_of(gathering, node);

	if (problem)
		pi_facts_refuse(facts, "%s", problem);
	else
		pi_facts_add(&gathering->fresh, node, "its answer",
			     child->said.bytes, child->said.size);
	facts->about.gathered = (uint64_t) time(NULL);
}

static void say_age(const struct pi_facts *facts, char *text, size_t size)
{
	uint64_t now = (uint64_t) time(NULL), age;

	if (!facts->present) {
		(void) snprintf(text, size, "no facts of it are known");
		return;
	}
	age = now > facts->about.gathered ? now - facts->about.gathered : 0;
	if (facts->about.gathered == 0)
		(void) snprintf(text, size, "using the last facts");
	else if (age < 7200)
		(void) snprintf(text, size, "using facts from %lu min ago",
				(unsigned long) age / 60);
	else if (age < 172800)
		(void) snprintf(text, size, "using facts from %lu hours ago",
				(unsigned long) age / 3600);
	else
		(void) snprintf(text, size, "using facts from %lu days ago",
				(unsigned long) age / 86400);
}

/* Why the fresh report cannot be taken, in *err; or 0. */
static int judge(const struct pi_site *site, const struct pi_node *node,
		 const struct pi_facts *fresh, const struct pi_facts *old,
		 struct pi_err *err)
{
	int rc;

	if (fresh->problem)
		return pi_err_set(err, EINVAL, "%s", fresh->problem);
	if (!fresh->present && fresh->noise[0])
		return pi_err_set(err, EINVAL, "no report; it said \"%s\"",
				  fresh->noise);
	if (!fresh->present)
		return pi_err_set(err, EINVAL, "no report in its answer");
	rc = pi_facts_check_board(node, fresh, err);
	if (rc < 0)
		return rc;
	if (rc > 0)
		pi_warn("%s: %s", node->name, err->text);
	if (old->present && !site->options->allow_shrink &&
	    fresh->memory < old->memory * SHRINK_PERCENT / 100)
		return pi_err_set(err, ERANGE, "memory fell from %lu to %lu "
				  "MB; not applied (use --allow-shrink)",
				  (unsigned long) old->memory,
				  (unsigned long) fresh->memory);
	return 0;
}

static void check_clock(const struct pi_node *node,
			const struct pi_facts_about *about)
{
	int64_t off = (int64_t) about->time - (int64_t) about->gathered;

	if (about->time && about->gathered &&
	    (off > CLOCK_OFF_MAX || off < -CLOCK_OFF_MAX))
		pi_warn("%s: clock is %ld s off; munge will reject it",
			node->name, labs((long) off));
}

/* The old facts live on, with the trouble written beside them. */
static void keep_old(struct pi_facts *old, const struct pi_facts *fresh,
		     const struct pi_node *node, const struct pi_err *why,
		     int rc)
{
	char age[64];

	say_age(old, age, sizeof(age));
	pi_error("%s: %s; %s", node->name, why->text, age);
	old->about.seen_memory = rc == -ERANGE ? fresh->memory : 0;
	(void) snprintf(old->about.trouble, sizeof(old->about.trouble), "%.*s",
			(int) sizeof(old->about.trouble) - 1, why->text);
}

static void take_new(struct pi_facts *old, const struct pi_facts *fresh,
		     const struct pi_node *node)
{
	char *problem = old->problem;

	check_clock(node, &fresh->about);
	*old = *fresh;
	old->problem = problem;
}

static int settle_node(struct gathering *gathering, size_t n,
		       struct pi_err *err)
{
	struct pi_site *site = gathering->site;
	const struct pi_node *node = &site->inventory.nodes[n];
	struct pi_facts *fresh = &gathering->fresh.facts[n];
	struct pi_facts *old = &site->set.facts[n];
	struct pi_err why = { 0 };
	int rc = judge(site, node, fresh, old, &why);

	if (rc < 0) {
		gathering->without++;
		keep_old(old, fresh, node, &why, rc);
	} else {
		take_new(old, fresh, node);
	}
	if (site->options->dry_run)
		return 0;
	return pi_store_save(site->settings.facts_dir, node, old, err);
}

static int read_limits(const struct pi_site *site, struct pi_remote *remote,
		       struct pi_err *err)
{
	const struct pi_options *options = site->options;
	uint64_t number;

	remote->fanout = site->settings.fanout;
	remote->timeout_ms = site->settings.timeout_ms;
	if (options->timeout) {
		if (pi_words_number(options->timeout, strlen(options->timeout),
				    &number) < 0 || number == 0 || number > 3600)
			return pi_err_set(err, EINVAL, "-t %.40s: must be "
					  "seconds, 1 to 3600", options->timeout);
		remote->timeout_ms = number * 1000;
	}
	if (options->fanout) {
		if (pi_words_number(options->fanout, strlen(options->fanout),
				    &number) < 0 || number == 0 || number > 512)
			return pi_err_set(err, EINVAL, "-f %.40s: must be a "
					  "number, 1 to 512", options->fanout);
		remote->fanout = number;
	}
	return 0;
}

static int ask_nodes(struct gathering *gathering, struct pi_err *err)
{
	const struct pi_site *site = gathering->site;
	const struct pi_inventory *inventory = &site->inventory;
	struct pi_remote remote = {
		.command = question,
		.login = site->options->login,
		.done = take_answer,
		.user = gathering,
	};
	size_t count = 0;
	int rc = read_limits(site, &remote, err);

	if (rc < 0)
		return rc;

	pi_auto_free const struct pi_node **nodes =
		calloc(inventory->count, sizeof(*nodes));
	if (!nodes)
		return pi_err_set(err, ENOMEM, "%m");
	for (size_t i = 0; i < inventory->count; i++) {
		if (pi_site_has(site, i))
			nodes[count++] = &inventory->nodes[i];
	}
	return pi_remote_run(&remote, nodes, count, err);
}

static void stamp_all(struct pi_facts_set *set)
{
	for (size_t i = 0; i < set->inventory->count; i++)
		set->facts[i].about.gathered = (uint64_t) time(NULL);
}

static int gather(struct gathering *gathering, struct pi_err *err)
{
	struct pi_site *site = gathering->site;
	int rc = pi_store_load(site->settings.facts_dir, &site->set, err);

	if (rc == 0 && site->options->from) {
		rc = pi_facts_load(&gathering->fresh, site->options->from, err);
		stamp_all(&gathering->fresh);
	} else if (rc == 0) {
		rc = ask_nodes(gathering, err);
	}
	for (size_t i = 0; rc == 0 && i < site->inventory.count; i++) {
		if (pi_site_has(site, i))
			rc = settle_node(gathering, i, err);
	}
	return rc;
}

enum pi_exit pi_gather_verb(struct pi_site *site)
{
	struct gathering gathering = { .site = site };
	struct pi_err err = { 0 };
	int rc = pi_facts_start(&site->inventory, &gathering.fresh);

	if (rc < 0)
		(void) pi_err_set(&err, -rc, "%m");
	else
		rc = gather(&gathering, &err);
	pi_facts_finish(&gathering.fresh);
	if (rc < 0) {
		pi_error("%s", err.text);
		return PI_EXIT_REFUSED;
	}
	return gathering.without ? PI_EXIT_PARTLY : PI_EXIT_OK;
}
