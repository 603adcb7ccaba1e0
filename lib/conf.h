/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf.h - slurm-pi.conf: its keys, their defaults, and reading it */
#ifndef PI_CONF_H
#define PI_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/keyfile.h"

#define PI_CONF_FILE "/etc/slurm-pi/slurm-pi.conf"

enum {
	PI_CONF_PATH = 128,	/* an absolute path, with its NUL */
	PI_CONF_WORDS = 192,	/* blank-separated words, with their NUL */
	PI_CONF_NAME = 65,	/* a node's name, with its NUL */
	PI_CONF_LINE = PI_KEYFILE_LINE,	/* the longest line */
};

enum pi_conf_scratch {
	PI_SCRATCH_ALWAYS,	/* each job gets a directory */
	PI_SCRATCH_ON_REQUEST,	/* jobs with --scratch get one */
};

enum pi_conf_quota {
	PI_CONF_QUOTA_AUTO,		/* limits where the node can enforce them */
	PI_CONF_QUOTA_REQUIRED,	/* no promise without a limit */
	PI_CONF_QUOTA_OFF,
};

struct pi_conf {
	/* plugin and agent */
	char scratch_dir[PI_CONF_PATH];
	/* plugin */
	enum pi_conf_scratch scratch;
	uint64_t default_size;
	uint64_t max_size;
	enum pi_conf_quota quota;
	bool set_tmpdir;
	bool private_tmp;
	uint64_t keep_time_ms;
	uint64_t remove_budget_ms;
	/* agent */
	char card_path[PI_CONF_WORDS];
	char card_device[PI_CONF_PATH];
	bool card_is_ephemeral;
	bool repair;
	char wipe_order[PI_CONF_WORDS];
	uint64_t min_free;
	uint64_t card_wait_ms;
	uint64_t tool_timeout_ms;
	uint64_t resume_wait_ms;
	char node_name[PI_CONF_NAME];
};

/* Fill *conf with the built-in defaults, which slurm-pi.conf(5) documents. */
void pi_conf_defaults(struct pi_conf *conf);

/*
 * Read `path` over the defaults: the file wins over the built-in value, and the
 * command line, where a program has an option for it, over the file.
 *
 * The file must be a regular file of root's, or of the caller's own user, that
 * group and others cannot write. Each line is blank, a comment ('#' or ';'
 * first), or `Key = value`; keys are matched without regard to case. A line
 * that is indented, longer than PI_CONF_LINE, has a NUL byte or no `=`, an
 * unknown key, a key given twice, or a bad value is refused.
 *
 * Returns 0 and fills *ret_conf, or a negative errno with "FILE:LINE: reason"
 * in *err, and *ret_conf untouched: -EINVAL for what the file says, -EPERM for
 * whose it is, else what opening or reading gave.
 */
int pi_conf_read(const char *path, struct pi_conf *ret_conf,
		 struct pi_err *err);

/*
 * The n-th key's name, as slurm-pi.conf spells it, and its default as text that
 * the file would accept ("" for an empty one); NULL past the last key.
 */
const char *pi_conf_key(unsigned n, const char **ret_default);

#endif
