/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changes.h - which nodes differ between two sets of NodeName lines, and how */
#ifndef PI_CHANGES_H
#define PI_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

enum pi_change_kind {
	PI_CHANGE_ADDED,
	PI_CHANGE_REMOVED,
	PI_CHANGE_SHAPE,	/* CPUs, sockets, cores, threads, GRES, address */
	PI_CHANGE_OTHER,	/* memory, weight, features, ... */
};

struct pi_change {
	char *name;
	enum pi_change_kind kind;
};

struct pi_changes {
	struct pi_change *list;	/* sorted by name */
	size_t count;
	size_t nodes;		/* in the new lines */
	size_t lines;		/* the same */
	bool structural;	/* some are not PI_CHANGE_OTHER */
};

/*
 * Compare. Returns 0 and fills *ret_changes, to be released with
 * pi_changes_finish(); or -EINVAL with the line in *err for a NodeName that is
 * no plain hostlist, or -ENOMEM.
 */
int pi_changes_find(const char *file, const char *old_lines, size_t old_size,
		    const char *new_lines, size_t new_size,
		    struct pi_changes *ret_changes, struct pi_err *err);

void pi_changes_finish(struct pi_changes *changes);

#endif
