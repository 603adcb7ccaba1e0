/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scontrol.c - what the running slurmctld knows, and telling it something */
#include "head/scontrol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/child.h"
#include "lib/auto.h"

enum { SCONTROL_MS = 60000, WORDS = 8 };

/* `scontrol WORD...` with its output in *ret_child. */
static int run(const char *const words[], struct pi_child *ret_child,
	       struct pi_err *err)
{
	const char *argv[WORDS + 2] = { "scontrol" };
	struct pi_child child;
	int rc;

	for (size_t i = 0; i < WORDS && words[i]; i++)
		argv[i + 1] = words[i];
	rc = pi_child_run(argv, SCONTROL_MS, &child, err);
	if (rc < 0)
		return rc;
	if (rc > 0) {
		const char *said = child.complained.bytes
			? child.complained.bytes
			: child.said.bytes ? child.said.bytes : "";

		rc = pi_err_set(err, EIO, "scontrol %s: %.*s", words[0],
				(int) strcspn(said, "\n"), said);
		pi_child_finish(&child);
		return rc;
	}
	*ret_child = child;
	return 0;
}

int pi_scontrol_run(const char *const words[], struct pi_err *err)
{
	struct pi_child child;
	int rc = run(words, &child, err);

	if (rc == 0)
		pi_child_finish(&child);
	return rc;
}

bool pi_scontrol_ping(void)
{
	struct pi_child child;
	bool up;

	if (run((const char *const[]) { "ping", NULL }, &child, NULL) < 0)
		return false;
	up = child.said.bytes && strstr(child.said.bytes, " UP");
	pi_child_finish(&child);
	return up;
}

int pi_scontrol_version(unsigned *ret_release, char *text, size_t size,
			struct pi_err *err)
{
	static const char key[] = "SLURM_VERSION";
	struct pi_child child;
	unsigned year = 0, month = 0;
	const char *at;
	int rc = run((const char *const[]) { "show", "config", NULL }, &child,
		     err);

	if (rc < 0)
		return rc;
	at = child.said.bytes ? strstr(child.said.bytes, key) : NULL;
	at = at ? at + strlen(key) + strspn(at + strlen(key), " =") : "";
	if (sscanf(at, "%u.%u", &year, &month) != 2 || month > 99)
		rc = pi_err_set(err, EIO, "scontrol show config: no %s", key);
	else
		(void) snprintf(text, size, "%.*s", (int) strcspn(at, " \n"),
				at);
	pi_child_finish(&child);
	if (rc == 0)
		*ret_release = year * 100 + month;
	return rc;
}

/* The value after " Key=" in a line, up to one of `ends`; "" without it. */
static char *copy_value(const char *line, const char *key, const char *ends)
{
	const char *at = strstr(line, key);

	if (!at)
		return strdup("");
	at += strlen(key);
	return strndup(at, strcspn(at, ends));
}

static int add_node(struct pi_scontrol_nodes *nodes, const char *line)
{
	struct pi_scontrol_node *more, node = { 0 };
	pi_auto_free char *memory = copy_value(line, " RealMemory=", " ");
	pi_auto_free char *started = copy_value(line, " SlurmdStartTime=", " ");

	if (!memory || !started)
		return -ENOMEM;
	more = reallocarray(nodes->list, nodes->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	nodes->list = more;
	node.name = copy_value(line, "NodeName=", " ");
	node.state = copy_value(line, " State=", " ");
	node.reason = copy_value(line, " Reason=", "[");
	node.registered = started[0] >= '0' && started[0] <= '9';
	node.memory = strtoull(memory, NULL, 10);
	nodes->list[nodes->count++] = node;
	if (!node.name || !node.state || !node.reason)
		return -ENOMEM;
	for (size_t end = strlen(node.reason);
	     end > 0 && node.reason[end - 1] == ' '; end--)
		node.reason[end - 1] = '\0';
	return 0;
}

static int compare_nodes(const void *one, const void *two)
{
	return strcmp(((const struct pi_scontrol_node *) one)->name,
		      ((const struct pi_scontrol_node *) two)->name);
}

int pi_scontrol_nodes(struct pi_scontrol_nodes *ret_nodes, struct pi_err *err)
{
	struct pi_scontrol_nodes nodes = { 0 };
	struct pi_child child;
	char *save = NULL;
	int rc = run((const char *const[]) { "--oneliner", "--all",
					     "--future", "show",
					     "node", NULL }, &child, err);

	if (rc < 0)
		return rc;
	for (char *line = child.said.bytes
		     ? strtok_r(child.said.bytes, "\n", &save) : NULL;
	     line && rc == 0; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "NodeName=", strlen("NodeName=")) == 0)
			rc = add_node(&nodes, line);
	}
	if (rc == 0 && child.said.cut)
		rc = -EFBIG;
	pi_child_finish(&child);
	if (rc < 0) {
		pi_scontrol_nodes_finish(&nodes);
		return pi_err_set(err, -rc, "scontrol show node: %m");
	}
	if (nodes.count > 0)
		qsort(nodes.list, nodes.count, sizeof(*nodes.list),
		      compare_nodes);
	*ret_nodes = nodes;
	return 0;
}

void pi_scontrol_nodes_finish(struct pi_scontrol_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		free(nodes->list[i].name);
		free(nodes->list[i].state);
		free(nodes->list[i].reason);
	}
	free(nodes->list);
	*nodes = (struct pi_scontrol_nodes) { 0 };
}

const struct pi_scontrol_node *
pi_scontrol_find(const struct pi_scontrol_nodes *nodes, const char *name)
{
	const struct pi_scontrol_node key = { .name = (char *) name };

	if (nodes->count == 0)
		return NULL;
	return bsearch(&key, nodes->list, nodes->count, sizeof(key),
		       compare_nodes);
}

bool pi_scontrol_has_state(const struct pi_scontrol_node *node,
			   const char *flag)
{
	size_t length = strlen(flag);

	for (const char *at = node->state; (at = strstr(at, flag)); at++) {
		if ((at == node->state || at[-1] == '+') &&
		    strcspn(at, "+*~#!%$@^-") == length)
			return true;
	}
	return false;
}

bool pi_scontrol_is_invalid(const struct pi_scontrol_node *node)
{
	return pi_scontrol_has_state(node, "INVAL") ||
	       pi_scontrol_has_state(node, "INVALID_REG");
}

bool pi_scontrol_is_low(const struct pi_scontrol_node *node)
{
	static const char *const reasons[] = {
		"Low RealMemory", "Low CPUs", "Low socket*core*thread count",
		"Low TmpDisk", "gres/",
	};

	/* 24.11 leaves the reason of a node that is well again. */
	if (!pi_scontrol_has_state(node, "DRAIN") &&
	    !pi_scontrol_is_invalid(node))
		return false;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strncmp(node->reason, reasons[i], strlen(reasons[i])) == 0)
			return true;
	}
	return false;
}
