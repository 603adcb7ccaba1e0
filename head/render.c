/* SPDX-License-Identifier: GPL-2.0-or-later */
/* render.c - inventory and facts in, NodeName lines out; nothing else */
#include "head/render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "head/fold.h"
#include "lib/auto.h"

/* A node and the part of its line that others can share. */
struct entry {
	char *tail;
	const struct pi_node *node;
};

uint64_t pi_render_memory(uint64_t memory, const struct pi_cluster *cluster)
{
	return memory * (10000 - cluster->mem_slack) / 10000 / 16 * 16;
}

uint64_t pi_render_card(uint64_t bytes)
{
	return bytes / 100 * 95 / (1 << 20) / 100 * 100;
}

/* Lists of Slurm's have commas, which a value of genders(5) cannot. */
static void write_list(FILE *out, const char *key, const char *list)
{
	if (!list || !*list)
		return;
	(void) fprintf(out, " %s=", key);
	for (; *list; list++)
		(void) fputc(*list == '+' ? ',' : *list, out);
}

/* extra=Port:7003+CoreSpecCount:1 */
static void write_extra(FILE *out, const char *extra)
{
	bool in_key = true;

	if (extra)
		(void) fputc(' ', out);
	for (; extra && *extra; extra++) {
		if (*extra == '+')
			(void) fputc(' ', out);
		else if (*extra == ':' && in_key)
			(void) fputc('=', out);
		else
			(void) fputc(*extra, out);
		in_key = *extra == '+' || (in_key && *extra != ':');
	}
}

/* The inventory's word goes before the report's; the card's comes last. */
static void write_gres(FILE *out, const struct pi_node *node,
		       const struct pi_facts *facts,
		       const struct pi_cluster *cluster)
{
	const char *gres = node->gres ? node->gres : facts->gres;
	uint64_t card = cluster->scratch_gres
		? pi_render_card(facts->about.card_bytes) : 0;

	write_list(out, "Gres", gres);
	if (card)
		(void) fprintf(out, "%sscratch:%lu", *gres ? "," : " Gres=",
			       (unsigned long) card);
}

static int write_tail(FILE *out, const struct pi_node *node,
		      const struct pi_facts *facts,
		      const struct pi_cluster *cluster, struct pi_err *err)
{
	uint64_t memory = pi_render_memory(facts->memory, cluster);

	if (facts->present) {
		if (memory == 0 || memory <= cluster->mem_reserve)
			return pi_err_set(err, EINVAL, "%s: its %lu MiB leave "
					  "nothing for jobs (MemSlack, "
					  "MemReserve)", node->name,
					  (unsigned long) facts->memory);
		(void) fprintf(out, " CPUs=%lu Boards=%lu SocketsPerBoard=%lu"
			       " CoresPerSocket=%lu ThreadsPerCore=%lu"
			       " RealMemory=%lu", (unsigned long) facts->cpus,
			       (unsigned long) facts->boards,
			       (unsigned long) facts->sockets,
			       (unsigned long) facts->cores,
			       (unsigned long) facts->threads,
			       (unsigned long) memory);
		if (cluster->mem_reserve)
			(void) fprintf(out, " MemSpecLimit=%lu",
				       (unsigned long) cluster->mem_reserve);
	}
	(void) fprintf(out, " Weight=%u", node->weight);
	write_list(out, "Feature", node->feature);
	write_gres(out, node, facts, cluster);
	if (cluster->tmp_disk && facts->about.card_bytes)
		(void) fprintf(out, " TmpDisk=%lu", (unsigned long)
			       pi_render_card(facts->about.card_bytes));
	write_extra(out, node->extra);
	if (!facts->present)
		(void) fputs(" State=FUTURE", out);
	return 0;
}

static int make_tail(struct entry *entry, const struct pi_facts *facts,
		     const struct pi_cluster *cluster, struct pi_err *err)
{
	size_t size;
	FILE *out = open_memstream(&entry->tail, &size);
	int rc;

	if (!out)
		return pi_err_set(err, ENOMEM, "%m");
	rc = write_tail(out, entry->node, facts, cluster, err);
	if (fclose(out) != 0 && rc == 0)
		rc = pi_err_set(err, ENOMEM, "%m");
	return rc;
}

