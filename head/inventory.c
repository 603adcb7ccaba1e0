/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inventory.c - the nodes file: who belongs to the cluster, by genders(5) */
#include "head/inventory.h"

#include <ctype.h>
#include <errno.h>
#include <genders.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/attribute.h"
#include "lib/auto.h"

struct pi_inventory_key {
	const char *text;
	size_t node;
};

static int fill_node(struct pi_node *node, genders_t genders, char **names,
		     char **values, struct pi_err *err)
{
	int count = genders_getattr(genders, names, values,
				    genders_getmaxattrs(genders), node->name);
	const char *wanted = pi_attribute_check_name(node->name);
	int rc;

	if (wanted)
		return pi_err_set(err, EINVAL, "%.80s: a node's name must be "
				  "%s", node->name, wanted);
	node->weight = UINT32_MAX;
	for (int i = 0; i < count; i++) {
		rc = pi_attribute_set(node, names[i], values[i], err);
		if (rc < 0)
			return rc;
	}
	if (node->weight == UINT32_MAX)
		node->weight = node->head ? PI_WEIGHT_HEAD : PI_WEIGHT_COMPUTE;
	if (!node->ip)
		return pi_err_set(err, EINVAL, "%s: no ip=; Slurm must not "
				  "look addresses up by name", node->name);
	return 0;
}

static int fill_nodes(struct pi_inventory *inventory, genders_t genders,
		      char **nodes, struct pi_err *err)
{
	char **names = NULL, **values = NULL;
	int rc = 0;

	if (genders_attrlist_create(genders, &names) < 0)
		return pi_err_set(err, ENOMEM, "%m");
	if (genders_vallist_create(genders, &values) < 0) {
		(void) genders_attrlist_destroy(genders, names);
		return pi_err_set(err, ENOMEM, "%m");
	}
	for (size_t i = 0; rc == 0 && i < inventory->count; i++) {
		char *name = strdup(nodes[i]);

		if (!name) {
			rc = pi_err_set(err, ENOMEM, "%m");
			break;
		}
		inventory->nodes[i].name = name;
		(void) genders_attrlist_clear(genders, names);
		(void) genders_vallist_clear(genders, values);
		rc = fill_node(&inventory->nodes[i], genders, names, values,
			       err);
	}
	(void) genders_attrlist_destroy(genders, names);
	(void) genders_vallist_destroy(genders, values);
	return rc;
}

static int compare_keys(const void *a, const void *b)
{
	const struct pi_inventory_key *one = a, *two = b;
	int order = strcmp(one->text, two->text);

	return order ? order : (one->node > two->node) - (one->node < two->node);
}

/* Sort `keys` and refuse a text that stands for two nodes. */
static int sort_unique(const struct pi_inventory *inventory, const char *what,
		       struct pi_inventory_key *keys, size_t count,
		       struct pi_err *err)
{
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(keys[i - 1].text, keys[i].text) != 0 ||
		    keys[i - 1].node == keys[i].node)
			continue;
		return pi_err_set(err, EINVAL, "%s and %s have the same %s %s",
				  inventory->nodes[keys[i - 1].node].name,
				  inventory->nodes[keys[i].node].name, what,
				  keys[i].text);
	}
	return 0;
}

static int check_attribute_unique(const struct pi_inventory *inventory,
				  size_t attribute, struct pi_err *err)
{
	pi_auto_free struct pi_inventory_key *keys =
		calloc(inventory->count, sizeof(*keys));
	size_t count = 0;

	if (!keys)
		return pi_err_set(err, ENOMEM, "%m");
	for (size_t i = 0; i < inventory->count; i++) {
		const char *value = *pi_attribute_field(&inventory->nodes[i],
							 attribute);

		if (value)
			keys[count++] = (struct pi_inventory_key) { value, i };
	}
	return sort_unique(inventory, pi_attribute_name(attribute), keys, count, err);
}

static int index_names(struct pi_inventory *inventory, struct pi_err *err)
{
	struct pi_inventory_key *keys;

	keys = calloc(2 * inventory->count, sizeof(*keys));
	if (!keys)
		return pi_err_set(err, ENOMEM, "%m");
	inventory->keys = keys;
	for (size_t i = 0; i < inventory->count; i++) {
		const struct pi_node *node = &inventory->nodes[i];

		keys[inventory->key_count++].text = node->name;
		keys[inventory->key_count - 1].node = i;
		if (!node->hostname)
			continue;
		keys[inventory->key_count++].text = node->hostname;
		keys[inventory->key_count - 1].node = i;
	}
	return sort_unique(inventory, "name", keys, inventory->key_count, err);
}

