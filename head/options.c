/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c - pi-nodes' command line */
#include "head/options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "head/cluster.h"
#include "head/inventory.h"
#include "lib/log.h"

const struct pi_options pi_options_none = {
	.cluster = PI_CLUSTER_FILE,
	.nodes = PI_INVENTORY_FILE,
};

enum {
	OPTION_NODES = 256,
	OPTION_SLURM_CONF,
	OPTION_FROM,
	OPTION_NO_ACTIVATE,
	OPTION_ALLOW_SHRINK,
	OPTION_PRUNE,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "cluster", required_argument, NULL, 'c' },
	{ "nodes", required_argument, NULL, OPTION_NODES },
	{ "slurm-conf", required_argument, NULL, OPTION_SLURM_CONF },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "no-activate", no_argument, NULL, OPTION_NO_ACTIVATE },
	{ "allow-shrink", no_argument, NULL, OPTION_ALLOW_SHRINK },
	{ "prune", no_argument, NULL, OPTION_PRUNE },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "yes", no_argument, NULL, 'y' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	int option;
	size_t offset;
} texts[] = {
#define TEXT(option, field) { option, offsetof(struct pi_options, field) }
	TEXT('c', cluster), TEXT(OPTION_NODES, nodes),
	TEXT(OPTION_SLURM_CONF, slurm_conf), TEXT('w', hosts),
	TEXT(OPTION_FROM, from), TEXT('o', output), TEXT('u', login),
	TEXT('t', timeout), TEXT('f', fanout),
}, flags[] = {
	TEXT('n', dry_run), TEXT('y', yes),
	TEXT(OPTION_NO_ACTIVATE, no_activate),
	TEXT(OPTION_ALLOW_SHRINK, allow_shrink), TEXT(OPTION_PRUNE, prune),
	TEXT('q', quiet), TEXT('v', verbose),
#undef TEXT
};

static bool take_option(int option, struct pi_options *options)
{
	char *base = (char *) options;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].option == option) {
			*(const char **) (void *) (base + texts[i].offset) =
				optarg;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i].option == option) {
			*(bool *) (base + flags[i].offset) = true;
			return true;
		}
	}
	return false;
}

static const char *take_words(int count, char **words,
			      struct pi_options *options)
{
	if (count == 0) {
		pi_error("say a verb; see pi-nodes --help");
		return NULL;
	}
	if (count > 2 || (count == 2 && strcmp(words[0], "check") != 0)) {
		pi_error("\"%s\" is one word too many; see pi-nodes --help",
			 words[count - 1]);
		return NULL;
	}
	options->file = count == 2 ? words[1] : NULL;
	return words[0];
}

const char *pi_options_read(int argc, char **argv, void (*print_help)(void),
			    struct pi_options *options, int *ret_status)
{
	int option;

	*options = pi_options_none;
	*ret_status = PI_EXIT_USAGE;
	while ((option = getopt_long(argc, argv, "c:w:ao:u:t:f:nyqv",
				     long_options, NULL)) != -1) {
		if (option == 'a' || take_option(option, options))
			continue;
		if (option == OPTION_HELP) {
			print_help();
			*ret_status = PI_EXIT_OK;
		} else if (option == OPTION_VERSION) {
			puts("pi-nodes " PI_VERSION);
			*ret_status = PI_EXIT_OK;
		} else {
			pi_error("see pi-nodes --help");
		}
		return NULL;
	}
	return take_words(argc - optind, argv + optind, options);
}
