/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rmtree.h - remove a tree that a hostile user filled, and may still be filling */
#ifndef PI_RMTREE_H
#define PI_RMTREE_H

#include <stdint.h>

#include "lib/err.h"

/*
 * Remove `name`, a single path component, from the directory open at `dfd`,
 * which must be one that only root can write to, on the file system of the
 * tree: a sub-directory more than PI_RMTREE_DEPTH levels down is moved up
 * beside `name`, as `name.N`, and removed from there; so no depth needs more
 * descriptors or memory.
 *
 * Symbolic links are removed, never followed. Nothing but directories, and
 * files that are immutable or append-only, is opened; those flags are taken
 * away, and put back if the file has another name elsewhere. Whatever is
 * mounted inside is left alone and makes the call fail with -EBUSY.
 *
 * Goes on after an error, removes everything that can be removed and returns
 * the first failure; but stops at once on a sick file system (EIO, EROFS,
 * EUCLEAN) and, with -ETIME, when CLOCK_MONOTONIC passes `deadline_ns` (0: no
 * deadline). What is left stays under `name` or `name.N`: call again for those.
 * -ENOTEMPTY means that somebody keeps creating files. A missing `name` is
 * success.
 *
 * Entries are removed in the order of their inodes, which saves a card most of
 * its writes. Memory stays below PI_RMTREE_MEMORY, descriptors below
 * PI_RMTREE_DEPTH + 4. Needs openat2(2), Linux 5.6.
 */
int pi_rmtree_at(int dfd, const char *name, uint64_t deadline_ns,
		 struct pi_err *err);

enum {
	PI_RMTREE_DEPTH = 16,
	PI_RMTREE_MEMORY = 6 << 20,
};

#endif
