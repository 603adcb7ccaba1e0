/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume.c - return this node to service after a reboot */
#include "agent/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include "agent/resume_decide.h"
#include "lib/auto.h"
#include "lib/log.h"

enum {
	HOST_SIZE = 256,
	FIRST_PAUSE_MS = 500,
	LONGEST_PAUSE_MS = 15000,
	RESUMES = 3,		/* how often we try before we give up */
	CHILD_GONE = 1,		/* an attempt that gave no answer */
};

/* What one child process found and did; crosses a pipe. */
struct attempt {
	int rc;			/* 0 or a negative errno with `err` */
	enum pi_decision decision;
	bool resumed;
	char name[PI_NODE_TEXT];
	char why[2 * PI_NODE_TEXT];
	struct pi_err err;
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	(void) clock_gettime(clock, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int slurm_failed(struct pi_err *err, const char *what)
{
	int code = errno;

	return pi_err_set(err, code == ESLURM_USER_ID_MISSING ||
			  code == ESLURM_ACCESS_DENIED ? EPERM : EAGAIN,
			  "%s: %s", what, slurm_strerror(code));
}

static enum pi_node_base get_base(uint32_t state)
{
	switch (state & NODE_STATE_BASE) {
	case NODE_STATE_UNKNOWN:
		return PI_NODE_UNKNOWN;
	case NODE_STATE_DOWN:
		return PI_NODE_DOWN;
	case NODE_STATE_IDLE:
		return PI_NODE_IDLE;
	case NODE_STATE_ALLOCATED:
		return PI_NODE_ALLOCATED;
	case NODE_STATE_MIXED:
		return PI_NODE_MIXED;
	case NODE_STATE_FUTURE:
		return PI_NODE_FUTURE;
	default:
		return PI_NODE_OTHER;
	}
}

static unsigned get_flags(uint32_t state)
{
	static const struct {
		uint32_t theirs;
		unsigned ours;
	} table[] = {
		{ NODE_STATE_DRAIN, PI_NODE_DRAIN },
		{ NODE_STATE_FAIL, PI_NODE_FAIL },
		{ NODE_STATE_MAINT, PI_NODE_MAINT },
		{ NODE_STATE_REBOOT_REQUESTED, PI_NODE_REBOOT },
		{ NODE_STATE_REBOOT_ISSUED, PI_NODE_REBOOT },
		{ NODE_STATE_POWERING_DOWN, PI_NODE_POWER },
		{ NODE_STATE_POWER_DOWN, PI_NODE_POWER },
		{ NODE_STATE_POWERED_DOWN, PI_NODE_POWER },
		{ NODE_STATE_POWERING_UP, PI_NODE_POWER },
		{ NODE_STATE_POWER_DRAIN, PI_NODE_POWER },
		{ NODE_STATE_INVALID_REG, PI_NODE_INVALID_REG },
		{ NODE_STATE_DYNAMIC_FUTURE, PI_NODE_DYNAMIC },
		{ NODE_STATE_DYNAMIC_NORM, PI_NODE_DYNAMIC },
		{ NODE_STATE_CLOUD, PI_NODE_DYNAMIC },
		{ NODE_STATE_NO_RESPOND, PI_NODE_NO_RESPOND },
	};
	unsigned flags = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (state & table[i].theirs)
			flags |= table[i].ours;
	return flags;
}

static void view_node(const node_info_t *node, time_t now,
		      struct pi_node_view *view)
{
	*view = (struct pi_node_view) {
		.base = get_base(node->node_state),
		.flags = get_flags(node->node_state),
		.boot_time = node->boot_time,
		.now = now,
	};
	(void) snprintf(view->reason, sizeof(view->reason), "%s",
			node->reason ? node->reason : "");
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0)
	view->has_timer = node->resume_after != 0;
#endif
}

static bool is_own(const node_info_t *node, const char *name, const char *host)
{
	char brief[HOST_SIZE];

	if (!node->name)
		return false;
	if (name[0])
		return strcmp(node->name, name) == 0;
	(void) snprintf(brief, sizeof(brief), "%.*s",
			(int) strcspn(host, "."), host);
	return strcmp(node->name, host) == 0 ||
	       strcmp(node->name, brief) == 0 ||
	       (node->node_hostname &&
		(strcmp(node->node_hostname, host) == 0 ||
		 strcmp(node->node_hostname, brief) == 0));
}

/* The node that is this machine; NULL with the reason in *attempt. */
static const node_info_t *pick_own(const node_info_msg_t *nodes,
				   const char *name, const char *host,
				   struct attempt *attempt)
{
	const node_info_t *own = NULL;

