/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.c - what a person at the node wants to see, on one screen */
#include "agent/status.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/check.h"
#include "agent/resume_ask.h"
#include "lib/auto.h"
#include "lib/scratch.h"

enum { SLURM_WAIT_MS = 5000 };

#define MIB (UINT64_C(1) << 20)

static void print_card(const struct pi_conf *conf, FILE *stream)
{
	struct pi_conf at_once = *conf;
	struct pi_look look;
	struct pi_err err;

	at_once.card_wait_ms = 0;
	if (pi_prepare_look(&at_once, NULL, false, &look, &err) < 0) {
		(void) fprintf(stream, "card:     %s\n", err.text);
		return;
	}
	(void) fprintf(stream, "card:     %s%s%s%s%s\nverdict:  %s: %s\n",
		       look.findings.absent ? "none" : look.findings.card.path,
		       look.findings.card.model[0] ? ", " : "",
		       look.findings.card.model,
		       look.findings.card.cid[0] ? ", CID " : "",
		       look.findings.card.cid, pi_verdict_name(look.verdict),
		       look.why);
	pi_auto_close_fd(&look.fd);
}

/* Entries that are neither hidden nor ext4's own; -1 if there is no such place. */
static int count_entries(int dfd, const char *path)
{
	int fd = openat(dfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
			O_CLOEXEC);
	pi_auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    strcmp(entry->d_name, "lost+found") != 0)
			count++;
	return count;
}

static void print_scratch(const struct pi_conf *conf, FILE *stream)
{
	struct statvfs fs;
	struct pi_err err;
	int trash;
	pi_auto_fd card_fd = pi_scratch_open(conf->scratch_dir, &err);

	if (card_fd < 0 || fstatvfs(card_fd, &fs) < 0) {
		(void) fprintf(stream, "scratch:  %s\n", err.text);
		return;
	}
	(void) fprintf(stream, "scratch:  %s, %llu MiB of %llu MiB free\n",
		       conf->scratch_dir,
		       (unsigned long long) (fs.f_bavail * fs.f_frsize / MIB),
		       (unsigned long long) (fs.f_blocks * fs.f_frsize / MIB));
	trash = count_entries(card_fd, PI_STATE_DIR "/" PI_TRASH_DIR);
	(void) fprintf(stream, "jobs:     %d director%s, %d in the trash\n",
		       count_entries(card_fd, "."),
		       count_entries(card_fd, ".") == 1 ? "y" : "ies",
		       trash > 0 ? trash : 0);
}

static int print_check(FILE *stream, const char *name, int rc,
		       const struct pi_err *err)
{
	(void) fprintf(stream, "%-9s %s\n", name, rc < 0 ? err->text : "good");
	return rc < 0;
}

static void print_slurm(const struct pi_conf *conf, FILE *stream)
{
	struct pi_answer answer = { .rc = 0 };
	struct pi_err err;

	if (pi_resume_ask(conf, PI_ASK_STATE, "", SLURM_WAIT_MS, &answer,
			  &err) < 0)
		(void) fprintf(stream, "slurm:    %s\n", err.text);
	else if (answer.rc < 0)
		(void) fprintf(stream, "slurm:    %s\n", answer.err.text);
	else
		(void) fprintf(stream, "slurm:    %s is %s\n", answer.name,
			       answer.state);
}

enum pi_outcome pi_status_print(const struct pi_conf *conf, FILE *stream)
{
	struct pi_err err;
	int faults = 0;

	print_card(conf, stream);
	print_scratch(conf, stream);
	faults += print_check(stream, "check:", pi_check_scratch(conf, &err),
			      &err);
	faults += print_check(stream, "munge:", pi_check_munge(NULL, &err), &err);
	(void) print_check(stream, "clock:", pi_check_clock(&err), &err);
	print_slurm(conf, stream);
	return faults > 0 ? PI_FAILED : PI_READY;
}
