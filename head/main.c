/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - pi-nodes: its verbs */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/cluster.h"
#include "head/inventory.h"
#include "head/options.h"
#include "head/site.h"
#include "lib/log.h"

static const struct verb {
	const char *name;
	enum pi_exit (*run)(struct pi_site *site);
	const char *summary;
	bool some;		/* can do with the nodes of -w alone */
} verbs[] = {
	{ "gather", pi_gather_verb, "ask the nodes for their facts", true },
	{ "render", pi_render_verb, "print the NodeName lines", true },
	{ "diff", pi_diff_verb, "how they differ from those in force", false },
	{ "check", pi_check_verb, "ask a slurmctld whether it takes them",
	  false },
	{ "apply", pi_apply_verb, "check, write and activate them", false },
	{ "status", pi_status_verb, "what is wrong, one line a problem", true },
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
	     "  -w HOSTLIST          these nodes only, as b[02-05,09]; or -a: "
	     "all\n"
	     "  -n, --dry-run        change nothing\n"
	     "  -y, --yes            do not ask before a change\n"
	     "  -q, --quiet          say errors only\n"
	     "  -v, --verbose        say more\n"
	     "  -o FILE              render: write there instead\n"
	     "  -u USER              gather: log in as this user\n"
	     "  -t SECONDS           gather: for one node's answer\n"
	     "  -f NUMBER            gather: nodes to ask at a time\n"
	     "  --from FILE|-|DIR    take the nodes' reports from there\n"
	     "  --allow-shrink       take reports of less memory than before\n"
	     "  --prune              apply: drop nodes that the inventory lacks\n"
	     "  --no-activate        apply: write only, tell slurmctld nothing\n"
	     "  --nodes FILE         the inventory (" PI_INVENTORY_FILE ")\n"
	     "  -c, --cluster FILE   the settings (" PI_CLUSTER_FILE ")\n"
	     "  --slurm-conf FILE    Slurm's configuration\n"
	     "  --help               this text\n"
	     "  --version            the version\n\n"
	     "Exit status: 0 done, or nothing to do; 1 a difference or problem "
	     "was found; 2 usage;\n3 done, but some nodes had no fresh facts; "
	     "4 refused, nothing changed; 5 activation\nfailed, rolled back. "
	     "See pi-nodes(8).");
}

/* slurmctld lies where an ordinary user's PATH does not lead. */
static void find_tools(void)
{
	const char *path = getenv("PATH");
	char *longer;

	if (asprintf(&longer, "%s:/usr/sbin:/sbin",
		     path ? path : "/usr/bin:/bin") < 0)
		return;
	(void) setenv("PATH", longer, 1);
	free(longer);
}

static enum pi_exit run_verb(const struct verb *verb,
			     const struct pi_options *options)
{
	struct pi_site site;
	struct pi_err err = { 0 };
	enum pi_exit status;

	if (options->hosts && !verb->some) {
		pi_error("%s is for the whole cluster; -w is not for it",
			 verb->name);
		return PI_EXIT_USAGE;
	}
	if (pi_site_open(options, &site, &err) < 0) {
		pi_error("%s", err.text);
		return PI_EXIT_REFUSED;
	}
	status = verb->run(&site);
	pi_site_close(&site);
	return status;
}

int main(int argc, char **argv)
{
	struct pi_options options;
	const char *name;
	int status;

	find_tools();
	pi_log_to(pi_log_to_stderr, PI_LOG_INFO);
	name = pi_options_read(argc, argv, print_help, &options, &status);
	if (!name)
		return status;
	pi_log_to(pi_log_to_stderr, options.quiet ? PI_LOG_ERROR :
		  options.verbose ? PI_LOG_DEBUG : PI_LOG_INFO);
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(name, verbs[i].name) == 0)
			return (int) run_verb(&verbs[i], &options);
	}
	pi_error("no verb \"%s\"; see pi-nodes --help", name);
	return PI_EXIT_USAGE;
}
