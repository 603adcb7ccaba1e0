/* SPDX-License-Identifier: GPL-2.0-or-later */
/* activate.c - make slurmctld use what was written, and see that it does */
#include "head/activate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/child.h"
#include "head/fold.h"
#include "head/remote.h"
#include "head/scontrol.h"
#include "lib/auto.h"
#include "lib/log.h"

enum {
	RECONFIGURE_FORKS = 2311,	/* a child takes over, and may fail */
	POLL_MS = 200,
	RESTART_MS = 120000,
};

static int wait_for_slurmctld(uint64_t timeout_ms, struct pi_err *err)
{
	int64_t deadline = pi_child_now() + (int64_t) timeout_ms;

	while (!pi_scontrol_ping()) {
		if (pi_child_now() > deadline)
			return pi_err_set(err, ETIME, "slurmctld does not "
					  "answer after %lu s",
					  (unsigned long) timeout_ms / 1000);
		(void) poll(NULL, 0, POLL_MS);
	}
	return 0;
}

static void take_restart(void *user, const struct pi_node *node,
			 const struct pi_child *child, const char *problem)
{
	(void) user;
	(void) child;
	if (problem)
		pi_warn("%s: slurmd was not restarted: %s", node->name, problem);
}

/* Each slurmd must know every node. What cannot be reached reads it later. */
static int restart_nodes(const struct pi_site *site, struct pi_err *err)
{
	const struct pi_inventory *inventory = &site->inventory;
	pi_auto_free const struct pi_node **nodes =
		calloc(inventory->count, sizeof(*nodes));
	struct pi_remote remote = {
		.command = site->settings.restart_node,
		.fanout = site->settings.fanout,
		.timeout_ms = site->settings.activate_ms,
		.done = take_restart,
	};
	size_t count = 0;

	if (!nodes)
		return pi_err_set(err, ENOMEM, "%m");
	for (size_t i = 0; i < inventory->count; i++) {
		if (site->set.facts[i].present)
			nodes[count++] = &inventory->nodes[i];
	}
	return pi_remote_run(&remote, nodes, count, err);
}

static int restart_all(const struct pi_site *site, struct pi_err *err)
{
	const char *argv[] = { "sh", "-c", site->settings.restart_controller,
			       NULL };
	int rc = pi_child_run(argv, RESTART_MS, NULL, err);

	if (rc > 0)
		rc = pi_err_set(err, EIO, "%s ended with %d", argv[2], rc);
	if (rc == 0)
		rc = wait_for_slurmctld(site->settings.activate_ms, err);
	return rc < 0 ? rc : restart_nodes(site, err);
}

int pi_activate(const struct pi_site *site, const struct pi_changes *changes,
		struct pi_err *err)
{
	char version[32] = "";
	unsigned release = 0;
	int rc;

	if (pi_scontrol_version(&release, version, sizeof(version), err) < 0) {
		pi_warn("slurmctld does not answer (%s); restarting it",
			err->text);
		return restart_all(site, err);
	}
	if (release < RECONFIGURE_FORKS && changes->structural) {
		pi_info("the node list changed and slurmctld is %s: \"scontrol "
			"reconfigure\" would stop it; restarting instead",
			version);
		return restart_all(site, err);
	}
	rc = pi_scontrol_run((const char *const[]) { "reconfigure", NULL }, err);
	return rc < 0 ? rc : wait_for_slurmctld(site->settings.activate_ms, err);
}

/* The first changed node that slurmctld finds unusable; NULL if none is. */
static const struct pi_scontrol_node *
find_invalid(const struct pi_scontrol_nodes *nodes,
	     const struct pi_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct pi_scontrol_node *node =
			pi_scontrol_find(nodes, changes->list[i].name);

		if (node && pi_scontrol_is_invalid(node))
			return node;
	}
	return NULL;
}

/*
 * A changed node whose slurmd may still register, which may make it invalid:
 * after a restart, and with 23.11 and later after each reconfiguration.
 */
