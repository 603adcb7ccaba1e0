/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume_ask.c - one question to slurmctld, asked by a child process */
#include "agent/resume_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/resume_view.h"
#include "agent/slurmapi.h"
#include "lib/auto.h"

enum { HOST_SIZE = 256 };

struct question {
	enum pi_ask what;
	const char *reason;
	int64_t uptime;		/* seconds, when slurmctld answered */
};

static int64_t boottime(void)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static int slurm_failed(struct pi_err *err, const char *what)
{
	int code = errno;

	return pi_err_set(err, code == ESLURM_USER_ID_MISSING ||
			  code == ESLURM_ACCESS_DENIED ? EPERM : EAGAIN,
			  "%s: %s", what, slurm_strerror(code));
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
	pi_slurm_free_conf(conf);
	return 0;
}

static int send_resume(const node_info_t *node, struct pi_answer *answer)
{
	update_node_msg_t update;

	slurm_init_update_node_msg(&update);
	update.node_names = node->name;
	update.node_state = NODE_RESUME;
	if (slurm_update_node(&update) == SLURM_SUCCESS) {
		answer->done = true;
		return 0;
	}
	/* It changed between our look and our word: look again. */
	if (pi_slurm_is_wrong_state(errno))
		return pi_err_set(&answer->err, EAGAIN, "%s changed its state "
				  "meanwhile", node->name);
	return slurm_failed(&answer->err, "resume");
}

static int send_drain(const node_info_t *node, const struct question *question,
		      struct pi_answer *answer)
{
	char reason[PI_ASK_REASON];
	update_node_msg_t update;

	(void) snprintf(reason, sizeof(reason), PI_DRAIN_PREFIX " %s",
			question->reason);
	slurm_init_update_node_msg(&update);
	update.node_names = node->name;
	update.node_state = NODE_STATE_DRAIN;
	update.reason = reason;
	if (slurm_update_node(&update) != SLURM_SUCCESS)
		return slurm_failed(&answer->err, "drain");
	answer->done = true;
	return 0;
}

static enum pi_decision decide(const struct question *question,
			       const struct pi_node_view *view,
			       struct pi_answer *answer)
{
	struct pi_local_view local = {
		.uptime = question->uptime,
	};

	switch (question->what) {
	case PI_ASK_RESUME:
		return pi_resume_decide(view, &local, answer->why);
	case PI_ASK_FIT:
		return pi_resume_decide_drain(view, true, answer->why);
	case PI_ASK_UNFIT:
		return pi_resume_decide_drain(view, false, answer->why);
	default:
		return PI_NOTHING_TO_DO;
	}
}

static int decide_and_act(const node_info_t *node, time_t now,
			  struct question *question, struct pi_answer *answer)
{
	struct pi_node_view view;
	int rc = 0;

	(void) snprintf(answer->name, sizeof(answer->name), "%s", node->name);
	pi_resume_view(node, now, &view);
	pi_resume_say(&view, answer->state);
	if (question->what == PI_ASK_RESUME && view.base == PI_NODE_DOWN &&
	    view.reason[0])
		rc = learn_author(node, &view, &answer->err);
	if (rc < 0)
		return rc;
	answer->decision = decide(question, &view, answer);
	if (answer->decision == PI_RESUME)
		return send_resume(node, answer);
	return answer->decision == PI_DRAIN ?
	       send_drain(node, question, answer) : 0;
}

/* Load, decide and act, with nothing in between. */
static void look_and_act(const struct pi_conf *conf, const char *host,
			 struct question *question, struct pi_answer *answer)
{
	node_info_msg_t *nodes;
	const node_info_t *node;

	answer->rc = load_nodes(conf->node_name, &nodes, &answer->err);
	if (answer->rc < 0)
		return;
	question->uptime = boottime();
	answer->rc = pi_resume_pick_own(nodes, conf->node_name, host, &node,
					&answer->err);
	if (answer->rc == 0)
		answer->rc = decide_and_act(node, nodes->last_update, question,
					    answer);
	slurm_free_node_info_msg(nodes);
}

/* In the child: whatever libslurm prints or does to the process stays here. */
static void run_child(const struct pi_conf *conf, const char *host,
		      struct question *question, int out)
{
	struct pi_answer answer = { 0 };
	int null = open("/dev/null", O_RDWR);

	(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void) dup2(null, 0);
	(void) dup2(null, 1);
	(void) dup2(null, 2);
	slurm_init(NULL);
	look_and_act(conf, host, question, &answer);
	slurm_fini();
	_exit(write(out, &answer, sizeof(answer)) ==
	      (ssize_t) sizeof(answer) ? 0 : 1);
}

/* The child is given up at the deadline, whatever it is doing. */
static int read_answer(int fd, pid_t pid, int64_t timeout_ms,
		       struct pi_answer *ret)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct pi_answer answer;
	int rc = poll(&poll_fd, 1, timeout_ms > 0 ? (int) timeout_ms : 0);

	if (rc <= 0)
		rc = -ETIMEDOUT;
	else
		rc = read(fd, &answer, sizeof(answer)) ==
		     (ssize_t) sizeof(answer) ? 0 : -ECHILD;
	(void) kill(pid, SIGKILL);
	(void) waitpid(pid, NULL, 0);
	if (rc == 0)
		*ret = answer;
	return rc;
}

int pi_resume_ask(const struct pi_conf *conf, enum pi_ask what,
		  const char *reason, int64_t timeout_ms,
		  struct pi_answer *ret, struct pi_err *err)
{
	struct question question = { .what = what, .reason = reason };
	char host[HOST_SIZE];
	int pipe_fds[2], rc;
	pid_t pid;

	if (gethostname(host, sizeof(host)) < 0 ||
	    pipe2(pipe_fds, O_CLOEXEC) < 0)
		return pi_err_set(err, errno, "cannot ask slurmctld: %m");
	pi_auto_fd in = pipe_fds[0];
	pid = fork();
	if (pid == 0)
		run_child(conf, host, &question, pipe_fds[1]);
	(void) close(pipe_fds[1]);
	if (pid < 0)
		return pi_err_set(err, errno, "fork: %m");
	rc = read_answer(in, pid, timeout_ms, ret);
	if (rc < 0)
		return pi_err_set(err, -rc, "no answer from slurmctld; is there "
				  "a slurm.conf, and does `scontrol ping` "
				  "answer?");
	return 0;
}
