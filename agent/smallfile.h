/* SPDX-License-Identifier: GPL-2.0-or-later */
/* smallfile.h - read a short file, replace a short file */
#ifndef PI_SMALLFILE_H
#define PI_SMALLFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/err.h"

/*
 * Read the file `name`, relative to `dfd` (or AT_FDCWD), into `text`, as far as
 * it fits, without the newline at its end. Symbolic links are followed: this is
 * for /proc, /sys and files of root's own.
 *
 * Returns the length, or a negative errno and `text` is "".
 */
int pi_smallfile_read_at(int dfd, const char *name, char *text, size_t size);

/* As above, of a decimal number; -EINVAL for anything else. */
int pi_smallfile_read_number_at(int dfd, const char *name, uint64_t *ret_number);

/*
 * Make `name` in `dfd` hold `data`, at once or not at all, and on the disk:
 * a temporary file beside it, fsync, rename, fsync of the directory.
 */
int pi_smallfile_replace_at(int dfd, const char *name, mode_t mode,
			    const char *data, size_t length,
			    struct pi_err *err);

/*
 * Write `data` over the start of the file `name` in `dfd`, which must exist, be
 * of root's own and no longer than that: for a full disk, where nothing can be
 * created. What fits into a sector is written whole or not. -ENOENT without it.
 */
int pi_smallfile_overwrite_at(int dfd, const char *name, const char *data,
			      size_t length, struct pi_err *err);

#endif
