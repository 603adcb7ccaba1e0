/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target.h - the file that our lines go into, as it stands */
#ifndef PI_TARGET_H
#define PI_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "head/cluster.h"
#include "lib/err.h"

struct pi_target {
	const char *path;
	bool exists;
	bool is_block;		/* our lines are a block in slurm.conf */
	char *text;		/* all of the file; NULL if there is none */
	size_t size;
	const char *lines;	/* ours, in `text`; or "" */
	size_t lines_size;
};

/*
 * Read the settings' NodesFile. Returns 0 and fills *ret_target, to be
 * released with pi_target_finish(); or a negative errno with the reason.
 */
int pi_target_read(const struct pi_cluster *settings,
		   struct pi_target *ret_target, struct pi_err *err);

void pi_target_finish(struct pi_target *target);

/* The whole file as it would be with these lines, in *ret_text, to be freed. */
int pi_target_merge(const struct pi_target *target, const char *lines,
		    size_t size, char **ret_text, size_t *ret_size,
		    struct pi_err *err);

/*
 * Print what diff(1) says of the target's lines and these, unless `quiet`.
 * Returns 0 if they are the same, 1 if they differ, or a negative errno.
 */
int pi_target_diff(const struct pi_target *target, const char *lines,
		   size_t size, bool quiet, struct pi_err *err);

#endif
