/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - what would slurmctld say to these lines? */
#include "head/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "head/child.h"
#include "head/own_network.h"
#include "head/site.h"
#include "head/slurmconf.h"
#include "head/synth.h"
#include "head/textfile.h"
#include "lib/auto.h"
#include "lib/log.h"
#include "lib/rmtree.h"

enum { CHECK_MS = 10000, CHECK_OUTPUT = 1 << 20 };

/*
 * Errors that slurmctld survives and an administrator would not: what they
 * are about is dropped or reset. Other errors are of plugins that a throw-away
 * slurmctld cannot load, or of the state that it does not have.
 */
static const char *const deadly[] = {
	"NodeNames=", "Duplicate", "duplicate", "Parse error", "Parsing error",
	"is not a valid number", "lookup failure", "nvalid node name",
	"no nodes configured", "hostlist", "Invalid MemSpecLimit",
	"is invalid", "Invalid user for SlurmUser",
};

/* A port that nobody listens on now. */
static unsigned free_port(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	pi_auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (void *) &address, size) < 0 ||
	    getsockname(fd, (void *) &address, &size) < 0)
		return 6817;
	return ntohs(address.sin_port);
}

static int write_conf(const char *path, const struct pi_slurmconf *conf,
		      const char *dir, unsigned *ret_first_line,
		      struct pi_err *err)
{
	char host[65] = "", user[32];
	const struct passwd *entry = getpwuid(geteuid());
	struct pi_synth_home home = {
		.dir = dir, .host = host, .user = user, .port = free_port(),
	};
	FILE *out = fopen(path, "we");

	(void) gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	if (entry)
		(void) snprintf(user, sizeof(user), "%s", entry->pw_name);
	else
		(void) snprintf(user, sizeof(user), "%u", geteuid());
	if (!out)
		return pi_err_set(err, errno, "%s: %m", path);
	*ret_first_line = pi_synth_write(out, conf, &home);
	if (fclose(out) != 0)
		return pi_err_set(err, errno, "%s: %m", path);
	return 0;
}

static bool is_deadly(const char *line)
{
	if (strstr(line, "fatal: "))
		return true;
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		if (strstr(line, "error: ") && strstr(line, deadly[i]))
			return true;
	}
	return false;
}

/* slurmctld's sentence without what stands before it. */
static const char *strip(const char *line)
{
	const char *at = strstr(line, "fatal: ");

	if (!at)
		at = strstr(line, "error: ");
	at = at ? at + strlen("fatal: ") : line;
	/* The name of a function of its own says nothing to anybody else. */
	if (*at == '_' && strchr(at, ' ') && strchr(at, ' ')[-1] == ':')
		at = strchr(at, ' ') + 1;
	return at;
}

/* The number in "Parse error in file X line 15: ...", or 0. */
static unsigned parse_error_line(const char *line)
{
	const char *at = strstr(line, "Parse error in file");

	at = at ? strstr(at, " line ") : NULL;
	return at ? (unsigned) strtoul(at + strlen(" line "), NULL, 10) : 0;
}

/*
 * The first deadly sentence says most; if it is of a parse error, the line's
 * number comes in another one.
 */
static int read_verdict(char *said, const struct pi_slurmconf *conf,
			unsigned first_line, struct pi_err *err)
{
	const char *reason = NULL;
	unsigned number = 0;
	char *save = NULL;

	for (char *line = strtok_r(said, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strstr(line, "error: ") &&
		    strstr(line, "default partition not set"))
			pi_warn("%s", strip(line));
		if (!is_deadly(line))
			continue;
		if (!reason)
			reason = strip(line);
		if (number == 0)
			number = parse_error_line(line);
	}
	if (!reason)
		return 0;
	pi_synth_explain(conf, number < first_line ? 0 : number - first_line + 1,
			 reason, err);
	return -EINVAL;
}

