/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blank.h - is there nothing on the card? */
#ifndef PI_BLANK_H
#define PI_BLANK_H

#include "agent/findings.h"
#include "lib/err.h"

/*
 * Read samples of the whole card: its first 4 MiB and last 2 MiB, the places
 * of ext4's backup superblocks, and a hundred places between. Sets f->constant,
 * f->data_at and f->constant_known. With f->mark, what an interrupted making
 * could have written (the GPT and the mark) is left out.
 */
int pi_blank_sample(int fd, struct pi_findings *f, struct pi_err *err);

#endif
