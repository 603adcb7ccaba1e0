/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fold.h - hostlists: b[02-05,09], both ways */
#ifndef PI_FOLD_H
#define PI_FOLD_H

#include <stddef.h>
#include <stdio.h>

#include "lib/err.h"

enum {
	PI_FOLD_RANGE = 65536,		/* Slurm takes no longer range */
	PI_FOLD_HOSTS = 1 << 20,	/* nor do we take longer lists */
};

/*
 * Write the `count` names to `out` as a hostlist that means the same names in
 * the same order. Names that differ in the number at their end only are put
 * into brackets, with zeros in front where the names have them. The work is
 * linear in the text.
 */
void pi_fold_write(FILE *out, const char *const *names, size_t count);

/*
 * Order names as people count: b2 before b10. For qsort(3), on elements that
 * are char pointers.
 */
int pi_fold_compare(const void *one, const void *two);

/*
 * The names that a hostlist stands for: names joined by commas, each one
 * followed at most by one pair of brackets with numbers and ranges. That is
 * the part of Slurm's syntax that all its releases read alike; other text is
 * refused.
 *
 * Returns 0, *ret_count names in one allocation *ret_names that the caller
 * frees with free(); or -EINVAL, -E2BIG or -ENOMEM with the reason in *err.
 */
int pi_fold_expand(const char *text, char ***ret_names, size_t *ret_count,
		   struct pi_err *err);

#endif
