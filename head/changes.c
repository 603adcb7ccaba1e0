/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changes.c - which nodes differ between two sets of NodeName lines, and how */
#include "head/changes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/fold.h"
#include "head/slurmconf.h"
#include "lib/auto.h"

/* One node of a set of lines. */
struct entry {
	const char *name;
	const char *address;	/* or NULL */
	const char *shape;
	const char *rest;
};

/* What the entries of a line point into. */
struct line {
	char **names;
	char **addresses;
	char *shape;
	char *rest;
};

struct set {
	struct entry *entries;
	size_t count;
	struct line *lines;
	size_t line_count;
};

static bool is_shape(const struct pi_slurmconf_word *word)
{
	static const char *const keys[] = {
		"CPUs", "Boards", "Sockets", "SocketsPerBoard",
		"CoresPerSocket", "ThreadsPerCore", "Gres", "Port",
		"NodeHostname", "BcastAddr", "CoreSpecCount", "CPUSpecList",
		"State",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (pi_slurmconf_is_key(word, keys[i]))
			return true;
	}
	return false;
}

/* The words of a line, but for names and addresses, as two texts. */
static int cut_line(const char *text, struct line *line, char **ret_names,
		    char **ret_addresses)
{
	struct pi_slurmconf_word word;
	size_t size;
	FILE *shape = open_memstream(&line->shape, &size);
	FILE *rest = shape ? open_memstream(&line->rest, &size) : NULL;
	int rc = rest ? 0 : -ENOMEM;

	while (rc == 0 && pi_slurmconf_word(&text, &word)) {
		char **copy = pi_slurmconf_is_key(&word, "NodeName") ? ret_names
			: pi_slurmconf_is_key(&word, "NodeAddr") ? ret_addresses
			: NULL;

		if (copy && !*copy)
			*copy = strndup(word.value, word.length);
		if (copy && !*copy)
			rc = -ENOMEM;
		if (!copy)
			(void) fprintf(is_shape(&word) ? shape : rest,
				       "%.*s=%.*s ", (int) word.key_length,
				       word.key, (int) word.length, word.value);
	}
	if (shape && fclose(shape) != 0)
		rc = -ENOMEM;
	if (rest && fclose(rest) != 0)
		rc = -ENOMEM;
	return rc;
}

static int add_entries(struct set *set, const struct line *line, size_t count,
		       size_t address_count)
{
	struct entry *more = reallocarray(set->entries, set->count + count,
					  sizeof(*more));

	if (!more)
		return -ENOMEM;
	set->entries = more;
	for (size_t i = 0; i < count; i++)
		set->entries[set->count++] = (struct entry) {
			.name = line->names[i],
			.address = i < address_count ? line->addresses[i] : NULL,
			.shape = line->shape,
			.rest = line->rest,
		};
	return 0;
}

static int add_line(struct set *set, const struct pi_slurmconf_line *from,
		    struct pi_err *err)
{
	struct line *line = &set->lines[set->line_count++];
	pi_auto_free char *names = NULL;
	pi_auto_free char *addresses = NULL;
	size_t count = 0, address_count = 0;
	int rc = cut_line(from->text, line, &names, &addresses);

	if (rc == 0 && !names)
		return 0;
	if (rc == 0)
		rc = pi_fold_expand(names, &line->names, &count, err);
	if (rc == 0 && addresses)
		rc = pi_fold_expand(addresses, &line->addresses, &address_count,
				    err);
	if (rc == 0)
		rc = add_entries(set, line, count, address_count);
	if (rc == -ENOMEM)
		(void) pi_err_set(err, ENOMEM, "%m");
	else if (rc < 0)
		pi_err_prefix(err, "%s:%u", from->file, from->number);
	return rc;
}

static int compare_entries(const void *one, const void *two)
{
	return strcmp(((const struct entry *) one)->name,
		      ((const struct entry *) two)->name);
}

static int fill_set(struct set *set, const struct pi_slurmconf *conf,
		    struct pi_err *err)
{
	int rc = 0;