/* By kind, and within a kind as people count. */
static int compare_kinds(const void *a, const void *b)
{
	const struct entry *one = a, *two = b;
	int order = strcmp(one->tail, two->tail);

	return order ? order : pi_fold_compare(&one->node->name,
					       &two->node->name);
}

struct kind {
	const struct entry *entries;
	size_t count;
	const struct pi_node *first;	/* in the inventory */
};

static int compare_first(const void *a, const void *b)
{
	const struct kind *one = a, *two = b;

	return (one->first > two->first) - (one->first < two->first);
}

/* Put what the nodes call themselves over their names; was there any such? */
static bool take_host_names(const struct kind *kind, const char **texts)
{
	bool any = false;

	for (size_t i = 0; i < kind->count; i++) {
		const char *name = kind->entries[i].node->hostname;

		if (name)
			texts[i] = name;
		any |= name != NULL;
	}
	return any;
}

/* `texts` has room for every node of the kind. */
static void write_kind(FILE *out, const struct kind *kind, const char **texts)
{
	for (size_t i = 0; i < kind->count; i++)
		texts[i] = kind->entries[i].node->name;
	(void) fputs("NodeName=", out);
	pi_fold_write(out, texts, kind->count);
	if (take_host_names(kind, texts)) {
		(void) fputs(" NodeHostname=", out);
		pi_fold_write(out, texts, kind->count);
	}
	for (size_t i = 0; i < kind->count; i++)
		texts[i] = kind->entries[i].node->ip;
	(void) fputs(" NodeAddr=", out);
	pi_fold_write(out, texts, kind->count);
	(void) fprintf(out, "%s\n", kind->entries->tail);
}

/* Cut the sorted entries into kinds; returns how many there are. */
static size_t cut_kinds(const struct entry *entries, size_t count,
			struct kind *kinds)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(entries[i - 1].tail, entries[i].tail) != 0)
			kinds[used++] = (struct kind) {
				&entries[i], 0, entries[i].node,
			};
		kinds[used - 1].count++;
		if (entries[i].node < kinds[used - 1].first)
			kinds[used - 1].first = entries[i].node;
	}
	return used;
}

static int write_kinds(FILE *out, struct entry *entries, size_t count,
		       struct pi_err *err)
{
	pi_auto_free struct kind *kinds = calloc(count + 1, sizeof(*kinds));
	pi_auto_free const char **texts = calloc(count + 1, sizeof(*texts));
	size_t used;

	if (!kinds || !texts)
		return pi_err_set(err, ENOMEM, "%m");
	qsort(entries, count, sizeof(*entries), compare_kinds);
	used = cut_kinds(entries, count, kinds);
	qsort(kinds, used, sizeof(*kinds), compare_first);
	for (size_t i = 0; i < used; i++)
		write_kind(out, &kinds[i], texts);
	return 0;
}

int pi_render(FILE *out, const struct pi_facts_set *set,
	      const struct pi_cluster *cluster, const bool *chosen,
	      struct pi_err *err)
{
	const struct pi_inventory *inventory = set->inventory;
	pi_auto_free struct entry *entries =
		calloc(inventory->count, sizeof(*entries));
	size_t count = 0, left_out = 0;
	int rc = entries ? 0 : pi_err_set(err, ENOMEM, "%m");

	for (size_t i = 0; rc == 0 && i < inventory->count; i++) {
		if (chosen && !chosen[i])
			continue;
		if (!set->facts[i].present && !inventory->nodes[i].state) {
			left_out++;
			continue;
		}
		entries[count].node = &inventory->nodes[i];
		rc = make_tail(&entries[count++], &set->facts[i], cluster, err);
	}
	if (rc == 0) {
		(void) fprintf(out, "# Written by pi-nodes from %s. Edit that "
			       "file, then run: pi-nodes apply\n",
			       inventory->path);
		rc = write_kinds(out, entries, count, err);
	}
	for (size_t i = 0; i < count; i++)
		free(entries[i].tail);
	return rc < 0 ? rc : (int) left_out;
}
