/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurmconf.h - slurm.conf and what it includes, line by line */
#ifndef PI_SLURMCONF_H
#define PI_SLURMCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

enum {
	PI_SLURMCONF_KEY = 32,	/* a key worth knowing, with its NUL */
	PI_SLURMCONF_DEPTH = 8,	/* of files including files */
};

/* A line as Slurm sees it: without comments, continued lines joined. */
struct pi_slurmconf_line {
	char *text;
	char *file;
	unsigned number;	/* where it begins */
};

struct pi_slurmconf {
	struct pi_slurmconf_line *lines;
	size_t count;
	bool has_nodes_file;	/* the text put in its place was reached */
};

/* What to read in place of a file's contents. */
struct pi_slurmconf_text {
	const char *path;
	const char *text;
	size_t size;
};

/* A `Key=Value` of a line; the value is unquoted. */
struct pi_slurmconf_word {
	const char *key;
	size_t key_length;
	const char *value;
	size_t length;
};

/*
 * Read slurm.conf at `path` with all that it includes; the file `instead`
 * names, if not NULL, need not exist, as its text is given. Blank lines are
 * left out. Returns 0 and fills *ret_conf, to be released with
 * pi_slurmconf_finish(); or a negative errno with the file and line in *err.
 */
int pi_slurmconf_read(const char *path, const struct pi_slurmconf_text *instead,
		      struct pi_slurmconf *ret_conf, struct pi_err *err);

/* The same for a text alone, which may not include anything. */
int pi_slurmconf_parse(const char *file, const char *text, size_t size,
		       struct pi_slurmconf *ret_conf, struct pi_err *err);

void pi_slurmconf_finish(struct pi_slurmconf *conf);

/*
 * Take the next word off the line at *text, which moves behind it. 1, or 0 at
 * the end and where the line is not made of words (slurmctld will say so).
 */
int pi_slurmconf_word(const char **text, struct pi_slurmconf_word *ret_word);

bool pi_slurmconf_is_key(const struct pi_slurmconf_word *word,
			 const char *name);

#endif