static const struct pi_scontrol_node *
find_expected(const struct pi_scontrol_nodes *nodes,
	      const struct pi_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct pi_scontrol_node *node =
			pi_scontrol_find(nodes, changes->list[i].name);

		if (node && !node->registered &&
		    !pi_scontrol_has_state(node, "FUTURE") &&
		    !pi_scontrol_has_state(node, "DOWN"))
			return node;
	}
	return NULL;
}

/* A changed node that slurmctld does not have. */
static const char *find_missing(const struct pi_scontrol_nodes *nodes,
				const struct pi_changes *changes, bool is_back)
{
	enum pi_change_kind gone = is_back ? PI_CHANGE_ADDED : PI_CHANGE_REMOVED;

	for (size_t i = 0; i < changes->count; i++) {
		if (changes->list[i].kind != gone &&
		    !pi_scontrol_find(nodes, changes->list[i].name))
			return changes->list[i].name;
	}
	return NULL;
}

static int resume(const struct pi_scontrol_nodes *nodes,
		  const struct pi_changes *changes, struct pi_err *err)
{
	pi_auto_free const char **names = calloc(changes->count + 1,
						 sizeof(*names));
	pi_auto_free char *words = NULL;
	size_t count = 0, size;
	FILE *out;
	int rc;

	if (!names)
		return pi_err_set(err, ENOMEM, "%m");
	for (size_t i = 0; i < changes->count; i++) {
		const struct pi_scontrol_node *node =
			pi_scontrol_find(nodes, changes->list[i].name);

		if (node && pi_scontrol_has_state(node, "DRAIN") &&
		    pi_scontrol_is_low(node))
			names[count++] = node->name;
	}
	if (count == 0)
		return 0;
	out = open_memstream(&words, &size);
	if (!out)
		return pi_err_set(err, ENOMEM, "%m");
	(void) fputs("NodeName=", out);
	pi_fold_write(out, names, count);
	if (fclose(out) != 0)
		return pi_err_set(err, ENOMEM, "%m");
	rc = pi_scontrol_run((const char *const[]) { "update", words,
						     "State=RESUME", NULL },
			     err);
	if (rc == 0)
		pi_info("resumed %s", words + strlen("NodeName="));
	return rc;
}

enum view { VIEW_GOOD, VIEW_EXPECTING, VIEW_BAD };

/* One look, with what is not good in *err. */
static enum view look(const struct pi_changes *changes, bool is_back,
		      struct pi_err *err)
{
	struct pi_scontrol_nodes nodes;
	const struct pi_scontrol_node *invalid, *expected;
	const char *missing;
	enum view view = VIEW_BAD;

	if (pi_scontrol_nodes(&nodes, err) < 0)
		return VIEW_BAD;
	missing = find_missing(&nodes, changes, is_back);
	invalid = find_invalid(&nodes, changes);
	expected = find_expected(&nodes, changes);
	if (missing) {
		(void) pi_err_set(err, ETIME, "slurmctld does not have %s",
				  missing);
	} else if (invalid) {
		(void) pi_err_set(err, ETIME, "%s is still invalid: %s",
				  invalid->name, invalid->reason);
	} else if (expected) {
		(void) pi_err_set(err, ETIME, "%s has not registered yet",
				  expected->name);
		view = VIEW_EXPECTING;
	} else if (resume(&nodes, changes, err) == 0) {
		view = VIEW_GOOD;
	}
	pi_scontrol_nodes_finish(&nodes);
	return view;
}

int pi_activate_settle(const struct pi_site *site,
		       const struct pi_changes *changes, bool is_back,
		       struct pi_err *err)
{
	int64_t deadline = pi_child_now() + (int64_t) site->settings.activate_ms;
	enum view view = VIEW_BAD;
	unsigned good = 0;

	/* Twice good, lest we looked in the moment before a registration. */
	while (good < 2 && pi_child_now() < deadline) {
		view = look(changes, is_back, err);
		good = view == VIEW_GOOD ? good + 1 : 0;
		if (good < 2)
			(void) poll(NULL, 0, POLL_MS);
	}
	if (good == 0 && view == VIEW_BAD)
		return -ETIME;
	/* A node that is switched off is no reason to take the others back. */
	if (good == 0)
		pi_warn("%s", err->text);
	return 0;
}
