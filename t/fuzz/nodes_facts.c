/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nodes_facts.c - fuzz the reports that nodes give to pi-nodes */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/cluster.h"
#include "head/facts.h"
#include "head/render.h"
#include "head/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pi_node nodes[] = {
	{ .name = (char *) "b01", .ip = (char *) "10.0.0.1",
	  .hostname = (char *) "sebe", .weight = 100 },
	{ .name = (char *) "b02", .ip = (char *) "10.0.0.2",
	  .mac = (char *) "dc:a6:32:00:00:02", .weight = 1 },
	{ .name = (char *) "b03", .ip = (char *) "10.0.0.3", .weight = 1,
	  .state = (char *) "future" },
};

/* No sign of anything that slurm.conf would take for more than a word. */
static void check_lines(const char *text)
{
	const char *line = strchr(text, '\n');

	for (const char *at = line; at && *at; at++) {
		if ((*at < ' ' && *at != '\n') || strchr("#;\"\\`'", *at))
			abort();
	}
	for (; line && line[1]; line = strchr(line + 1, '\n')) {
		if (strncmp(line + 1, "NodeName=b0", 11) != 0 &&
		    strncmp(line + 1, "NodeName=b[", 11) != 0)
			abort();
	}
}

static void render(const struct pi_facts_set *set)
{
	const struct pi_cluster cluster = { .mem_slack = 200,
					    .scratch_gres = true };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int rc = pi_render(out, set, &cluster, NULL, NULL);

	(void) fclose(out);
	if (rc >= 0)
		check_lines(text);
	free(text);
}

/* What is kept must come back the same. */
static void keep(const struct pi_inventory *inventory, const struct pi_facts *facts)
{
	struct pi_facts_set again;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	pi_store_write(out, facts);
	(void) fclose(out);
	if (pi_facts_start(inventory, &again) < 0)
		abort();
	again.is_store = true;
	pi_facts_add(&again, &nodes[1], "the store", text, length);
	if (again.facts[1].present != facts->present ||
	    again.facts[1].memory != facts->memory ||
	    strcmp(again.facts[1].gres, facts->gres) != 0 ||
	    strcmp(again.facts[1].about.mac, facts->about.mac) != 0 ||
	    again.facts[1].about.card_bytes != facts->about.card_bytes)
		abort();
	pi_facts_finish(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pi_inventory inventory = { .path = (char *) "x", .nodes = nodes,
					  .count = 3 };
	struct pi_facts_set set;
	const struct pi_node *owner = NULL;

	/* The first byte says whose output it is: nobody's, or b02's. */
	if (size > 0 && data[0] % 2)
		owner = &nodes[1];
	if (pi_inventory_index(&inventory, NULL) < 0 ||
	    pi_facts_start(&inventory, &set) < 0)
		abort();
	if (size > 0)
		pi_facts_add(&set, owner, "fuzz", (const char *) data + 1,
			     size - 1);
	render(&set);
	if (set.facts[1].present)
		keep(&inventory, &set.facts[1]);
	pi_facts_finish(&set);
	free(inventory.keys);
	return 0;
}
