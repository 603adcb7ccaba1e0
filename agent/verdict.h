/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.h - one word for what a card is, and why */
#ifndef PI_VERDICT_H
#define PI_VERDICT_H

#include "agent/findings.h"

enum pi_verdict {
	PI_OURS,		/* made by pi-agent, and sound */
	PI_BLANK,		/* nothing on it */
	PI_ADOPTABLE,		/* one ext4 partition, made by hand */
	PI_FACTORY,		/* as it comes from the shop: FAT, no files */
	PI_DAMAGED_OURS,	/* ours, but table or file system is damaged */
	PI_FOREIGN,		/* somebody else's */
	PI_UNKNOWN_DATA,	/* bytes that nobody recognises */
	PI_AMBIVALENT,		/* signatures that contradict each other */
	PI_READ_ONLY,
	PI_FAILING,		/* cannot be read */
	PI_BUSY,		/* in use by something else */
	PI_ABSENT,
	PI_VERDICTS,
};

enum { PI_WHY = 256 };

/* "damaged-ours": as people, scripts and reports see it. */
const char *pi_verdict_name(enum pi_verdict verdict);

/*
 * Conclude from findings alone: no card is looked at. `why` gets one sentence
 * without a full stop that names the evidence.
 */
enum pi_verdict pi_verdict_of(const struct pi_findings *f, char why[PI_WHY]);

/* The partition that bears our type and name, or was adopted with its MBR; NULL
 * if there is not exactly one partition on the card or it is not ours. */
const struct pi_partition *pi_verdict_our_partition(const struct pi_findings *f);

#endif
