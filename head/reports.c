/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reports.c - whose report is it: the outputs of many nodes, in any shape */
#include "head/facts.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/words.h"
#include "lib/log.h"

enum { STRANGERS_NAMED = 5 };

/* Where pi_facts_add() is in its text. */
struct place {
	struct pi_facts_set *set;
	const struct pi_node *owner;	/* of all the text, or NULL */
	const struct pi_node *raw;	/* of raw lines, by the last NodeName= */
	const char *source;
	unsigned line;
};

int pi_facts_start(const struct pi_inventory *inventory,
		   struct pi_facts_set *ret_set)
{
	struct pi_facts *facts = calloc(inventory->count, sizeof(*facts));

	if (!facts)
		return -ENOMEM;
	*ret_set = (struct pi_facts_set) {
		.inventory = inventory,
		.facts = facts,
	};
	return 0;
}

void pi_facts_finish(struct pi_facts_set *set)
{
	for (size_t i = 0; set->facts && i < set->inventory->count; i++)
		free(set->facts[i].problem);
	free(set->facts);
	*set = (struct pi_facts_set) { 0 };
}

static struct pi_facts *facts_of(struct pi_facts_set *set,
				 const struct pi_node *node)
{
	return &set->facts[node - set->inventory->nodes];
}

void pi_facts_refuse(struct pi_facts *facts, const char *format, ...)
{
	va_list args;

	facts->present = false;
	if (facts->problem)
		return;
	va_start(args, format);
	if (vasprintf(&facts->problem, format, args) < 0)
		facts->problem = NULL;
	va_end(args);
}

static bool facts_are_equal(const struct pi_facts *one,
			    const struct pi_facts *two)
{
	return one->cpus == two->cpus && one->boards == two->boards &&
	       one->sockets == two->sockets && one->cores == two->cores &&
	       one->threads == two->threads && one->memory == two->memory &&
	       strcmp(one->gres, two->gres) == 0;
}

static void take_report(struct place *place, const struct pi_node *node,
			const char *line, size_t length)
{
	struct pi_facts *facts = facts_of(place->set, node);
	struct pi_facts found = { 0 };
	struct pi_err err = { 0 };

	if (pi_facts_parse(line, length, &found, &err) < 0) {
		pi_facts_refuse(facts, "its report is refused (%s:%u): %s",
				place->source, place->line, err.text);
	} else if (facts->present && !facts_are_equal(facts, &found)) {
		pi_facts_refuse(facts, "its reports differ (%s:%u and before)",
				place->source, place->line);
	} else if (!facts->present && !facts->problem) {
		found.about = facts->about;
		*facts = found;
	}
}

/* Where the report begins in this line, or NULL if there is none. */
static const char *find_report(const char *line, size_t length)
{
	static const char key[] = "NodeName=";
	const char *end = line + length;
	const char *blank;

	if (length > 12 && memcmp(line, "ClusterName=", 12) == 0) {
		blank = memchr(line, ' ', length);
		line = blank ? blank + 1 : end;
	}
	return (size_t) (end - line) >= sizeof(key) - 1 &&
	       memcmp(line, key, sizeof(key) - 1) == 0 ? line : NULL;
}

static void count_stranger(struct place *place, const char *name, size_t length)
{
	if (length >= PI_NODE_NAME)
		length = PI_NODE_NAME;
	if (length == 0 || !pi_words_only(name, length, PI_NAME_CHARS "."))
		pi_warn("%s:%u: a report without a usable node name; ignored",
			place->source, place->line);
	else if (place->set->strangers < STRANGERS_NAMED)
		pi_warn("%s:%u: %.*s is not in %s; ignored (if it is a node's "
			"own name for itself, say hostname=%.*s there)",
			place->source, place->line, (int) length, name,
			place->set->inventory->path, (int) length, name);
	place->set->strangers++;
}

/* The bytes of "b02" in "b02: text", as pdsh and clush print it; else 0. */
static size_t prefix_length(const char *line, size_t length)
{
	size_t size = 0;

	while (size < length && (isalnum((unsigned char) line[size]) ||
				 line[size] == '-' || line[size] == '_' ||
				 line[size] == '.'))
		size++;
	return size < length && line[size] == ':' ? size : 0;
}

/* Whose line it is by its prefix, which is taken off then; else NULL. */
static const struct pi_node *take_prefix(struct place *place, const char **line,
					 size_t *length)
{
	size_t size = prefix_length(*line, *length);
	const char *dot = memchr(*line, '.', size);
	size_t host = dot ? (size_t) (dot - *line) : size;
	const struct pi_node *node =
		pi_inventory_find(place->set->inventory, *line, host);
	size_t rest = size + 1;

	if (size == 0)
		return NULL;
	if (rest < *length && (*line)[rest] == ' ')
		rest++;
	if (node) {
		*line += rest;
		*length -= rest;
	} else if (find_report(*line + rest, *length - rest)) {
		count_stranger(place, *line, size);
	}
	return node;
}

/* The node that a raw report names itself, or NULL. */
static const struct pi_node *named_node(struct place *place, const char *report,
					size_t length)
{
	const char *name = report + strlen("NodeName=");
	size_t size = 0;
	const struct pi_node *node;

	length -= strlen("NodeName=");
	while (size < length && name[size] != ' ')
		size++;
	node = pi_inventory_find(place->set->inventory, name, size);
	if (!node)
		count_stranger(place, name, size);
	return node;
}

/* What a node said instead of a report is all we can show of its trouble. */
static void note_noise(struct place *place, const struct pi_node *node,
		       const char *line, size_t length)
{
	struct pi_facts *facts = facts_of(place->set, node);
	size_t size = 0;

	if (facts->present || facts->problem || facts->noise[0])
		return;
	for (; size < length && size + 1 < sizeof(facts->noise); size++)
		facts->noise[size] = isprint((unsigned char) line[size])
			? line[size] : '?';
	facts->noise[size] = '\0';
}

static void take_line(struct place *place, const char *line, size_t length)
{
	const struct pi_node *node = place->owner;
	const char *report;

	if (length > 0 && line[length - 1] == '\r')
		length--;
	if (!node)
		node = take_prefix(place, &line, &length);
	report = find_report(line, length);
	if (!node && report)
		place->raw = named_node(place, report,
					length - (size_t) (report - line));
	if (report && (node || place->raw))
		take_report(place, node ? node : place->raw, line, length);
	else if (!report && !node && place->raw)
		(void) pi_facts_take_about(facts_of(place->set, place->raw),
					   place->raw, line, length,
					   place->set->is_store);
	else if (!report && node && length > 0 &&
		 !pi_facts_take_about(facts_of(place->set, node), node, line,
				      length, place->set->is_store))
		note_noise(place, node, line, length);
}

void pi_facts_add(struct pi_facts_set *set, const struct pi_node *node,
		  const char *source, const char *text, size_t size)
{
	struct place place = { .set = set, .owner = node, .source = source };
	const char *end = text + size;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t) (end - text));

		if (!stop)
			stop = end;
		place.line++;
		take_line(&place, text, (size_t) (stop - text));
		text = stop + 1;
	}
}
