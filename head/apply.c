/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.c - check, write, activate, verify; or leave all as it was */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "head/activate.h"
#include "head/changes.h"
#include "head/check.h"
#include "head/site.h"
#include "head/target.h"
#include "head/textfile.h"
#include "lib/auto.h"
#include "lib/log.h"

/* What is in hand from one step to the next. */
struct work {
	struct pi_site *site;
	struct pi_target target;
	struct pi_changes changes;
	char *lines;
	size_t size;
	char *text;		/* the whole new file */
	size_t text_size;
	char *backup;		/* paths beside the target */
	char *pending;
	int left_out;
	bool unreached;		/* slurm.conf does not include the file */
};

/* One at a time: the lock is on the file's directory, so nothing is left. */
static int lock(const char *path, int *ret_fd, struct pi_err *err)
{
	char dir[PI_CLUSTER_PATH];
	char *slash;
	int fd;

	(void) snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return pi_err_set(err, errno, "%s: %m", dir);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int problem = errno;

		(void) close(fd);
		return problem == EWOULDBLOCK
			? pi_err_set(err, EBUSY, "another pi-nodes is at work "
				     "in %s", dir)
			: pi_err_set(err, problem, "lock %s: %m", dir);
	}
	*ret_fd = fd;
	return 0;
}

static int name_files(struct work *work, struct pi_err *err)
{
	if (asprintf(&work->backup, "%s~", work->target.path) < 0) {
		work->backup = NULL;
		return pi_err_set(err, ENOMEM, "%m");
	}
	if (asprintf(&work->pending, "%s.pending", work->target.path) < 0) {
		work->pending = NULL;
		return pi_err_set(err, ENOMEM, "%m");
	}
	return 0;
}

/* The hardware that a node lost, taken now because it was asked for. */
static void allow_shrink(struct pi_site *site)
{
	for (size_t i = 0; i < site->inventory.count; i++) {
		struct pi_facts *facts = &site->set.facts[i];

		if (facts->about.seen_memory)
			facts->memory = facts->about.seen_memory;
	}
}

static int prepare(struct work *work, struct pi_err *err)
{
	struct pi_site *site = work->site;
	int rc = pi_site_load(site, err);

	if (rc == 0 && site->options->allow_shrink)
		allow_shrink(site);
	if (rc == 0)
		rc = work->left_out = pi_site_render(site, &work->lines,
						     &work->size, err);
	if (rc >= 0)
		rc = pi_target_read(&site->settings, &work->target, err);
	if (rc == 0)
		rc = name_files(work, err);
	if (rc == 0)
		rc = pi_target_merge(&work->target, work->lines, work->size,
				     &work->text, &work->text_size, err);
	return rc;
}

/*
 * The lines that slurmctld runs on: those of the file, unless a run before us
 * was killed between writing and activating; then those of the backup.
 */
static int find_changes(struct work *work, bool is_pending, struct pi_err *err)
{
	const struct pi_target *target = &work->target;
	pi_auto_free char *old = NULL;
	size_t size = 0;

	if (is_pending && pi_textfile_read(work->backup, &old, &size, NULL) == 0 &&
	    !target->is_block)
		return pi_changes_find(target->path, old, size, work->lines,
				       work->size, &work->changes, err);
	return pi_changes_find(target->path, target->lines, target->lines_size,
			       work->lines, work->size, &work->changes, err);
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

static int write_files(const struct work *work, struct pi_err *err)
{
	const struct pi_target *target = &work->target;
	int rc = 0;

	if (target->exists)
		rc = pi_textfile_replace(work->backup, target->text,
					 target->size, err);
	if (rc == 0 && !work->site->options->no_activate)
		rc = pi_textfile_replace(work->pending, "", 0, err);
	if (rc == 0) {
		rc = pi_textfile_replace(target->path, work->text,
					 work->text_size, err);
		if (rc < 0)
			(void) unlink(work->pending);
	}
	return rc;
}

/* Back to the old file, and slurmctld back to it. */
static enum pi_exit roll_back(const struct work *work, const struct pi_err *why)
{
	const struct pi_target *target = &work->target;
	struct pi_err err = { 0 };
	int rc = target->exists
		? pi_textfile_replace(target->path, target->text, target->size,
				      &err)
		: 0;

	pi_error("activation failed: %s", why->text);
	if (!target->exists && unlink(target->path) < 0)
		rc = pi_err_set(&err, errno, "%s: %m", target->path);
	if (rc == 0)
		rc = pi_activate(work->site, &work->changes, &err);
	/* Nodes that the new lines made unusable come back with the old ones. */
	if (rc == 0 && pi_activate_settle(work->site, &work->changes, true,
					  &err) < 0)
		pi_warn("%s, as before perhaps", err.text);
	(void) unlink(work->pending);
	if (rc < 0)
		pi_error("rolling back failed too: %s; the old lines are in "
			 "%s", err.text, work->backup);
	else
		pi_error("rolled back: %s is as it was", target->path);
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
	(void) unlink(work->pending);
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
	(void) unlink(work->pending);
	return PI_EXIT_DIFFERS;
}

static enum pi_exit write_and_activate(struct work *work, bool same)
{
	struct pi_err err = { 0 };
	enum pi_exit status = PI_EXIT_OK;

	if (!same && write_files(work, &err) < 0) {
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
static int decide(struct work *work, bool same, bool is_pending,
		  enum pi_exit *ret_status, struct pi_err *err)
{
	const struct pi_options *options = work->site->options;
	int rc = find_changes(work, is_pending, err);

	*ret_status = work->left_out > 0 ? PI_EXIT_PARTLY : PI_EXIT_OK;
	if (rc == 0)
		rc = check_removals(work, err);
	if (rc < 0 || (same && !is_pending))
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
	bool same = false, is_pending;
	int rc = prepare(work, &err);

	if (rc == 0) {
		same = work->target.exists &&
		       work->text_size == work->target.size &&
		       memcmp(work->text, work->target.text,
			      work->text_size) == 0;
		is_pending = access(work->pending, F_OK) == 0;
		rc = decide(work, same, is_pending, &status, &err);
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
	pi_auto_fd locked = -1;
	enum pi_exit status;

	if (lock(site->settings.nodes_file, &locked, &err) < 0) {
		pi_error("%s. Nothing changed", err.text);
		return PI_EXIT_REFUSED;
	}
	status = apply(&work);
	pi_changes_finish(&work.changes);
	pi_target_finish(&work.target);
	free(work.lines);
	free(work.text);
	free(work.backup);
	free(work.pending);
	return status;
}
