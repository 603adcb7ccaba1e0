/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.c - check, write, activate, verify; or leave all as it was */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "head/activate.h"
#include "head/changes.h"
#include "head/check.h"
#include "head/journal.h"
#include "head/site.h"
#include "head/store.h"
#include "head/target.h"
#include "lib/auto.h"
#include "lib/log.h"

/* What is in hand from one step to the next. */
struct work {
	struct pi_site *site;
	struct pi_target target;
	struct pi_journal journal;
	struct pi_changes changes;
	char *lines;
	size_t size;
	char *text;		/* the whole new file */
	size_t text_size;
	int left_out;
	bool unreached;		/* slurm.conf does not include the file */
};

/* The hardware that a node lost, taken and remembered as it was asked for. */
static int allow_shrink(struct pi_site *site, struct pi_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < site->inventory.count; i++) {
		struct pi_facts *facts = &site->set.facts[i];

		if (!facts->about.seen_memory)
			continue;
		facts->memory = facts->about.seen_memory;
		facts->about.seen_memory = 0;
		facts->about.trouble[0] = '\0';
		if (!site->options->dry_run)
			rc = pi_store_save(site->settings.facts_dir,
					   &site->inventory.nodes[i], facts,
					   err);
	}
	return rc;
}

static int prepare(struct work *work, struct pi_err *err)
{
	struct pi_site *site = work->site;
	int rc = pi_site_load(site, err);

	if (rc == 0 && site->options->allow_shrink)
		rc = allow_shrink(site, err);
	if (rc == 0)
		rc = work->left_out = pi_site_render(site, &work->lines,
						     &work->size, err);
	if (rc >= 0)
		rc = pi_target_read(&site->settings, &work->target, err);
	if (rc == 0)
		rc = pi_journal_open(&work->target, &work->journal, err);
	if (rc == 0)
		rc = pi_target_merge(&work->target, work->lines, work->size,
				     &work->text, &work->text_size, err);
	if (rc == 0)
		rc = pi_changes_find(work->target.path, work->journal.lines,
				     work->journal.size, work->lines,
				     work->size, &work->changes, err);
	return rc;
}

/* No node goes unless somebody said so. */
static int check_removals(const struct work *work, struct pi_err *err)
{
	const struct pi_site *site = work->site;

	for (size_t i = 0; i < work->changes.count; i++) {
		const struct pi_change *change = &work->changes.list[i];

		if (change->kind != PI_CHANGE_REMOVED)
			continue;
		if (pi_inventory_find(&site->inventory, change->name,
				      strlen(change->name)))
			return pi_err_set(err, EINVAL, "%s is in %s but has no "
					  "facts; run: pi-nodes gather -w %s",
					  change->name, work->target.path,
					  change->name);
		if (!site->options->prune)
			return pi_err_set(err, EINVAL, "%s is in %s but not in "
					  "%s; to drop it, use --prune",
					  change->name, work->target.path,
					  site->inventory.path);
	}
	return 0;
}

