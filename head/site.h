/* SPDX-License-Identifier: GPL-2.0-or-later */
/* site.h - what a verb works on: options, settings, inventory, facts */
#ifndef PI_SITE_H
#define PI_SITE_H

#include "head/cluster.h"
#include "head/facts.h"
#include "head/inventory.h"
#include "head/options.h"
#include "lib/err.h"

struct pi_site {
	const struct pi_options *options;
	struct pi_cluster settings;
	struct pi_inventory inventory;
	struct pi_facts_set set;	/* empty until one of the below */
	bool *chosen;		/* by -w, one for each node; or NULL: all */
};

/*
 * Read the settings and the inventory that the options name, and find the
 * nodes of -w. Returns 0 and fills *ret_site, to be released with
 * pi_site_close(), or a negative errno with the reason in *err.
 */
int pi_site_open(const struct pi_options *options, struct pi_site *ret_site,
		 struct pi_err *err);

void pi_site_close(struct pi_site *site);

/* Was the inventory's n-th node chosen? */
bool pi_site_has(const struct pi_site *site, size_t n);

/*
 * Fill the set from --from, else from the store. Of --from, the facts of boards
 * that are not the inventory's become problems, and other names are warned
 * about.
 */
int pi_site_load(struct pi_site *site, struct pi_err *err);

/*
 * The NodeName lines in *ret_text, to be freed, after one line to the log for
 * each node that will not be in them. Returns how many are left out, or a
 * negative errno with the reason in *err: -ENODATA if all are.
 */
int pi_site_render(const struct pi_site *site, char **ret_text,
		   size_t *ret_size, struct pi_err *err);

/* The verbs; pi-nodes(8). */
enum pi_exit pi_gather_verb(struct pi_site *site);
enum pi_exit pi_render_verb(struct pi_site *site);
enum pi_exit pi_diff_verb(struct pi_site *site);
enum pi_exit pi_check_verb(struct pi_site *site);
enum pi_exit pi_apply_verb(struct pi_site *site);
enum pi_exit pi_status_verb(struct pi_site *site);

#endif
