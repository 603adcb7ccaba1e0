/* SPDX-License-Identifier: GPL-2.0-or-later */
/* site.c - what a verb works on: options, settings, inventory, facts */
#include "head/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/fold.h"
#include "head/render.h"
#include "head/store.h"
#include "lib/auto.h"
#include "lib/keyfile.h"
#include "lib/log.h"

static int choose(struct pi_site *site, struct pi_err *err)
{
	pi_auto_free char **names = NULL;
	size_t count;
	int rc;

	if (!site->options->hosts)
		return 0;
	rc = pi_fold_expand(site->options->hosts, &names, &count, err);
	if (rc < 0) {
		pi_err_prefix(err, "-w %.80s", site->options->hosts);
		return rc;
	}
	site->chosen = calloc(site->inventory.count, sizeof(*site->chosen));
	if (!site->chosen)
		return pi_err_set(err, ENOMEM, "%m");
	for (size_t i = 0; i < count; i++) {
		const struct pi_node *node =
			pi_inventory_find(&site->inventory, names[i],
					  strlen(names[i]));

		if (!node)
			return pi_err_set(err, EINVAL, "-w: %s is not in %s",
					  names[i], site->inventory.path);
		site->chosen[node - site->inventory.nodes] = true;
	}
	return 0;
}

static int read_settings(const struct pi_options *options,
			 struct pi_cluster *settings, struct pi_err *err)
{
	const char *wanted = NULL;
	int rc = pi_cluster_read(options->cluster, settings, err);

	if (rc == 0 && options->slurm_conf)
		wanted = pi_keyfile_path(settings->slurm_conf,
					 sizeof(settings->slurm_conf),
					 options->slurm_conf);
	if (wanted)
		return pi_err_set(err, EINVAL, "--slurm-conf %.80s: must be %s",
				  options->slurm_conf, wanted);
	return rc;
}

int pi_site_open(const struct pi_options *options, struct pi_site *ret_site,
		 struct pi_err *err)
{
	struct pi_site site = { .options = options };
	int rc = read_settings(options, &site.settings, err);

	if (rc == 0)
		rc = pi_inventory_read(options->nodes, &site.inventory, err);
	if (rc < 0)
		return rc;
	*ret_site = site;
	rc = pi_facts_start(&ret_site->inventory, &ret_site->set);
	if (rc < 0)
		(void) pi_err_set(err, -rc, "%m");
	else
		rc = choose(ret_site, err);
	if (rc < 0)
		pi_site_close(ret_site);
	return rc;
}

void pi_site_close(struct pi_site *site)
{
	pi_facts_finish(&site->set);
	pi_inventory_finish(&site->inventory);
	free(site->chosen);
	site->chosen = NULL;
}

bool pi_site_has(const struct pi_site *site, size_t n)
{
	return !site->chosen || site->chosen[n];
}

/* What was just read, before anything is made of it. */
static void check_boards(struct pi_site *site)
{
	for (size_t i = 0; i < site->inventory.count; i++) {
		struct pi_facts *facts = &site->set.facts[i];
		struct pi_err err = { 0 };
		int rc;

		if (!facts->present)
			continue;
		rc = pi_facts_check_board(&site->inventory.nodes[i], facts,
					  &err);
		if (rc > 0)
			pi_warn("%s: %s", site->inventory.nodes[i].name,
				err.text);
		if (rc < 0)
			pi_facts_refuse(facts, "%s", err.text);
	}
}

int pi_site_load(struct pi_site *site, struct pi_err *err)
{
	int rc;

	/* What is in the store was checked when it came; and if the inventory
	 * names another board since then, its facts are still the best. */
	if (!site->options->from)
		return pi_store_load(site->settings.facts_dir, &site->set, err);
	rc = pi_facts_load(&site->set, site->options->from, err);
	if (rc == 0)
		check_boards(site);
	return rc;
}

static void name_left_out(const struct pi_site *site, size_t n)
{
	const struct pi_facts *facts = &site->set.facts[n];
	const char *name = site->inventory.nodes[n].name;

	if (facts->problem)
		pi_error("%s: %s", name, facts->problem);
	else if (facts->about.trouble[0])
		pi_error("%s: no facts: %s", name, facts->about.trouble);
	else if (facts->noise[0])
		pi_error("%s: no report; it said \"%s\"", name, facts->noise);
	else if (site->options->from)
		pi_error("%s: no report in %s", name, site->options->from);
	else
		pi_error("%s: no facts; run: pi-nodes gather -w %s", name, name);
}

int pi_site_render(const struct pi_site *site, char **ret_text,
		   size_t *ret_size, struct pi_err *err)
{
	pi_auto_free char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int left_out;

	if (!out)
		return pi_err_set(err, ENOMEM, "%m");
	left_out = pi_render(out, &site->set, &site->settings, site->chosen,
			     err);
	if (fclose(out) != 0 && left_out >= 0)
		return pi_err_set(err, ENOMEM, "%m");
	if (left_out < 0)
		return left_out;
	for (size_t i = 0; i < site->inventory.count; i++) {
		if (pi_site_has(site, i) && !site->set.facts[i].present &&
		    !site->inventory.nodes[i].state)
			name_left_out(site, i);
	}
	if (!memchr(text, '\n', size) ||
	    text + size == (char *) memchr(text, '\n', size) + 1)
		return pi_err_set(err, ENODATA, "no node has facts; nothing "
				  "rendered");
	*ret_text = text;
	*ret_size = size;
	text = NULL;
	return left_out;
}
