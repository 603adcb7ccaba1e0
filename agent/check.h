/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - is this node fit to run jobs? */
#ifndef PI_CHECK_H
#define PI_CHECK_H

#include "lib/conf.h"
#include "lib/err.h"

/* Each returns 0 if all is well, else a negative errno with the fault in *err. */

/*
 * Encode and decode a credential through the local munged; and decode the one in
 * the file `foreign`, made on another machine, unless it is NULL. The fault names
 * which of socket, key and clock is the matter.
 */
int pi_check_munge(const char *foreign, struct pi_err *err);

/*
 * If a card was mounted in this boot, is it there, does it keep what is written
 * to it, has ext4 counted no errors on it, and is MinFree of it free? A node that
 * never had one passes.
 */
int pi_check_scratch(const struct pi_conf *conf, struct pi_err *err);

/*
 * Is the clock synchronised, as the kernel is told by whoever does it?
 * munge trusts credentials for five minutes only.
 */
int pi_check_clock(struct pi_err *err);

#endif
