/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.c - the lines in force, kept until the new ones are */
#include "head/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "head/block.h"
#include "head/textfile.h"
#include "lib/auto.h"

int pi_journal_lock(const char *path, struct pi_err *err)
{
	char dir[PI_CLUSTER_PATH];
	char *slash;
	int fd, problem;

	(void) snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return pi_err_set(err, errno, "%s: %m", dir);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	problem = errno;
	(void) close(fd);
	if (problem == EWOULDBLOCK)
		return pi_err_set(err, EBUSY, "another pi-nodes is at work in "
				  "%s", dir);
	return pi_err_set(err, problem, "lock %s: %m", dir);
}

static int name_files(struct pi_journal *journal, const char *path)
{
	if (asprintf(&journal->backup, "%s~", path) < 0)
		journal->backup = NULL;
	if (asprintf(&journal->pending, "%s.pending", path) < 0)
		journal->pending = NULL;
	return journal->backup && journal->pending ? 0 : -ENOMEM;
}

/* slurmctld runs on what the backup has. */
static int read_backup(struct pi_journal *journal, bool is_block,
		       struct pi_err *err)
{
	size_t begin = 0, end = 0;
	int rc = pi_textfile_read(journal->backup, &journal->before, &end, err);

	journal->had_file = rc == 0;
	if (rc == 0 && is_block)
		rc = pi_block_find(journal->before, end, &begin, &end, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	journal->lines = journal->before ? journal->before + begin : "";
	journal->size = end - begin;
	return 0;
}

int pi_journal_open(const struct pi_target *target,
		    struct pi_journal *ret_journal, struct pi_err *err)
{
	struct pi_journal journal = {
		.had_file = target->exists,
		.lines = target->lines,
		.size = target->lines_size,
	};
	int rc = name_files(&journal, target->path);

	if (rc < 0) {
		(void) pi_err_set(err, -rc, "%m");
	} else {
		journal.is_pending = access(journal.pending, F_OK) == 0;
		if (journal.is_pending)
			rc = read_backup(&journal, target->is_block, err);
	}
	if (rc < 0)
		pi_journal_finish(&journal);
	else
		*ret_journal = journal;
	return rc;
}

void pi_journal_finish(struct pi_journal *journal)
{
	free(journal->backup);
	free(journal->pending);
	free(journal->before);
	*journal = (struct pi_journal) { 0 };
}

/* The backup of a run that was killed has what is in force: it stays. */
static int keep_old(const struct pi_journal *journal,
		    const struct pi_target *target, struct pi_err *err)
{
	if (journal->is_pending)
		return 0;
	if (target->exists)
		return pi_textfile_replace(journal->backup, target->text,
					   target->size, err);
	if (unlink(journal->backup) < 0 && errno != ENOENT)
		return pi_err_set(err, errno, "%s: %m", journal->backup);
	return 0;
}

int pi_journal_write(const struct pi_journal *journal,
		     const struct pi_target *target, const char *text,
		     size_t size, bool is_activated, struct pi_err *err)
{
	int rc = keep_old(journal, target, err);

	if (rc == 0 && is_activated)
		rc = pi_textfile_replace(journal->pending, "", 0, err);
	if (rc < 0)
		return rc;
	rc = pi_textfile_replace(target->path, text, size, err);
	if (rc < 0 && !journal->is_pending)
		pi_journal_settle(journal);
	return rc;
}

int pi_journal_undo(const struct pi_journal *journal,
		    const struct pi_target *target, struct pi_err *err)
{
	pi_auto_free char *text = NULL;
	size_t size;
	int rc;

	if (!journal->had_file && unlink(target->path) < 0)
		return pi_err_set(err, errno, "%s: %m", target->path);
	if (!journal->had_file)
		return 0;
	rc = pi_target_merge(target, journal->lines, journal->size, &text,
			     &size, err);
	return rc < 0 ? rc : pi_textfile_replace(target->path, text, size, err);
}

void pi_journal_settle(const struct pi_journal *journal)
{
	(void) unlink(journal->pending);
}
