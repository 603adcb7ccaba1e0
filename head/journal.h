/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.h - the lines in force, kept until the new ones are */
#ifndef PI_JOURNAL_H
#define PI_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "head/target.h"
#include "lib/err.h"

/*
 * Beside the target FILE: FILE~, what was in force before; and FILE.pending
 * from before FILE is replaced until slurmctld runs on it, so that a run that
 * was killed in between is finished by the next one.
 */
struct pi_journal {
	char *backup;
	char *pending;
	bool is_pending;	/* a run before us was killed */
	bool had_file;		/* the lines in force were in a file */
	char *before;		/* what the backup holds, if is_pending */
	const char *lines;	/* those in force, in `before` or the target */
	size_t size;
};

/*
 * Lock the directory of `path` against other runs; nothing is left of it.
 * Returns a descriptor to be closed, -EBUSY if another run has it, or another
 * negative errno.
 */
int pi_journal_lock(const char *path, struct pi_err *err);

/*
 * Find the lines in force. `target` must outlive the journal. Returns 0 and
 * fills *ret_journal, to be released with pi_journal_finish(); or a negative
 * errno with the reason in *err.
 */
int pi_journal_open(const struct pi_target *target,
		    struct pi_journal *ret_journal, struct pi_err *err);

void pi_journal_finish(struct pi_journal *journal);

/*
 * Keep what is in force, and replace the target with `text`; as pending if it
 * is to be activated. Returns 0, or a negative errno with the target as it was.
 */
int pi_journal_write(const struct pi_journal *journal,
		     const struct pi_target *target, const char *text,
		     size_t size, bool is_activated, struct pi_err *err);

/* Put the lines that were in force back, or no file if there was none. */
int pi_journal_undo(const struct pi_journal *journal,
		    const struct pi_target *target, struct pi_err *err);

/* What was pending is in force, or undone. */
void pi_journal_settle(const struct pi_journal *journal);

#endif
