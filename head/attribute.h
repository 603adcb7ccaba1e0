/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attribute.h - the words after a node's name in the inventory */
#ifndef PI_ATTRIBUTE_H
#define PI_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "head/inventory.h"
#include "lib/err.h"

/*
 * Give `node` the attribute `name` with `value`, which may be changed ("" for
 * a word without one). Returns 0; -EINVAL with the node and the reason in
 * *err for an attribute or a value that is not ours; or -ENOMEM.
 */
int pi_attribute_set(struct pi_node *node, const char *name, char *value,
		     struct pi_err *err);

/* NULL if a node, or its hostname=, may be called `value`; else what may be. */
const char *pi_attribute_check_name(char *value);

/* The n-th attribute that is text: its name (NULL past the last one), its
 * place in a node, and whether no two nodes may share its value. */
const char *pi_attribute_name(size_t n);
char **pi_attribute_field(const struct pi_node *node, size_t n);
bool pi_attribute_is_unique(size_t n);

#endif
