/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.h - the last known facts of each node, one small file a node */
#ifndef PI_STORE_H
#define PI_STORE_H

#include <stdio.h>

#include "head/facts.h"
#include "lib/err.h"

/*
 * Read what the directory holds of the inventory's nodes into the set. A
 * missing directory holds nothing. Returns 0 or a negative errno.
 */
int pi_store_load(const char *dir, struct pi_facts_set *set,
		  struct pi_err *err);

/*
 * Replace a node's file, making the directory if need be. A reader sees the
 * old file or the new one. Returns 0 or a negative errno with the path in *err
 * and the old file in place.
 */
int pi_store_save(const char *dir, const struct pi_node *node,
		  const struct pi_facts *facts, struct pi_err *err);

/* A node's file, as pi_facts_add() reads it with `is_store`. */
void pi_store_write(FILE *out, const struct pi_facts *facts);

#endif