int pi_inventory_index(struct pi_inventory *inventory, struct pi_err *err)
{
	int rc = index_names(inventory, err);

	for (size_t i = 0; rc == 0 && pi_attribute_name(i); i++) {
		if (pi_attribute_is_unique(i))
			rc = check_attribute_unique(inventory, i, err);
	}
	return rc;
}

/* libgenders says which line only when it is asked to print. */
static int explain_refusal(const char *path, const char *reason,
			   struct pi_err *err)
{
	pi_auto_free char *text = NULL;
	size_t size = 0;
	unsigned line = 0;
	int at = 0;
	genders_t again = genders_handle_create();
	FILE *stream = open_memstream(&text, &size);

	if (again && stream)
		(void) genders_parse(again, path, stream);
	if (again)
		(void) genders_handle_destroy(again);
	if (stream)
		(void) fclose(stream);
	if (text && sscanf(text, "Line %u: %n", &line, &at) == 1 && at > 0)
		return pi_err_set(err, EINVAL, "%s:%u: %.*s", path, line,
				  (int) strcspn(text + at, "\n"), text + at);
	return pi_err_set(err, EINVAL, "%s: %s", path, reason);
}

/* libgenders ends a line at a NUL byte and takes escape sequences for names. */
static int check_bytes(const char *path, struct pi_err *err)
{
	pi_auto_file *file = fopen(path, "re");
	unsigned line = 1;
	int byte;

	if (!file)
		return pi_err_set(err, errno, "%s: %m", path);
	while ((byte = getc_unlocked(file)) != EOF) {
		if (byte == '\n')
			line++;
		else if (iscntrl(byte) && byte != '\t' && byte != '\r')
			return pi_err_set(err, EINVAL, "%s:%u: a control "
					  "character (%d)", path, line, byte);
	}
	if (ferror(file))
		return pi_err_set(err, errno, "%s: %m", path);
	return 0;
}

static int fill_inventory(struct pi_inventory *inventory, genders_t genders,
			  struct pi_err *err)
{
	char **nodes = NULL;
	int count, rc;

	count = genders_nodelist_create(genders, &nodes);
	if (count < 0)
		return pi_err_set(err, ENOMEM, "%m");
	count = genders_getnodes(genders, nodes, count, NULL, NULL);
	if (count <= 0) {
		rc = pi_err_set(err, EINVAL, "no node in it");
	} else {
		inventory->nodes = calloc((size_t) count,
					  sizeof(*inventory->nodes));
		inventory->count = inventory->nodes ? (size_t) count : 0;
		rc = inventory->nodes ? fill_nodes(inventory, genders, nodes, err)
				      : pi_err_set(err, ENOMEM, "%m");
	}
	(void) genders_nodelist_destroy(genders, nodes);
	return rc < 0 ? rc : pi_inventory_index(inventory, err);
}

int pi_inventory_read(const char *path, struct pi_inventory *ret_inventory,
		      struct pi_err *err)
{
	struct pi_inventory inventory = { .path = strdup(path) };
	genders_t genders = genders_handle_create();
	int rc;

	if (!inventory.path || !genders)
		rc = pi_err_set(err, ENOMEM, "%m");
	else
		rc = check_bytes(path, err);
	if (rc == 0 && genders_load_data(genders, path) < 0) {
		rc = explain_refusal(path, genders_errormsg(genders), err);
	} else if (rc == 0) {
		rc = fill_inventory(&inventory, genders, err);
		if (rc < 0)
			pi_err_prefix(err, "%s", path);
	}
	if (genders)
		(void) genders_handle_destroy(genders);
	if (rc < 0)
		pi_inventory_finish(&inventory);
	else
		*ret_inventory = inventory;
	return rc;
}

void pi_inventory_finish(struct pi_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		for (size_t j = 0; pi_attribute_name(j); j++)
			free(*pi_attribute_field(&inventory->nodes[i], j));
		free(inventory->nodes[i].name);
	}
	free(inventory->nodes);
	free(inventory->keys);
	free(inventory->path);
	*inventory = (struct pi_inventory) { 0 };
}

struct pi_node *pi_inventory_find(const struct pi_inventory *inventory,
				  const char *name, size_t length)
{
	size_t low = 0, high = inventory->key_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *text = inventory->keys[middle].text;
		size_t size = strlen(text);
		/* The name may be anything, NUL bytes too. */
		int order = memcmp(text, name, size < length ? size : length);

		if (order == 0 && size == length)
			return &inventory->nodes[inventory->keys[middle].node];
		if (order == 0)
			order = size < length ? -1 : 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
