/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prepare.h - find the card, decide, do it: what happens at boot */
#ifndef PI_PREPARE_H
#define PI_PREPARE_H

#include <stdbool.h>

#include "agent/findings.h"
#include "agent/plan.h"
#include "agent/verdict.h"
#include "lib/conf.h"
#include "lib/err.h"

/* How a verb ended; the numbers are pi-agent's exit statuses. */
enum pi_outcome {
	PI_READY = 0,
	PI_FAILED = 1,
	PI_USAGE = 2,
	PI_NO_CARD = 3,
	PI_LEFT_ALONE = 4,	/* somebody else's, or doubtful */
	PI_UNUSABLE = 5,	/* read-only, failing, busy */
};

/* A card, what was seen on it, and what is concluded. */
struct pi_look {
	int fd;			/* the whole disk, for reading; -1: none */
	struct pi_findings findings;
	enum pi_verdict verdict;
	char why[PI_WHY];
};

/*
 * Look at `path`, or, where it is NULL, at the card that discovery finds. With
 * `lock`, the lock is taken first, so that what is seen stays so. The caller
 * closes look->fd.
 */
int pi_prepare_look(const struct pi_conf *conf, const char *path, bool lock,
		    struct pi_look *look, struct pi_err *err);

/* The outcome that goes with a verdict alone. */
enum pi_outcome pi_prepare_outcome(enum pi_verdict verdict);

enum pi_prepare_goal {
	PI_PREPARE,
	PI_ADOPT,
};

/*
 * Everything from discovery to the report. Each action is printed to stdout
 * with its reason before it is done; with `dry_run` none is done, and nothing
 * is written anywhere.
 */
enum pi_outcome pi_prepare(const struct pi_conf *conf,
			   enum pi_prepare_goal goal, bool dry_run);

#endif
