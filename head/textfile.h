/* SPDX-License-Identifier: GPL-2.0-or-later */
/* textfile.h - whole configuration files: read, and replaced in one step */
#ifndef PI_TEXTFILE_H
#define PI_TEXTFILE_H

#include <stddef.h>

#include "lib/err.h"

enum { PI_TEXTFILE_MAX = 16 << 20 };

/*
 * Read the regular file at `path` into *ret_text, to be freed, with a NUL
 * behind its *ret_size bytes. Returns 0; -ENOENT for a missing file; or another
 * negative errno; with the path in *err.
 */
int pi_textfile_read(const char *path, char **ret_text, size_t *ret_size,
		     struct pi_err *err);

/*
 * Make `path` hold the text: a new file beside the one that `path` leads to,
 * through any symbolic links, takes its place with its owner and mode (0644 if
 * there was none). At every moment, and after a crash, the path shows all of
 * the old text or all of the new. Returns 0, or a negative errno with the
 * reason in *err and the old file in place.
 */
int pi_textfile_replace(const char *path, const char *text, size_t size,
			struct pi_err *err);

#endif
