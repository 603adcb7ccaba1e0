/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.c - head/journal: the lines in force, after a run that was killed */
#include "t/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "head/block.h"
#include "head/journal.h"
#include "head/textfile.h"

#define BLOCK(lines) PI_BLOCK_BEGIN "\n" lines PI_BLOCK_END "\n"

static char dir[64], slurm_conf[128], nodes_conf[128];
static struct pi_cluster settings;

static void start(bool is_block)
{
	strcpy(dir, "/tmp/pi-journal.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void) snprintf(slurm_conf, sizeof(slurm_conf), "%s/slurm.conf", dir);
	(void) snprintf(nodes_conf, sizeof(nodes_conf), "%s/nodes.conf", dir);
	pi_cluster_defaults(&settings);
	strcpy(settings.slurm_conf, slurm_conf);
	strcpy(settings.nodes_file, is_block ? slurm_conf : nodes_conf);
}

static void finish(void)
{
	char command[96];

	(void) snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *suffix, const char *text)
{
	char path[160];

	(void) snprintf(path, sizeof(path), "%s%s", settings.nodes_file, suffix);
	ck_assert_int_eq(pi_textfile_replace(path, text, strlen(text), NULL), 0);
}

static void ck_assert_file(const char *suffix, const char *wanted)
{
	char path[160], *text = NULL;
	size_t size;
	int rc;

	(void) snprintf(path, sizeof(path), "%s%s", settings.nodes_file, suffix);
	rc = pi_textfile_read(path, &text, &size, NULL);
	if (!wanted)
		ck_assert_int_eq(rc, -ENOENT);
	else
		ck_assert_str_eq(text, wanted);
	free(text);
}

static void open_both(struct pi_target *target, struct pi_journal *journal)
{
	struct pi_err err = { 0 };

	ck_assert_msg(pi_target_read(&settings, target, &err) == 0, "%s",
		      err.text);
	ck_assert_msg(pi_journal_open(target, journal, &err) == 0, "%s",
		      err.text);
}

static void close_both(struct pi_target *target, struct pi_journal *journal)
{
	pi_journal_finish(journal);
	pi_target_finish(target);
}

START_TEST(journal_keeps_what_was_in_force)
{
	struct pi_target target;
	struct pi_journal journal;

	start(false);
	put("", "old\n");
	open_both(&target, &journal);
	ck_assert(!journal.is_pending && journal.had_file);
	ck_assert_int_eq(pi_journal_write(&journal, &target, "new\n", 4, true,
					  NULL), 0);
	ck_assert_file("", "new\n");
	ck_assert_file("~", "old\n");
	ck_assert_file(".pending", "");
	ck_assert_int_eq(pi_journal_undo(&journal, &target, NULL), 0);
	pi_journal_settle(&journal);
	ck_assert_file("", "old\n");
	ck_assert_file(".pending", NULL);
	close_both(&target, &journal);
	finish();
}
END_TEST

START_TEST(journal_undoes_a_first_file_by_removing_it)
{
	struct pi_target target;
	struct pi_journal journal;

	start(false);
	open_both(&target, &journal);
	ck_assert(!journal.had_file);
	ck_assert_uint_eq(journal.size, 0);
	ck_assert_int_eq(pi_journal_write(&journal, &target, "new\n", 4, true,
					  NULL), 0);
	ck_assert_file("~", NULL);
	ck_assert_int_eq(pi_journal_undo(&journal, &target, NULL), 0);
	ck_assert_file("", NULL);
	close_both(&target, &journal);
	finish();
}
END_TEST

START_TEST(journal_of_a_killed_run_goes_back_to_before_it)
{
	struct pi_target target;
	struct pi_journal journal;

	start(false);
	put("", "never activated\n");
	put("~", "in force\n");
	put(".pending", "");
	open_both(&target, &journal);
	ck_assert(journal.is_pending && journal.had_file);
	ck_assert_int_eq(strncmp(journal.lines, "in force\n", journal.size), 0);
	ck_assert_int_eq(pi_journal_write(&journal, &target, "newer\n", 6, true,
					  NULL), 0);
	ck_assert_file("~", "in force\n");
	ck_assert_int_eq(pi_journal_undo(&journal, &target, NULL), 0);
	ck_assert_file("", "in force\n");
	close_both(&target, &journal);
	finish();
}
END_TEST

START_TEST(journal_of_a_block_leaves_later_edits_alone)
{
	struct pi_target target;
	struct pi_journal journal;

	start(true);
	put("", "edited=since\n" BLOCK("never activated\n") "tail\n");
	put("~", "edited=before\n" BLOCK("in force\n"));
	put(".pending", "");
	open_both(&target, &journal);
	ck_assert_uint_eq(journal.size, strlen("in force\n"));
	ck_assert_int_eq(strncmp(journal.lines, "in force\n", journal.size), 0);
	ck_assert_int_eq(pi_journal_undo(&journal, &target, NULL), 0);
	ck_assert_file("", "edited=since\n" BLOCK("in force\n") "tail\n");
	close_both(&target, &journal);
	finish();
}
END_TEST

START_TEST(journal_lock_is_for_one)
{
	struct pi_err err;
	int one, two;

	start(false);
	one = pi_journal_lock(nodes_conf, &err);
	ck_assert_int_ge(one, 0);
	two = pi_journal_lock(nodes_conf, &err);
	ck_assert_int_eq(two, -EBUSY);
	(void) close(one);
	two = pi_journal_lock(nodes_conf, &err);
	ck_assert_int_ge(two, 0);
	(void) close(two);
	finish();
}
END_TEST

PI_UNIT_MAIN("journal", journal_keeps_what_was_in_force,
	     journal_undoes_a_first_file_by_removing_it,
	     journal_of_a_killed_run_goes_back_to_before_it,
	     journal_of_a_block_leaves_later_edits_alone,
	     journal_lock_is_for_one)
