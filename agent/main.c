/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - pi-agent: its verbs, options and exit statuses */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/check.h"
#include "agent/prepare.h"
#include "agent/report.h"
#include "agent/resume.h"
#include "agent/status.h"
#include "agent/slurmcheck.h"
#include "agent/sweep.h"
#include "lib/auto.h"
#include "lib/conf.h"
#include "lib/log.h"

enum { PI_FAULT = PI_ERR_SIZE + PI_CARD_WORD + 4 };

struct options {
	struct pi_conf conf;
	bool json;
	bool dry_run;
	bool repair;
	bool drain;
	const char *credential;	/* a file; or NULL */
	const char *operand;	/* DEVICE or IMAGE */
};

struct verb {
	const char *name;
	enum pi_outcome (*run)(const struct options *options);
	bool needs_root;
	bool takes_operand;
	const char *summary;
};

static enum pi_outcome fail(const struct pi_err *err)
{
	pi_error("%s", err->text);
	return PI_FAILED;
}

static void print_look(const struct pi_look *look, bool as_json)
{
	json_t *report;

	if (!as_json) {
		pi_report_print(stdout, &look->findings, look->verdict,
				look->why);
		return;
	}
	report = pi_report_make(&look->findings, look->verdict, look->why);
	if (!report || json_dumpf(report, stdout, JSON_INDENT(2)) < 0)
		pi_error("no memory for the report");
	(void) putchar('\n');
	json_decref(report);
}

static enum pi_outcome run_inspect(const struct options *options)
{
	struct pi_look look;
	struct pi_err err;

	if (pi_prepare_look(&options->conf, options->operand, false, &look,
			    &err) < 0)
		return fail(&err);
	print_look(&look, options->json);
	pi_auto_close_fd(&look.fd);
	return pi_prepare_outcome(look.verdict);
}

static enum pi_outcome run_prepare(const struct options *options)
{
	return pi_prepare(&options->conf, PI_PREPARE, options->dry_run);
}

static enum pi_outcome run_adopt(const struct options *options)
{
	return pi_prepare(&options->conf, PI_ADOPT, options->dry_run);
}

static enum pi_outcome run_resume(const struct options *options)
{
	struct pi_err err;

	if (pi_check_scratch(&options->conf, &err) < 0)
		return fail(&err);
	return pi_resume(&options->conf, &err) < 0 ? fail(&err) : PI_READY;
}

/* The first fault, without the path before it, is what the node is drained for. */
static void note_fault(const struct pi_err *err, const char *subject,
		       char fault[PI_FAULT])
{
	pi_error("%s", err->text);
	if (!fault[0])
		(void) snprintf(fault, PI_FAULT, "%s%s%s", subject,
				subject[0] ? ": " : "", err->text);
}

static enum pi_outcome run_check(const struct options *options)
{
	char card[PI_CARD_WORD], fault[PI_FAULT] = "";
	struct pi_err err;

	pi_report_name_card(card);
	if (pi_check_scratch(&options->conf, &err) < 0)
		note_fault(&err, card, fault);
	if (pi_check_munge(options->credential, &err) < 0)
		note_fault(&err, "", fault);
	if (pi_check_clock(&err) < 0)
		pi_warn("%s, ignoring", err.text);
	if (options->drain &&
	    pi_resume_drain(&options->conf, fault[0] ? fault : NULL, &err) < 0)
		return fail(&err);
	return fault[0] ? PI_FAILED : PI_READY;
}

static enum pi_outcome run_check_slurm(const struct options *options)
{
	struct pi_err err;
	int problems = pi_slurmcheck(options->conf.tool_timeout_ms, &err);

	if (problems < 0)
		return fail(&err);
	if (problems == 0)
		pi_info("Slurm is configured as scratch needs it");
	return problems == 0 ? PI_READY : PI_FAILED;
}

static enum pi_outcome run_sweep(const struct options *options)
{
	struct pi_err err;

	return pi_sweep(&options->conf, &err) < 0 ? fail(&err) : PI_READY;
}

static enum pi_outcome run_status(const struct options *options)
{
	return pi_status_print(&options->conf, stdout);
}