	set->lines = calloc(conf->count + 1, sizeof(*set->lines));
	if (!set->lines)
		return pi_err_set(err, ENOMEM, "%m");
	for (size_t i = 0; rc == 0 && i < conf->count; i++) {
		const char *text = conf->lines[i].text;
		struct pi_slurmconf_word word;

		if (pi_slurmconf_word(&text, &word) &&
		    pi_slurmconf_is_key(&word, "NodeName"))
			rc = add_line(set, &conf->lines[i], err);
	}
	if (set->count > 0)
		qsort(set->entries, set->count, sizeof(*set->entries),
		      compare_entries);
	return rc;
}

static int read_set(const char *file, const char *text, size_t size,
		    struct set *set, struct pi_err *err)
{
	struct pi_slurmconf conf;
	int rc = pi_slurmconf_parse(file, text, size, &conf, err);

	if (rc < 0)
		return rc;
	rc = fill_set(set, &conf, err);
	pi_slurmconf_finish(&conf);
	return rc;
}

static void finish_set(struct set *set)
{
	for (size_t i = 0; i < set->line_count; i++) {
		free(set->lines[i].names);
		free(set->lines[i].addresses);
		free(set->lines[i].shape);
		free(set->lines[i].rest);
	}
	free(set->entries);
	free(set->lines);
}

static int add_change(struct pi_changes *changes, const char *name,
		      enum pi_change_kind kind)
{
	struct pi_change *change = &changes->list[changes->count];

	change->name = strdup(name);
	change->kind = kind;
	if (!change->name)
		return -ENOMEM;
	changes->count++;
	changes->structural |= kind != PI_CHANGE_OTHER;
	return 0;
}

static int compare_node(struct pi_changes *changes, const struct entry *old,
			const struct entry *new)
{
	const char *old_address = old->address ? old->address : "";
	const char *new_address = new->address ? new->address : "";

	if (strcmp(old->shape, new->shape) != 0 ||
	    strcmp(old_address, new_address) != 0)
		return add_change(changes, new->name, PI_CHANGE_SHAPE);
	if (strcmp(old->rest, new->rest) != 0)
		return add_change(changes, new->name, PI_CHANGE_OTHER);
	return 0;
}

static int compare_sets(struct pi_changes *changes, const struct set *old,
			const struct set *new)
{
	size_t i = 0, j = 0;
	int rc = 0;

	changes->list = calloc(old->count + new->count + 1,
			       sizeof(*changes->list));
	if (!changes->list)
		return -ENOMEM;
	changes->nodes = new->count;
	changes->lines = new->line_count;
	while (rc == 0 && (i < old->count || j < new->count)) {
		int order = i == old->count ? 1 : j == new->count ? -1
			: strcmp(old->entries[i].name, new->entries[j].name);

		if (order < 0)
			rc = add_change(changes, old->entries[i++].name,
					PI_CHANGE_REMOVED);
		else if (order > 0)
			rc = add_change(changes, new->entries[j++].name,
					PI_CHANGE_ADDED);
		else
			rc = compare_node(changes, &old->entries[i++],
					  &new->entries[j++]);
	}
	return rc;
}

int pi_changes_find(const char *file, const char *old_lines, size_t old_size,
		    const char *new_lines, size_t new_size,
		    struct pi_changes *ret_changes, struct pi_err *err)
{
	struct pi_changes changes = { 0 };
	struct set old = { 0 }, new = { 0 };
	int rc = read_set(file, old_lines, old_size, &old, err);

	if (rc == 0)
		rc = read_set("the new lines", new_lines, new_size, &new, err);
	if (rc == 0) {
		rc = compare_sets(&changes, &old, &new);
		if (rc < 0)
			(void) pi_err_set(err, -rc, "%m");
	}
	finish_set(&old);
	finish_set(&new);
	if (rc < 0)
		pi_changes_finish(&changes);
	else
		*ret_changes = changes;
	return rc;
}

void pi_changes_finish(struct pi_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		free(changes->list[i].name);
	free(changes->list);
	*changes = (struct pi_changes) { 0 };
}
