/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect.h - look at a card without changing anything */
#ifndef PI_INSPECT_H
#define PI_INSPECT_H

#include "agent/findings.h"
#include "lib/err.h"

enum pi_inspect_how {
	PI_INSPECT_ALL,		/* list all evidence */
	PI_INSPECT_ENOUGH,	/* stop where a card is plainly ours */
};

/*
 * Look at the disk or image file open at `fd`, whose facts pi_card_open() put
 * into *card, and fill *ret. Nothing is written and nothing is claimed for
 * longer than a look takes; root is needed only to read the device.
 *
 * A card that cannot be read is a finding, not an error. Returns 0, or a
 * negative errno if this program is at fault (no memory, no permission).
 */
int pi_inspect(int fd, const struct pi_card *card, enum pi_inspect_how how,
	       struct pi_findings *ret, struct pi_err *err);

#endif
