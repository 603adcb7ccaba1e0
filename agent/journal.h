/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.h - what systemd is told: one entry per outcome, and what goes on */
#ifndef PI_JOURNAL_H
#define PI_JOURNAL_H

#include "agent/prepare.h"
#include "lib/log.h"

/*
 * Say how `prepare` or `adopt` ended. Where stderr is the journal, as an entry
 * with MESSAGE_ID, PI_AGENT_VERDICT, PI_AGENT_OUTCOME and what is known of the
 * card (PI_AGENT_CARD, PI_AGENT_CID, PI_AGENT_DISKSEQ, PI_AGENT_ID_PATH); else as
 * a line of the log. pi-agent(8) lists the message ids.
 */
void pi_journal_outcome(enum pi_outcome outcome, enum pi_log_level level,
			const struct pi_look *look, const char *line);

/* The unit's status line, and the time that the step may take, for systemd. */
void pi_journal_status(const char *line, uint64_t timeout_ms);

#endif
