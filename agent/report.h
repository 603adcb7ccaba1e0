/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.h - what was found and done, for people and for programs */
#ifndef PI_REPORT_H
#define PI_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "agent/findings.h"
#include "agent/plan.h"
#include "agent/verdict.h"
#include "lib/err.h"

/* The findings as lines of text, the verdict first. */
void pi_report_print(FILE *stream, const struct pi_findings *f,
		     enum pi_verdict verdict, const char *why);

/* The same as a JSON object that the caller owns; NULL without memory. */
json_t *pi_report_make(const struct pi_findings *f, enum pi_verdict verdict,
		       const char *why);

/*
 * Write /run/slurm-pi/report.json: the findings, the plan, how many of its
 * actions were done, and why no more, if `failure` is not NULL.
 */
int pi_report_write(const struct pi_findings *f, enum pi_verdict verdict,
		    const char *why, const struct pi_plan *plan, unsigned done,
		    const char *failure, struct pi_err *err);

/*
 * The card of this boot's report, for a message: the serial number in its CID,
 * or its path. "card" if there is no report.
 */
void pi_report_name_card(char name[PI_CARD_WORD]);

#endif
