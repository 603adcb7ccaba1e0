/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - pi-nodes' command line, and how it ends */
#ifndef PI_OPTIONS_H
#define PI_OPTIONS_H

#include <stdbool.h>

/* pi-nodes(8), EXIT STATUS */
enum pi_exit {
	PI_EXIT_OK = 0,
	PI_EXIT_DIFFERS = 1,	/* or: a problem was found */
	PI_EXIT_USAGE = 2,
	PI_EXIT_PARTLY = 3,	/* done, but some nodes had no fresh facts */
	PI_EXIT_REFUSED = 4,	/* nothing changed */
	PI_EXIT_ROLLED_BACK = 5,
};

struct pi_options {
	const char *cluster;	/* -c, --cluster FILE */
	const char *nodes;	/* --nodes FILE */
	const char *slurm_conf;	/* --slurm-conf FILE, or NULL */
	const char *hosts;	/* -w HOSTLIST, or NULL */
	const char *from;	/* --from FILE|-|DIR, or NULL */
	const char *output;	/* -o FILE, or NULL */
	const char *login;	/* -u USER, or NULL */
	const char *file;	/* the argument of `check`, or NULL */
	const char *timeout;	/* -t SECONDS, or NULL */
	const char *fanout;	/* -f NUMBER, or NULL */
	bool dry_run;		/* -n */
	bool yes;		/* -y */
	bool no_activate;
	bool allow_shrink;
	bool prune;
	bool quiet;
	bool verbose;
};

/* The options as they stand when none is given. */
extern const struct pi_options pi_options_none;

/*
 * Read the command line into *options. Returns the verb's name with its own
 * argument in options->file; or NULL, all said, and the exit status in
 * *ret_status: 0 after --help and --version, else PI_EXIT_USAGE.
 */
const char *pi_options_read(int argc, char **argv, void (*print_help)(void),
			    struct pi_options *options, int *ret_status);

#endif
