/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value.h - what stands behind --scratch= */
#ifndef PI_VALUE_H
#define PI_VALUE_H

#include <stdint.h>

#include "lib/err.h"

/*
 * Read the value of --scratch. NULL, "" and "(null)" all mean that there is
 * none (Slurm's releases and contexts differ), and give 0.
 *
 * Returns 0, or -EINVAL with a sentence that says what is accepted, and quotes
 * the value if it can be shown; *ret_size is then untouched.
 */
int pi_value_parse(const char *value, uint64_t *ret_size, struct pi_err *err);

#endif
