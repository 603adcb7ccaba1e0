/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.c - what systemd is told: one entry per outcome, and what goes on */
#include "agent/journal.h"

#include <stdlib.h>
#include <systemd/sd-daemon.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

static const struct {
	const char *name;
	const char *message_id;
} outcomes[] = {
	[PI_READY] = { "ready", "d1ac5a2fd59946ff9d45b2d0e4d7f6c1" },
	[PI_FAILED] = { "failed", "5b8e3f8a1f0e4f5cbf2f6f0a9f3f6d22" },
	[PI_USAGE] = { "usage", "0c6d2b7e9a3349a8a4d0a1ce55e4b7f3" },
	[PI_NO_CARD] = { "no-card", "e2b7f9d4c68a4b1f8d5a3c0e7f91a264" },
	[PI_LEFT_ALONE] = { "left-alone", "7f40c9b15d6e4e0a9c283d61b0e85a75" },
	[PI_UNUSABLE] = { "unusable", "a93d5e6c20f84d7bb16e4f8207c3d986" },
};

void pi_journal_outcome(enum pi_outcome outcome, enum pi_log_level level,
			const struct pi_look *look, const char *line)
{
	const struct pi_card *card = &look->findings.card;

	if (getenv("JOURNAL_STREAM") &&
	    sd_journal_send("MESSAGE=%s", line, "PRIORITY=%d", (int) level,
			    "MESSAGE_ID=%s", outcomes[outcome].message_id,
			    "PI_AGENT_OUTCOME=%s", outcomes[outcome].name,
			    "PI_AGENT_VERDICT=%s",
			    pi_verdict_name(look->verdict),
			    "PI_AGENT_CARD=%s", card->path,
			    "PI_AGENT_CID=%s", card->cid,
			    "PI_AGENT_DISKSEQ=%llu",
			    (unsigned long long) card->diskseq,
			    "PI_AGENT_ID_PATH=%s", card->id_path, NULL) >= 0)
		return;
	switch (level) {
	case PI_LOG_ERROR:
		pi_error("%s", line);
		break;
	case PI_LOG_WARNING:
		pi_warn("%s", line);
		break;
	default:
		pi_info("%s", line);
		break;
	}
}

void pi_journal_status(const char *line, uint64_t timeout_ms)
{
	(void) sd_notifyf(0, "STATUS=%s\nEXTEND_TIMEOUT_USEC=%llu", line,
			  (unsigned long long) timeout_ms * 1000);
}