	for (uint32_t i = 0; i < nodes->record_count; i++) {
		const node_info_t *node = &nodes->node_array[i];

		if (!is_own(node, name, host))
			continue;
		if (own) {
			attempt->rc = pi_err_set(
				&attempt->err, ENOTUNIQ, "slurmctld knows host "
				"%s as %s and as %s; set NodeName in "
				"slurm-pi.conf", host, own->name, node->name);
			return NULL;
		}
		own = node;
	}
	if (!own)
		attempt->rc = pi_err_set(
			&attempt->err, ENOENT, "slurmctld does not know a node "
			"%s; set NodeName in slurm-pi.conf",
			name[0] ? name : host);
	return own;
}

/* Ours by name is one small message; by host name all nodes must be seen. */
static int load_nodes(const char *name, node_info_msg_t **ret_nodes,
		      struct pi_err *err)
{
	char own[PI_CONF_NAME];
	int rc;

	(void) snprintf(own, sizeof(own), "%s", name);
	rc = own[0] ? slurm_load_node_single(ret_nodes, own, SHOW_ALL)
		    : slurm_load_node(0, ret_nodes, SHOW_ALL);
	return rc == SLURM_SUCCESS ? 0 : slurm_failed(err, "slurmctld");
}

/* slurmctld writes its reasons as SlurmUser; a person's bear his own id. */
static int learn_author(const node_info_t *node, struct pi_node_view *view,
			struct pi_err *err)
{
	slurm_conf_t *conf;

	if (slurm_load_ctl_conf(0, &conf) != SLURM_SUCCESS)
		return slurm_failed(err, "slurmctld");
	view->reason_is_slurmctlds = node->reason_uid == conf->slurm_user_id;
	slurm_free_ctl_conf(conf);
	return 0;
}

static int send_resume(const node_info_t *node, struct attempt *attempt)
{
	update_node_msg_t update;

	slurm_init_update_node_msg(&update);
	update.node_names = node->name;
	update.node_state = NODE_RESUME;
	if (slurm_update_node(&update) == SLURM_SUCCESS) {
		attempt->resumed = true;
		return 0;
	}
	/* It changed between our look and our word: look again. */
	if (errno == ESLURM_INVALID_NODE_STATE)
		return pi_err_set(&attempt->err, EAGAIN, "%s changed its state "
				  "meanwhile", node->name);
	return slurm_failed(&attempt->err, "resume");
}

static int decide_and_act(const node_info_t *node, time_t now,
			  struct attempt *attempt)
{
	struct pi_local_view local = {
		.uptime = clock_ms(CLOCK_BOOTTIME) / 1000,
	};
	struct pi_node_view view;
	int rc = 0;

	(void) snprintf(attempt->name, sizeof(attempt->name), "%s", node->name);
	view_node(node, now, &view);
	if (view.base == PI_NODE_DOWN && view.reason[0])
		rc = learn_author(node, &view, &attempt->err);
	if (rc < 0)
		return rc;
	attempt->decision = pi_resume_decide(&view, &local, attempt->why);
	return attempt->decision == PI_RESUME ? send_resume(node, attempt) : 0;
}

/* Load, decide and, if need be, resume, with nothing in between. */
static void look_and_act(const struct pi_conf *conf, const char *host,
			 struct attempt *attempt)
{
	node_info_msg_t *nodes;
	const node_info_t *node;

	attempt->rc = load_nodes(conf->node_name, &nodes, &attempt->err);
	if (attempt->rc < 0)
		return;
	node = pick_own(nodes, conf->node_name, host, attempt);
	if (node)
		attempt->rc = decide_and_act(node, nodes->last_update, attempt);
	slurm_free_node_info_msg(nodes);
}

/* In the child: whatever libslurm prints or does to the process stays here. */
static void run_child(const struct pi_conf *conf, const char *host, int out)
{
	struct attempt attempt = { 0 };
	int null = open("/dev/null", O_RDWR);

	(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void) dup2(null, 0);
	(void) dup2(null, 1);
	(void) dup2(null, 2);
	slurm_init(NULL);
	look_and_act(conf, host, &attempt);
	slurm_fini();
	_exit(write(out, &attempt, sizeof(attempt)) ==
	      (ssize_t) sizeof(attempt) ? 0 : 1);
}

static int read_attempt(int fd, pid_t pid, int64_t deadline,
			struct attempt *attempt)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int64_t left = deadline - clock_ms(CLOCK_MONOTONIC);
	int rc = poll(&poll_fd, 1, left > 0 ? (int) left : 0);