/* On a terminal a person decides; elsewhere whoever wrote the script did. */
static bool is_agreed(const struct pi_options *options)
{
	char answer[8] = "";

	if (options->yes || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return true;
	printf("Apply? [y/N] ");
	(void) fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

/* Back to the old lines, and slurmctld back to them. */
static enum pi_exit roll_back(const struct work *work, const struct pi_err *why)
{
	struct pi_err err = { 0 };
	int rc = pi_journal_undo(&work->journal, &work->target, &err);

	pi_error("activation failed: %s", why->text);
	if (rc == 0)
		rc = pi_activate(work->site, &work->changes, &err);
	/* Nodes that the new lines made unusable come back with the old ones. */
	if (rc == 0 && pi_activate_settle(work->site, &work->changes, true,
					  &err) < 0)
		pi_warn("%s, as before perhaps", err.text);
	pi_journal_settle(&work->journal);
	if (rc < 0)
		pi_error("rolling back failed too: %s; the old lines are in "
			 "%s", err.text, work->journal.backup);
	else
		pi_error("rolled back: %s is as it was", work->target.path);
	return PI_EXIT_ROLLED_BACK;
}

static enum pi_exit activate(const struct work *work)
{
	struct pi_err err = { 0 };
	int rc = pi_activate(work->site, &work->changes, &err);

	if (rc == 0)
		rc = pi_activate_settle(work->site, &work->changes, false, &err);
	if (rc < 0)
		return roll_back(work, &err);
	pi_journal_settle(&work->journal);
	return PI_EXIT_OK;
}

/* slurmctld will not see the lines: that is for a person to mend. */
static enum pi_exit ask_for_include(const struct work *work)
{
	pi_error("wrote %s, but %s does not include it: add the line "
		 "\"Include %s\" before its PartitionName lines, take its own "
		 "NodeName lines of these nodes out, and restart slurmctld",
		 work->target.path, work->site->settings.slurm_conf,
		 strrchr(work->target.path, '/') + 1);
	pi_journal_settle(&work->journal);
	return PI_EXIT_DIFFERS;
}

static enum pi_exit write_and_activate(struct work *work, bool same)
{
	struct pi_err err = { 0 };
	enum pi_exit status = PI_EXIT_OK;

	if (!same &&
	    pi_journal_write(&work->journal, &work->target, work->text,
			     work->text_size,
			     !work->site->options->no_activate, &err) < 0) {
		pi_error("%s", err.text);
		return PI_EXIT_REFUSED;
	}
	if (!same)
		pi_info("%zu nodes, %zu lines, %zu changed; wrote %s",
			work->changes.nodes, work->changes.lines,
			work->changes.count, work->target.path);
	if (work->unreached)
		return ask_for_include(work);
	if (!work->site->options->no_activate)
		status = activate(work);
	if (status == PI_EXIT_OK && work->left_out > 0)
		status = PI_EXIT_PARTLY;
	return status;
}

/* Everything before the first change: 1 to go on, 0 if there is nothing to do. */
static int decide(struct work *work, bool same, enum pi_exit *ret_status,
		  struct pi_err *err)
{
	const struct pi_options *options = work->site->options;
	int rc = check_removals(work, err);

	*ret_status = work->left_out > 0 ? PI_EXIT_PARTLY : PI_EXIT_OK;
	if (rc < 0 || (same && !work->journal.is_pending))
		return rc;
	rc = pi_check(&work->site->settings, work->text, work->text_size, err);
	if (rc < 0) {
		pi_err_prefix(err, "%s", rc == -EINVAL ? "slurmctld refuses "
			      "the new file" : "the check failed");
		return rc;
	}
	work->unreached = rc > 0;
	rc = pi_target_diff(&work->target, work->lines, work->size,
			    options->quiet, err);
	if (rc < 0)
		return rc;
	if (options->dry_run) {
		*ret_status = PI_EXIT_DIFFERS;
		return 0;
	}
	if (is_agreed(options))
		return 1;
	return pi_err_set(err, ECANCELED, "not agreed");
}

static enum pi_exit apply(struct work *work)
{
	struct pi_err err = { 0 };
	enum pi_exit status;
	bool same = false;
	int rc = prepare(work, &err);

	if (rc == 0) {
		same = work->target.exists &&
		       work->text_size == work->target.size &&
		       memcmp(work->text, work->target.text,
			      work->text_size) == 0;
		rc = decide(work, same, &status, &err);
		if (rc == 0)
			return status;
	}
	if (rc < 0) {
		pi_error("%s. Nothing changed", err.text);
		return PI_EXIT_REFUSED;
	}
	return write_and_activate(work, same);
}

enum pi_exit pi_apply_verb(struct pi_site *site)
{
	struct work work = { .site = site };
	struct pi_err err = { 0 };
	pi_auto_fd locked = pi_journal_lock(site->settings.nodes_file, &err);
	enum pi_exit status;

	if (locked < 0) {
		pi_error("%s. Nothing changed", err.text);
		return PI_EXIT_REFUSED;
	}
	status = apply(&work);
	pi_changes_finish(&work.changes);
	pi_journal_finish(&work.journal);
	pi_target_finish(&work.target);
	free(work.lines);
	free(work.text);
	return status;
}
