/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.c - inventory, facts and slurmctld side by side */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/render.h"
#include "head/scontrol.h"
#include "head/site.h"
#include "head/slurmconf.h"
#include "lib/auto.h"
#include "lib/log.h"

enum { CLOCK_OFF_MAX = 60 };

struct view {
	const struct pi_site *site;
	const struct pi_scontrol_nodes *nodes;
	bool answers;		/* slurmctld does */
	size_t problems;
};

__attribute__((format(printf, 3, 4)))
static void tell(struct view *view, const char *name, const char *format, ...)
{
	va_list args;

	view->problems++;
	if (view->site->options->quiet)
		return;
	printf("%s: ", name);
	va_start(args, format);
	(void) vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void look_at_facts(struct view *view, const struct pi_node *node,
			  const struct pi_facts *facts)
{
	const struct pi_facts_about *about = &facts->about;
	int64_t off = (int64_t) about->time - (int64_t) about->gathered;
	struct pi_err err = { 0 };

	if (about->trouble[0])
		tell(view, node->name, "last gathering: %s", about->trouble);
	if (!facts->present) {
		if (facts->problem)
			tell(view, node->name, "%s", facts->problem);
		else if (!node->state && !about->trouble[0])
			tell(view, node->name, "no facts; run: pi-nodes gather "
			     "-w %s", node->name);
		return;
	}
	if (pi_facts_check_board(node, facts, &err) != 0)
		tell(view, node->name, "%s", err.text);
	if (about->time && about->gathered &&
	    (off > CLOCK_OFF_MAX || off < -CLOCK_OFF_MAX))
		tell(view, node->name, "clock is %ld s off; munge will reject "
		     "it", labs((long) off));
}

static void look_at_slurm(struct view *view, const struct pi_node *node,
			  const struct pi_facts *facts)
{
	const struct pi_scontrol_node *slurm;
	uint64_t memory = pi_render_memory(facts->memory,
					   &view->site->settings);

	if (!view->answers)
		return;
	slurm = pi_scontrol_find(view->nodes, node->name);
	if (!slurm) {
		tell(view, node->name, "not in slurmctld's configuration; run: "
		     "pi-nodes apply");
		return;
	}
	if (pi_scontrol_is_low(slurm))
		tell(view, node->name, "%s: %s", slurm->state, slurm->reason);
	else if (pi_scontrol_is_invalid(slurm))
		tell(view, node->name, "%s: %s", slurm->state,
		     slurm->reason[0] ? slurm->reason : "no reason given");
	else if (strstr(slurm->state, "DOWN") || strchr(slurm->state, '*'))
		tell(view, node->name, "%s%s%s", slurm->state,
		     slurm->reason[0] ? ": " : "", slurm->reason);
	if (facts->present && slurm->memory != memory)
		tell(view, node->name, "slurmctld has RealMemory=%lu, its facts "
		     "make %lu; run: pi-nodes apply",
		     (unsigned long) slurm->memory, (unsigned long) memory);
}

/* MemSpecLimit keeps nothing from jobs whose memory is not counted. */
static void look_at_selection(struct view *view)
{
	const struct pi_cluster *settings = &view->site->settings;
	struct pi_slurmconf conf;
	bool counted = false;

	if (settings->mem_reserve == 0 ||
	    pi_slurmconf_read(settings->slurm_conf, NULL, &conf, NULL) < 0)
		return;
	for (size_t i = 0; i < conf.count; i++) {
		const char *text = conf.lines[i].text;
		struct pi_slurmconf_word word;

		while (pi_slurmconf_word(&text, &word)) {
			if (pi_slurmconf_is_key(&word, "SelectTypeParameters"))
				counted |= memmem(word.value, word.length,
						  "_Memory", 7) != NULL ||
					   memmem(word.value, word.length,
						  "_MEMORY", 7) != NULL;
		}
	}
	pi_slurmconf_finish(&conf);
	if (!counted)
		tell(view, settings->slurm_conf, "MemReserve has no effect: "
		     "SelectTypeParameters does not count memory "
		     "(CR_Core_Memory or the like)");
}

static void look_for_strangers(struct view *view)
{
	const struct pi_inventory *inventory = &view->site->inventory;

	for (size_t i = 0; i < view->nodes->count; i++) {
		const char *name = view->nodes->list[i].name;
		const struct pi_node *node =
			pi_inventory_find(inventory, name, strlen(name));

		if (!node || strcmp(node->name, name) != 0)
			tell(view, name, "in slurmctld's configuration, but not "
			     "in %s", inventory->path);
	}
}

enum pi_exit pi_status_verb(struct pi_site *site)
{
	struct pi_scontrol_nodes nodes = { 0 };
	struct view view = { .site = site, .nodes = &nodes };
	struct pi_err err = { 0 };

	if (pi_site_load(site, &err) < 0) {
		pi_error("%s", err.text);
		return PI_EXIT_REFUSED;
	}
	view.answers = pi_scontrol_nodes(&nodes, &err) == 0;
	if (!view.answers)
		tell(&view, "slurmctld", "%s", err.text);
	for (size_t i = 0; i < site->inventory.count; i++) {
		if (!pi_site_has(site, i))
			continue;
		look_at_facts(&view, &site->inventory.nodes[i],
			      &site->set.facts[i]);
		look_at_slurm(&view, &site->inventory.nodes[i],
			      &site->set.facts[i]);
	}
	if (!site->chosen) {
		look_for_strangers(&view);
		look_at_selection(&view);
	}
	pi_scontrol_nodes_finish(&nodes);
	if (fflush(stdout) != 0) {
		pi_error("standard output cannot be written");
		return PI_EXIT_REFUSED;
	}
	return view.problems > 0 ? PI_EXIT_DIFFERS : PI_EXIT_OK;
}