	if (rc > 0)
		rc = read(fd, attempt, sizeof(*attempt)) ==
		     (ssize_t) sizeof(*attempt) ? 0 : CHILD_GONE;
	else
		rc = -ETIMEDOUT;
	(void) kill(pid, SIGKILL);
	(void) waitpid(pid, NULL, 0);
	return rc;
}

/* 0 with *attempt filled, CHILD_GONE, or a negative errno. */
static int try_once(const struct pi_conf *conf, const char *host,
		    int64_t deadline, struct attempt *attempt,
		    struct pi_err *err)
{
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return pi_err_set(err, errno, "pipe: %m");
	pi_auto_fd in = pipe_fds[0];
	pi_auto_fd out = pipe_fds[1];
	pid = fork();
	if (pid < 0)
		return pi_err_set(err, errno, "fork: %m");
	if (pid == 0)
		run_child(conf, host, out);
	pi_auto_close_fd(&out);
	out = -1;
	return read_attempt(in, pid, deadline, attempt);
}

/* Half to one and a half times the pause: a hundred nodes must not march. */
static void rest(int64_t pause, int64_t deadline)
{
	int64_t left = deadline - clock_ms(CLOCK_MONOTONIC);
	uint32_t dice = 0;

	(void) !getrandom(&dice, sizeof(dice), GRND_NONBLOCK);
	pause = pause / 2 + (int64_t) dice % pause;
	if (pause > left)
		pause = left;
	if (pause > 0)
		(void) poll(NULL, 0, (int) pause);
}

/* What a finished attempt means: 1 go on, 0 done, or a negative errno. */
static int conclude(const struct attempt *attempt, unsigned *resumes,
		    struct pi_err *err)
{
	if (attempt->rc < 0 && attempt->rc != -EAGAIN)
		return pi_err_set(err, -attempt->rc, "%s", attempt->err.text);
	if (attempt->rc < 0)
		return 1;
	if (attempt->resumed) {
		pi_info("%s: resumed: %s", attempt->name, attempt->why);
		++*resumes;
		return *resumes < RESUMES ? 1 :
		       pi_err_set(err, EIO, "%s goes down again after each "
				  "resume; see slurmctld's log", attempt->name);
	}
	switch (attempt->decision) {
	case PI_NOTHING_TO_DO:
		pi_info("%s: %s", attempt->name, *resumes > 0 ?
			"back in service" : "nothing to do, it is in service");
		return 0;
	case PI_LEAVE:
		pi_info("%s: left alone: %s", attempt->name, attempt->why);
		return 0;
	case PI_REPORT:
		return pi_err_set(err, EIO, "%s: %s", attempt->name,
				  attempt->why);
	default:
		return 1;
	}
}

static int give_up(const struct pi_conf *conf, const struct attempt *last,
		   struct pi_err *err)
{
	const char *problem = "no answer from libslurm; is there a slurm.conf, "
			      "and does `scontrol ping` answer?";

	if (last->rc < 0)
		problem = last->err.text;
	else if (last->name[0])
		problem = last->why;
	return pi_err_set(err, ETIMEDOUT, "%s%snot resumed within %llu ms "
			  "(ResumeWait): %s", last->name,
			  last->name[0] ? ": " : "",
			  (unsigned long long) conf->resume_wait_ms, problem);
}

int pi_resume(const struct pi_conf *conf, struct pi_err *err)
{
	int64_t deadline = clock_ms(CLOCK_MONOTONIC) +
			   (int64_t) conf->resume_wait_ms;
	struct attempt last = { 0 }, attempt;
	int64_t pause = FIRST_PAUSE_MS;
	unsigned resumes = 0;
	char host[HOST_SIZE];
	int rc;

	if (gethostname(host, sizeof(host)) < 0)
		return pi_err_set(err, errno, "gethostname: %m");
	do {
		attempt = (struct attempt) { 0 };
		rc = try_once(conf, host, deadline, &attempt, err);
		if (rc == -ETIMEDOUT)
			break;
		if (rc < 0)
			return rc;
		if (rc == 0) {
			last = attempt;
			rc = conclude(&attempt, &resumes, err);
			if (rc <= 0)
				return rc;
			if (attempt.resumed)
				pause = FIRST_PAUSE_MS;
		}
		rest(pause, deadline);
		pause = pause * 3 / 2 < LONGEST_PAUSE_MS ? pause * 3 / 2
							 : LONGEST_PAUSE_MS;
	} while (clock_ms(CLOCK_MONOTONIC) < deadline);
	return give_up(conf, &last, err);
}
