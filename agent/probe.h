/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe.h - what libblkid sees on a card */
#ifndef PI_PROBE_H
#define PI_PROBE_H

#include "agent/findings.h"
#include "lib/err.h"

/*
 * Read the partition table of the disk or image open at `fd` into
 * f->table, f->partition and the flags beside them; f->card is set already.
 *
 * Only the table is looked at, never what lies in partitions. Returns 0, or a
 * negative errno (-EIO if the disk cannot be read).
 */
int pi_probe_table(int fd, struct pi_findings *f, struct pi_err *err);

/*
 * List every signature on the disk and in its partitions in f->signature, also
 * those with bad checksums, and note where they contradict each other.
 */
int pi_probe_signatures(int fd, struct pi_findings *f, struct pi_err *err);

#endif
