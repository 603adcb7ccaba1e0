/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote.c - one command on many nodes, by ssh, side by side */
#include "head/remote.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/auto.h"

enum {
	ANSWER_MAX = 65536,
	WORDS = 12,
	PROBLEM = 160,
};

struct slots {
	struct pi_child *children;
	const struct pi_node **nodes;
	size_t count;
	size_t busy;
};

static int start(const struct pi_remote *remote, const struct pi_node *node,
		 struct pi_child *ret_child, struct pi_err *err)
{
	char connect[40];
	const char *argv[WORDS];
	int used = 0;

	(void) snprintf(connect, sizeof(connect), "ConnectTimeout=%lu",
			(unsigned long) (remote->timeout_ms + 999) / 1000);
	argv[used++] = "ssh";
	argv[used++] = "-o";
	argv[used++] = "BatchMode=yes";
	argv[used++] = "-o";
	argv[used++] = connect;
	if (remote->login) {
		argv[used++] = "-l";
		argv[used++] = remote->login;
	}
	argv[used++] = "--";
	argv[used++] = node->name;
	argv[used++] = remote->command;
	argv[used] = NULL;
	return pi_child_start(ret_child, argv, remote->timeout_ms, ANSWER_MAX,
			      NULL, err);
}

/* The last line of what a program complained, fit to be shown. */
static void last_words(const struct pi_child_text *text, char words[PROBLEM])
{
	size_t end = text->size, begin, used = 0;

	while (end > 0 && isspace((unsigned char) text->bytes[end - 1]))
		end--;
	for (begin = end; begin > 0 && text->bytes[begin - 1] != '\n'; begin--)
		;
	for (; begin < end && used < PROBLEM / 2; begin++)
		words[used++] = isprint((unsigned char) text->bytes[begin])
			? text->bytes[begin] : '?';
	words[used] = '\0';
}

static void report(const struct pi_remote *remote, const struct pi_node *node,
		   const struct pi_child *child, int ended, int status)
{
	char words[PROBLEM], problem[2 * PROBLEM];
	bool failed = true;

	last_words(&child->complained, words);
	if (ended == -ETIME)
		(void) snprintf(problem, sizeof(problem), "no answer in %lu s",
				(unsigned long) remote->timeout_ms / 1000);
	else if (child->said.cut)
		(void) snprintf(problem, sizeof(problem),
				"an answer of more than %d bytes", ANSWER_MAX);
	else if (WIFSIGNALED(status))
		(void) snprintf(problem, sizeof(problem), "ssh died of signal "
				"%d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == 255)
		(void) snprintf(problem, sizeof(problem), "cannot be reached");
	else if (WEXITSTATUS(status) != 0)
		(void) snprintf(problem, sizeof(problem), "its command ended "
				"with %d", WEXITSTATUS(status));
	else
		failed = false;
	if (failed && words[0]) {
		size_t used = strlen(problem);

		(void) snprintf(problem + used, sizeof(problem) - used,
				" (%s)", words);
	}
	remote->done(remote->user, node, child, failed ? problem : NULL);
}

static void fill_slots(const struct pi_remote *remote, struct slots *slots,
		       const struct pi_node *const *nodes, size_t count,
		       size_t *next)
{
	for (size_t i = 0; i < slots->count && *next < count; i++) {
		struct pi_err err = { 0 };

		if (slots->children[i].pid != 0)
			continue;
		slots->nodes[i] = nodes[(*next)++];
		if (start(remote, slots->nodes[i], &slots->children[i],
			  &err) < 0)
			remote->done(remote->user, slots->nodes[i],
				     &slots->children[i], err.text);
		else
			slots->busy++;
	}
}

static void empty_slots(const struct pi_remote *remote, struct slots *slots)
{
	for (size_t i = 0; i < slots->count; i++) {
		struct pi_child *child = &slots->children[i];
		int status = 0;
		int ended = pi_child_ended(child, &status);

		if (ended == 0)
			continue;
		report(remote, slots->nodes[i], child, ended, status);
		pi_child_finish(child);
		slots->busy--;
	}
}

int pi_remote_run(const struct pi_remote *remote,
		  const struct pi_node *const *nodes, size_t count,
		  struct pi_err *err)
{
	size_t size = remote->fanout < count ? remote->fanout : count;
	pi_auto_free struct pi_child *children = calloc(size + 1,
							sizeof(*children));
	pi_auto_free const struct pi_node **slot_nodes =
		calloc(size + 1, sizeof(*slot_nodes));
	struct slots slots = { children, slot_nodes, size, 0 };
	size_t next = 0;
	int rc = 0;

	if (!children || !slot_nodes)
		return pi_err_set(err, ENOMEM, "%m");
	for (size_t i = 0; i < size; i++)
		children[i] = (struct pi_child) { .pidfd = -1, .out = -1,
						  .err = -1 };
	do {
		fill_slots(remote, &slots, nodes, count, &next);
		if (slots.busy > 0)
			rc = pi_child_listen(children, size, -1);
		empty_slots(remote, &slots);
	} while (rc == 0 && (slots.busy > 0 || next < count));
	for (size_t i = 0; i < size; i++)
		pi_child_finish(&children[i]);
	return rc < 0 ? pi_err_set(err, -rc, "%m") : 0;
}
