/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inventory.h - the nodes file: who belongs to the cluster, by genders(5) */
#ifndef PI_INVENTORY_H
#define PI_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

#define PI_INVENTORY_FILE "/etc/slurm-pi/nodes"

enum {
	PI_NODE_NAME = 64,	/* a node's name, with its NUL */
	PI_WEIGHT_HEAD = 100,
	PI_WEIGHT_COMPUTE = 1,
};

/* A node; text that its line does not give is NULL. */
struct pi_node {
	char *name;
	char *ip;		/* numeric, always given */
	char *mac;		/* lower case */
	char *serial;
	char *image;
	char *hostname;		/* what the node calls itself, if not `name` */
	char *feature;		/* words joined by '+' */
	char *gres;		/* NAME[:TYPE][:COUNT] joined by '+' */
	char *state;		/* "future" for a board not seen yet */
	char *extra;		/* Key:Value joined by '+' */
	uint32_t weight;
	bool head;
};

struct pi_inventory_key;

struct pi_inventory {
	char *path;
	struct pi_node *nodes;	/* in the order of the file */
	size_t count;
	/* names and host names, sorted; for pi_inventory_find() */
	struct pi_inventory_key *keys;
	size_t key_count;
};

/*
 * Read the nodes file at `path`.
 *
 * Refused are: what libgenders refuses; control characters; a name that Slurm
 * could not take; an attribute with a value that is not one of ours (those of
 * a site begin with "x-"), or one of ours with a bad value; a node without
 * ip=; two nodes with one address, MAC, serial number or host name; and a file
 * without nodes.
 *
 * Returns 0 and fills *ret_inventory, to be released with
 * pi_inventory_finish(); or a negative errno with the file and the line or
 * node in *err, and *ret_inventory untouched.
 */
int pi_inventory_read(const char *path, struct pi_inventory *ret_inventory,
		      struct pi_err *err);

/*
 * Make the nodes, which are there already, known to pi_inventory_find(), and
 * refuse (-EINVAL) two with one name, address, MAC or serial number. Part of
 * pi_inventory_read().
 */
int pi_inventory_index(struct pi_inventory *inventory, struct pi_err *err);

void pi_inventory_finish(struct pi_inventory *inventory);

/*
 * The node called `name`, of `length` bytes: by its name, else by the
 * hostname= it was given; NULL if there is none.
 */
struct pi_node *pi_inventory_find(const struct pi_inventory *inventory,
				  const char *name, size_t length);

#endif
