/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts.h - what the nodes say of their hardware: `slurmd -C`, read warily */
#ifndef PI_FACTS_H
#define PI_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "head/inventory.h"
#include "lib/err.h"

enum {
	PI_FACTS_GRES = 256,	/* a Gres= value, with its NUL */
	PI_FACTS_NOISE = 64,	/* a node's other words worth showing */
	PI_FACTS_TROUBLE = 160,
	PI_FACTS_LINE = 4096,	/* the longest line that a report may have */
	PI_FACTS_COUNT_MAX = 65535,	/* Slurm counts CPUs in 16 bits */
};

/* What comes with a report from our own gathering, or from the agent. */
struct pi_facts_about {
	char mac[18];		/* the inventory's, if the node has that one */
	char serial[33];
	uint64_t card_bytes;
	uint64_t time;		/* the node's clock, as it answered; or 0 */
	/* kept in the store */
	uint64_t gathered;	/* our clock, as the report came */
	uint64_t seen_memory;	/* MiB it has lost down to, or 0 */
	char trouble[PI_FACTS_TROUBLE];	/* of the last gathering, or "" */
};

/* One node's report. All numbers are above 0 when `present` is set. */
struct pi_facts {
	bool present;
	uint64_t cpus;
	uint64_t boards;
	uint64_t sockets;	/* a board */
	uint64_t cores;		/* a socket */
	uint64_t threads;	/* a core */
	uint64_t memory;	/* MiB, as slurmd measured it */
	char name[PI_NODE_NAME];	/* what the node calls itself */
	char gres[PI_FACTS_GRES];
	struct pi_facts_about about;
	char noise[PI_FACTS_NOISE];	/* what it said before any report */
	char *problem;		/* why there are no facts, or NULL */
};

/* The reports of all nodes; facts[i] belongs to inventory->nodes[i]. */
struct pi_facts_set {
	const struct pi_inventory *inventory;
	struct pi_facts *facts;
	size_t strangers;	/* reports of nodes that are not ours */
	bool is_store;		/* the text is our own, from head/store */
};

/*
 * Read one line `NodeName=... CPUs=... ...` of `slurmd -C`, without its
 * newline, of any release of Slurm from 17.02 to 26.05. Words that we do not
 * need are passed over.
 *
 * Refused (-EINVAL, with the reason in *err and *ret_facts untouched) are
 * control characters and any of # ; " \ ` in it; a missing CPUs or RealMemory;
 * a key given twice; a number that is 0, too large or looks octal; and CPUs
 * that are neither all threads nor all cores.
 */
int pi_facts_parse(const char *line, size_t length, struct pi_facts *ret_facts,
		   struct pi_err *err);

/*
 * Note why there are no facts. The first reason is kept; without memory for it
 * there is none.
 */
void pi_facts_refuse(struct pi_facts *facts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Begin an empty set; `inventory` must outlive it. Returns 0 or -ENOMEM. */
int pi_facts_start(const struct pi_inventory *inventory,
		   struct pi_facts_set *ret_set);

void pi_facts_finish(struct pi_facts_set *set);

/*
 * Add the `size` bytes at `text` to the set: output of `slurmd -C`, one node's
 * or many nodes' after each other, raw or with "NODE: " before each line as
 * pdsh and clush print it, and whatever other lines are around it.
 *
 * `node` is whose output it is; with NULL the prefix or else the report's own
 * NodeName says it. `source` is for messages. A report that is refused becomes
 * that node's `problem`; so do two reports of one node that differ. Lines of
 * MAC=, Serial=, CardBytes= and Time= after a report are taken with it. Reports
 * of nodes that the inventory does not have are counted, and the first ones
 * warned about.
 */
void pi_facts_add(struct pi_facts_set *set, const struct pi_node *node,
		  const char *source, const char *text, size_t size);

/*
 * Take a line of MAC=, Serial=, CardBytes= or Time=, and of what the store
 * keeps besides if `is_store`; a value that cannot be is dropped. Returns
 * whether it was such a line.
 */
bool pi_facts_take_about(struct pi_facts *facts, const struct pi_node *node,
			 const char *line, size_t length, bool is_store);

/*
 * Does the report come from another board, or under another name, than the
 * inventory's? Returns 0; 1 with the words in *err for a name, which does no
 * harm to the facts; -ENODEV for a MAC or serial number, which does.
 */
int pi_facts_check_board(const struct pi_node *node,
			 const struct pi_facts *facts, struct pi_err *err);

/*
 * Add what lies at `path`: a file, "-" for standard input, or a directory with
 * one file for each node, named after it (a leading dot or a trailing ~ hides
 * a file). Returns 0 or a negative errno with the path in *err.
 */
int pi_facts_load(struct pi_facts_set *set, const char *path,
		  struct pi_err *err);

#endif
