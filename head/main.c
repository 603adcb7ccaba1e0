/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - pi-nodes: its verbs, its options, its exit codes */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/cluster.h"
#include "head/facts.h"
#include "head/inventory.h"
#include "head/options.h"
#include "head/render.h"
#include "lib/log.h"

struct verb {
	const char *name;
	enum pi_exit (*run)(const struct pi_options *options);
	const char *summary;
};

/* What every verb needs before it starts. */
struct cluster {
	struct pi_cluster settings;
	struct pi_inventory inventory;
	struct pi_facts_set set;
};

static int open_cluster(const struct pi_options *options,
			struct cluster *ret_cluster, struct pi_err *err)
{
	int rc;

	pi_cluster_defaults(&ret_cluster->settings);
	rc = pi_inventory_read(options->nodes, &ret_cluster->inventory, err);
	if (rc < 0)
		return rc;
	rc = pi_facts_start(&ret_cluster->inventory, &ret_cluster->set);
	if (rc < 0) {
		pi_inventory_finish(&ret_cluster->inventory);
		return pi_err_set(err, -rc, "%m");
	}
	return 0;
}

static void close_cluster(struct cluster *cluster)
{
	pi_facts_finish(&cluster->set);
	pi_inventory_finish(&cluster->inventory);
}

/* One line for each node that will be missing. */
static void name_left_out(const struct pi_facts_set *set, const char *source)
{
	for (size_t i = 0; i < set->inventory->count; i++) {
		const struct pi_facts *facts = &set->facts[i];
		const struct pi_node *node = &set->inventory->nodes[i];

		if (facts->present || (node->state && !facts->problem))
			continue;
		if (facts->problem)
			pi_error("%s: %s", node->name, facts->problem);
		else if (facts->noise[0])
			pi_error("%s: no report in %s; it said \"%s\"",
				 node->name, source, facts->noise);
		else
			pi_error("%s: no report in %s", node->name, source);
	}
}

static enum pi_exit render_to(FILE *out, const struct cluster *cluster,
			      const char *source)
{
	struct pi_err err = { 0 };
	int rc = pi_render(out, &cluster->set, &cluster->settings, &err);

	if (rc < 0) {
		pi_error("%s", err.text);
		return PI_EXIT_REFUSED;
	}
	name_left_out(&cluster->set, source);
	if ((size_t) rc == cluster->inventory.count) {
		pi_error("no node has facts; nothing rendered");
		return PI_EXIT_REFUSED;
	}
	return rc > 0 ? PI_EXIT_PARTLY : PI_EXIT_OK;
}

static enum pi_exit print_lines(const struct cluster *cluster,
				const char *source)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	enum pi_exit status = PI_EXIT_REFUSED;

	if (out)
		status = render_to(out, cluster, source);
	if (!out || fclose(out) != 0) {
		pi_error("%s", strerror(errno));
		status = PI_EXIT_REFUSED;
	}
	if (status != PI_EXIT_REFUSED &&
	    (fwrite(text, 1, size, stdout) != size || fflush(stdout) != 0)) {
		pi_error("standard output: %s", strerror(errno));
		status = PI_EXIT_REFUSED;
	}
	free(text);
	return status;
}

static enum pi_exit run_render(const struct pi_options *options)
{
	struct cluster cluster;
	struct pi_err err = { 0 };
	enum pi_exit status = PI_EXIT_REFUSED;

	if (!options->from) {
		pi_error("render: say --from FILE, - or DIR");
		return PI_EXIT_USAGE;
	}
	if (open_cluster(options, &cluster, &err) < 0) {
		pi_error("%s", err.text);
		return PI_EXIT_REFUSED;
	}
	if (pi_facts_load(&cluster.set, options->from, &err) < 0)
		pi_error("%s", err.text);
	else
		status = print_lines(&cluster, options->from);
	close_cluster(&cluster);
	return status;
}

static const struct verb verbs[] = {
	{ "render", run_render, "print the NodeName lines" },
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static void print_help(void)
{
	puts("Usage: pi-nodes VERB [OPTION]...\n"
	     "From an inventory and the nodes' own `slurmd -C` to slurm.conf's "
	     "NodeName lines.\n\n"
	     "Verbs:");
	for (size_t i = 0; i < VERBS; i++)
		printf("  %-8s %s\n", verbs[i].name, verbs[i].summary);
	puts("\nOptions:\n"
	     "  --nodes FILE        the inventory (" PI_INVENTORY_FILE ")\n"
	     "  --from FILE|-|DIR   take the nodes' reports from there\n"
	     "  -q, --quiet         say errors only\n"
	     "  -v, --verbose       say more\n"
	     "  --help              this text\n"
	     "  --version           the version\n\n"
	     "Exit status: 0 done, or nothing to do; 1 a difference or problem "
	     "was found; 2 usage;\n3 done, but some nodes had no facts; "
	     "4 refused, nothing changed; 5 rolled back.");
}

enum { OPTION_NODES = 256, OPTION_FROM, OPTION_HELP, OPTION_VERSION };

static const struct option long_options[] = {
	{ "nodes", required_argument, NULL, OPTION_NODES },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* Returns -1 to go on, or the exit status. */
static int read_options(int argc, char **argv, struct pi_options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "qv", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_NODES:
			options->nodes = optarg;
			break;
		case OPTION_FROM:
			options->from = optarg;
			break;
		case 'q':
			options->quiet = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		case OPTION_HELP:
			print_help();
			return PI_EXIT_OK;
		case OPTION_VERSION:
			puts("pi-nodes " PI_VERSION);
			return PI_EXIT_OK;
		default:
			pi_error("see pi-nodes --help");
			return PI_EXIT_USAGE;
		}
	}
	return -1;
}

static const struct verb *find_verb(int count, char **words)
{
	for (size_t i = 0; count == 1 && i < VERBS; i++) {
		if (strcmp(words[0], verbs[i].name) == 0)
			return &verbs[i];
	}
	if (count == 0)
		pi_error("say a verb; see pi-nodes --help");
	else if (count > 1)
		pi_error("one verb, and \"%s\" after it; see pi-nodes --help",
			 words[1]);
	else
		pi_error("no verb \"%s\"; see pi-nodes --help", words[0]);
	return NULL;
}

int main(int argc, char **argv)
{
	struct pi_options options = { .nodes = PI_INVENTORY_FILE };
	const struct verb *verb;
	int status;

	pi_log_to(pi_log_to_stderr, PI_LOG_INFO);
	status = read_options(argc, argv, &options);
	if (status >= 0)
		return status;
	pi_log_to(pi_log_to_stderr, options.quiet ? PI_LOG_ERROR :
		  options.verbose ? PI_LOG_DEBUG : PI_LOG_INFO);
	verb = find_verb(argc - optind, argv + optind);
	return verb ? (int) verb->run(&options) : PI_EXIT_USAGE;
}
