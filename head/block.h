/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.h - our lines inside a file of the administrator's */
#ifndef PI_BLOCK_H
#define PI_BLOCK_H

#include <stddef.h>

#include "lib/err.h"

#define PI_BLOCK_BEGIN "# BEGIN pi-nodes (managed block, do not edit)"
#define PI_BLOCK_END "# END pi-nodes"

/*
 * Find the lines between the two marks, which must be whole lines, once each
 * and in this order. Returns 0 and the place of what is between them, from
 * *ret_begin up to *ret_end; or -EINVAL with the line in *err.
 */
int pi_block_find(const char *text, size_t size, size_t *ret_begin,
		  size_t *ret_end, struct pi_err *err);

/*
 * Put `lines` between the marks of `text`. Returns 0 and the new text in
 * *ret_text, to be freed, all else in it as before; or -EINVAL or -ENOMEM.
 */
int pi_block_merge(const char *text, size_t size, const char *lines,
		   size_t lines_size, char **ret_text, size_t *ret_size,
		   struct pi_err *err);

#endif
