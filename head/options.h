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
	const char *nodes;	/* --nodes FILE */
	const char *from;	/* --from FILE|-|DIR, or NULL */
	const char *output;	/* -o FILE, or NULL */
	bool quiet;
	bool verbose;
};

#endif