static const struct verb verbs[] = {
	{ "inspect", run_inspect, false, true,
	  "say what a card or an image file is, and why" },
	{ "prepare", run_prepare, true, false,
	  "find the card, make or check it, mount it; at boot" },
	{ "adopt", run_adopt, true, false,
	  "make a card ours that was made by hand, with its files" },
	{ "resume", run_resume, true, false,
	  "return this node to service if the reboot is why it is down" },
	{ "check", run_check, true, false,
	  "is this node fit to run jobs?" },
	{ "check-slurm", run_check_slurm, false, false,
	  "does Slurm's configuration let the plugin work?" },
	{ "status", run_status, true, false,
	  "show card, space, jobs, trash and Slurm's view on one screen" },
	{ "sweep", run_sweep, true, false,
	  "remove what jobs left behind: empty the card's trash" },
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static void print_help(void)
{
	(void) printf("Usage: pi-agent [OPTION]... VERB [DEVICE|IMAGE]\n"
		      "Look after the SD card of a diskless node, and its "
		      "return to Slurm.\n\nVerbs:\n");
	for (int i = 0; i < VERBS; i++)
		(void) printf("  %-11s %s\n", verbs[i].name, verbs[i].summary);
	(void) printf("\nOptions:\n"
		      "  -c, --config=FILE  configuration, instead of "
		      PI_CONF_FILE "\n"
		      "  -n, --dry-run      prepare, adopt: say what would be "
		      "done\n"
		      "  -r, --repair       prepare: repair a damaged card of "
		      "ours\n"
		      "  -d, --drain        check: drain this node if it is "
		      "not fit, and lift\n"
		      "                     such a drain when it is\n"
		      "  -m, --munge=FILE   check: decode this credential of "
		      "another machine\n"
		      "  -j, --json         inspect: print JSON\n"
		      "  -h, --help         print this and exit\n"
		      "  -V, --version      print the version and exit\n"
		      "\nExit status: 0 ready, 1 failed, 2 usage or "
		      "configuration, 3 no card,\n4 card left alone (foreign or "
		      "doubtful), 5 card unusable. See pi-agent(8).\n");
}

static int usage(const char *problem, const char *what)
{
	(void) fprintf(stderr, "pi-agent: %s%s; try: pi-agent --help\n",
		       problem, what);
	return PI_USAGE;
}

static const struct verb *find_verb(const char *name)
{
	for (int i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* An image can be inspected on any machine, so without a configuration too. */
static int read_conf(const char *path, struct options *options)
{
	struct pi_err err;
	int rc = pi_conf_read(path ? path : PI_CONF_FILE, &options->conf, &err);

	if (rc == -ENOENT && !path && options->operand) {
		pi_conf_defaults(&options->conf);
		return 0;
	}
	if (rc < 0)
		pi_error("configuration: %s", err.text);
	return rc;
}

static int run_verb(const struct verb *verb, const char *conf_path,
		    struct options *options)
{
	if (options->operand && !verb->takes_operand)
		return usage("unexpected argument: ", options->operand);
	if (verb->needs_root && geteuid() != 0 && !options->dry_run)
		return usage(verb->name, " must be run by root");
	if (read_conf(conf_path, options) < 0)
		return PI_USAGE;
	options->conf.repair = options->conf.repair || options->repair;
	return (int) verb->run(options);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "repair", no_argument, NULL, 'r' },
		{ "drain", no_argument, NULL, 'd' },
		{ "munge", required_argument, NULL, 'm' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct options options = { .operand = NULL };
	const char *conf_path = NULL;
	const struct verb *verb;
	int c;

	pi_log_to(pi_log_to_stderr, PI_LOG_INFO);
	while ((c = getopt_long(argc, argv, "c:nrdm:jhV", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			conf_path = optarg;
			break;
		case 'n':
			options.dry_run = true;
			break;
		case 'r':
			options.repair = true;
			break;
		case 'd':
			options.drain = true;
			break;
		case 'm':
			options.credential = optarg;
			break;
		case 'j':
			options.json = true;
			break;
		case 'h':
			print_help();
			return PI_READY;
		case 'V':
			(void) printf("pi-agent " PI_VERSION "\n");
			return PI_READY;
		default:
			return PI_USAGE;
		}
	}
	if (optind == argc)
		return usage("no verb", "");
	verb = find_verb(argv[optind]);
	if (!verb)
		return usage("no such verb: ", argv[optind]);
	if (argc - optind > 2)
		return usage("unexpected argument: ", argv[optind + 2]);
	options.operand = argv[optind + 1];
	return run_verb(verb, conf_path, &options);
}