static int ask(const char *path, const struct pi_slurmconf *conf,
	       unsigned first_line, struct pi_err *err)
{
	const char *argv[] = { "slurmctld", "-D", "-c", "-f", path, NULL };
	struct pi_child child;
	bool accepted = false;
	int status, ended = 0;
	int rc = pi_child_start(&child, argv, CHECK_MS, CHECK_OUTPUT,
				pi_own_network_enter, err);

	if (rc < 0)
		return rc;
	while (rc == 0 && ended == 0 && !accepted) {
		rc = pi_child_listen(&child, 1, -1);
		ended = pi_child_ended(&child, &status);
		accepted = child.complained.bytes &&
			   strstr(child.complained.bytes,
				  "Running as primary controller");
	}
	pi_debug("slurmctld said:\n%s", child.complained.bytes
		 ? child.complained.bytes : "nothing");
	if (rc < 0)
		(void) pi_err_set(err, -rc, "%m");
	else if (child.complained.bytes)
		rc = read_verdict(child.complained.bytes, conf, first_line, err);
	if (rc == 0 && !accepted)
		rc = pi_err_set(err, EIO, "slurmctld %s without saying yes or "
				"no", ended < 0 ? "took 10 s" : "ended");
	pi_child_finish(&child);
	return rc;
}

static int ask_in(const char *dir, const struct pi_slurmconf *conf,
		  struct pi_err *err)
{
	char path[PATH_MAX], state[PATH_MAX];
	unsigned first_line = 0;
	int rc;

	(void) snprintf(path, sizeof(path), "%s/slurm.conf", dir);
	(void) snprintf(state, sizeof(state), "%s/state", dir);
	if (mkdir(state, 0700) < 0)
		return pi_err_set(err, errno, "%s: %m", state);
	rc = write_conf(path, conf, dir, &first_line, err);
	return rc < 0 ? rc : ask(path, conf, first_line, err);
}

/* In a directory of its own, which goes in any case. */
static int ask_slurmctld(const struct pi_slurmconf *conf, struct pi_err *err)
{
	const char *parent = getenv("TMPDIR");
	char dir[PATH_MAX / 2];
	pi_auto_fd dfd = -1;
	int rc;

	if (!parent || *parent != '/')
		parent = "/tmp";
	if (snprintf(dir, sizeof(dir), "%s/pi-nodes.XXXXXX", parent) >=
	    (int) sizeof(dir))
		return pi_err_set(err, ENAMETOOLONG, "%s", parent);
	dfd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dfd < 0 || !mkdtemp(dir))
		return pi_err_set(err, errno, "%s: %m", dir);
	rc = ask_in(dir, conf, err);
	if (pi_rmtree_at(dfd, strrchr(dir, '/') + 1, 0, NULL) < 0)
		pi_warn("%s: cannot be removed, ignoring", dir);
	return rc;
}

/* The lines at the end of a slurm.conf that does not reach them yet. */
static int append_lines(struct pi_slurmconf *conf, const char *path,
			const char *text, size_t size, struct pi_err *err)
{
	struct pi_slurmconf ours;
	struct pi_slurmconf_line *lines;
	int rc = pi_slurmconf_parse(path, text, size, &ours, err);

	if (rc < 0)
		return rc;
	lines = reallocarray(conf->lines, conf->count + ours.count + 1,
			     sizeof(*lines));
	if (!lines) {
		pi_slurmconf_finish(&ours);
		return pi_err_set(err, ENOMEM, "%m");
	}
	memcpy(lines + conf->count, ours.lines, ours.count * sizeof(*lines));
	conf->lines = lines;
	conf->count += ours.count;
	free(ours.lines);
	return 0;
}

/* 24.11 starts without a node, and has nothing to do. */
static int check_nodes(const struct pi_slurmconf *conf, struct pi_err *err)
{
	for (size_t i = 0; i < conf->count; i++) {
		const char *text = conf->lines[i].text;
		struct pi_slurmconf_word word;

		if (pi_slurmconf_word(&text, &word) &&
		    pi_slurmconf_is_key(&word, "NodeName"))
			return 0;
	}
	return pi_err_set(err, EINVAL, "no nodes configured");
}

int pi_check(const struct pi_cluster *settings, const char *text, size_t size,
	     struct pi_err *err)
{
	struct pi_slurmconf_text instead = { settings->nodes_file, text, size };
	struct pi_slurmconf conf;
	bool reached;
	int rc = pi_slurmconf_read(settings->slurm_conf, &instead, &conf, err);

	if (rc < 0)
		return rc;
	reached = conf.has_nodes_file;
	if (!reached)
		rc = append_lines(&conf, settings->nodes_file, text, size, err);
	if (rc == 0)
		rc = check_nodes(&conf, err);
	if (rc == 0)
		rc = pi_synth_check_gres(&conf, err);
	if (rc == 0)
		rc = ask_slurmctld(&conf, err);
	pi_slurmconf_finish(&conf);
	return rc < 0 ? rc : !reached;
}
