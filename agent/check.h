/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - is this node fit to run jobs? */
#ifndef PI_CHECK_H
#define PI_CHECK_H

#include "lib/conf.h"
#include "lib/err.h"

/* Encode and decode a credential through the local munged. */
int pi_check_munge(struct pi_err *err);

/*
 * If a card was mounted in this boot, is it there, and does it keep what is
 * written to it? A node that never had one passes.
 */
int pi_check_scratch(const struct pi_conf *conf, struct pi_err *err);

#endif
