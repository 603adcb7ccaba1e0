/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.c - run a program, hear what it says, and never wait forever */
#include "head/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"

enum { STEP = 4096, EXEC_FAILED = 127 };

int64_t pi_child_now(void)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In the child: never returns. The parent reads why from `report`. */
__attribute__((noreturn))
static void become(const char *const argv[], const int fds[3], int report,
		   int (*before)(void), pid_t parent)
{
	int problem = 0;
	sigset_t none;

	(void) sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
	(void) signal(SIGPIPE, SIG_DFL);
	(void) setpgid(0, 0);
	(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXEC_FAILED);
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(fds[fd], fd) < 0)
			problem = errno;
	}
	if (problem == 0 && before)
		problem = before();
	if (problem == 0) {
		(void) execvp(argv[0], (char *const *) argv);
		problem = errno;
	}
	if (write(report, &problem, sizeof(problem)) < 0)
		_exit(EXEC_FAILED);
	_exit(EXEC_FAILED);
}

static int make_pipe(int ret_fds[2])
{
	if (pipe2(ret_fds, O_CLOEXEC) < 0)
		return -errno;
	(void) fcntl(ret_fds[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* What kept the child from running its program; 0 for nothing. */
static int exec_problem(int report)
{
	int problem = 0;

	(void) fcntl(report, F_SETFL, 0);
	while (read(report, &problem, sizeof(problem)) < 0 && errno == EINTR)
		;
	return problem;
}

int pi_child_start(struct pi_child *ret_child, const char *const argv[],
		   uint64_t timeout_ms, size_t limit, int (*before)(void),
		   struct pi_err *err)
{
	struct pi_child child = { .limit = limit };
	int out[2] = { -1, -1 }, errors[2] = { -1, -1 }, report[2] = { -1, -1 };
	pi_auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t parent = getpid();
	int problem = 0;

	if (null < 0 || make_pipe(out) < 0 || make_pipe(errors) < 0 ||
	    make_pipe(report) < 0)
		problem = errno;
	if (problem == 0) {
		child.pid = fork();
		if (child.pid == 0)
			become(argv, (const int[]) { null, out[1], errors[1] },
			       report[1], before, parent);
		problem = child.pid < 0 ? errno : 0;
	}
	for (int i = 0; i < 3; i++) {
		int fd = (const int[]) { out[1], errors[1], report[1] }[i];

		if (fd >= 0)
			(void) close(fd);
	}
	child.out = out[0];
	child.err = errors[0];
	child.pidfd = -1;
	if (problem == 0) {
		(void) setpgid(child.pid, child.pid);
		problem = exec_problem(report[0]);
		child.pidfd = (int) syscall(SYS_pidfd_open, child.pid, 0);
		if (problem == 0 && child.pidfd < 0)
			problem = errno;
	}
	if (report[0] >= 0)
		(void) close(report[0]);
	if (problem != 0) {
		if (child.pid < 0)
			child.pid = 0;
		pi_child_finish(&child);
		return pi_err_set(err, problem, "%s: %m", argv[0]);
	}
	child.deadline = timeout_ms ? pi_child_now() + (int64_t) timeout_ms : 0;
	*ret_child = child;
	return 0;
}

/* Take what is there to read; the pipe is closed at its end. */
static void hear(int *fd, struct pi_child_text *text, size_t limit)
{
	char bytes[STEP];
	ssize_t got;

	while (*fd >= 0 && (got = read(*fd, bytes, sizeof(bytes))) != -1) {
		size_t keep = (size_t) got;
		char *more;

		if (got == 0) {
			(void) close(*fd);
			*fd = -1;
			return;
		}
		if (keep > limit - text->size) {
			keep = limit - text->size;
			text->cut = true;
		}
		more = realloc(text->bytes, text->size + keep + 1);
		if (!more) {
			text->cut = true;
			continue;
		}
		text->bytes = more;
		memcpy(more + text->size, bytes, keep);
		text->size += keep;
		more[text->size] = '\0';
	}
}

static int time_left(const struct pi_child *children, size_t count, int wait_ms)
{
	int64_t now = pi_child_now();

	for (size_t i = 0; i < count; i++) {
		int64_t left = children[i].deadline - now;

		if (children[i].pid == 0 || children[i].deadline == 0)
			continue;
		if (left < 0)
			left = 0;
		if (wait_ms < 0 || left < wait_ms)
			wait_ms = (int) left;
	}
	return wait_ms;
}

int pi_child_listen(struct pi_child *children, size_t count, int wait_ms)
{
	pi_auto_free struct pollfd *polled = calloc(3 * count + 1,
						    sizeof(*polled));
	nfds_t used = 0;

	if (!polled)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (children[i].pid == 0)
			continue;
		polled[used++] = (struct pollfd) { children[i].out, POLLIN, 0 };
		polled[used++] = (struct pollfd) { children[i].err, POLLIN, 0 };
		polled[used++] = (struct pollfd) { children[i].pidfd, POLLIN, 0 };
	}
	if (poll(polled, used, time_left(children, count, wait_ms)) < 0 &&
	    errno != EINTR)
		return -errno;
	for (size_t i = 0; i < count; i++) {
		struct pi_child *child = &children[i];

		if (child->pid == 0)
			continue;
		hear(&child->out, &child->said, child->limit);
		hear(&child->err, &child->complained, child->limit);
		if (child->deadline && pi_child_now() >= child->deadline)
			(void) kill(-child->pid, SIGKILL);
	}
	return 0;
}

int pi_child_ended(struct pi_child *child, int *ret_status)
{
	int status = 0;

	if (child->pid == 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
		return 0;
	/* What it wrote before it ended may still lie in the pipes. */
	hear(&child->out, &child->said, child->limit);
	hear(&child->err, &child->complained, child->limit);
	child->pid = 0;
	*ret_status = status;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
	       child->deadline && pi_child_now() >= child->deadline ? -ETIME : 1;
}

void pi_child_finish(struct pi_child *child)
{
	if (child->pid > 0) {
		(void) kill(-child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (int i = 0; i < 3; i++) {
		int fd = (const int[]) { child->out, child->err,
					 child->pidfd }[i];

		if (fd >= 0)
			(void) close(fd);
	}
	free(child->said.bytes);
	free(child->complained.bytes);
	*child = (struct pi_child) { .pidfd = -1, .out = -1, .err = -1 };
}

int pi_child_run(const char *const argv[], uint64_t timeout_ms,
		 struct pi_child *ret_child, struct pi_err *err)
{
	struct pi_child child;
	int status = 0, ended = 0;
	int rc = pi_child_start(&child, argv, timeout_ms, PI_CHILD_OUTPUT, NULL,
				err);

	if (rc < 0)
		return rc;
	while (rc == 0 && ended == 0) {
		rc = pi_child_listen(&child, 1, -1);
		ended = pi_child_ended(&child, &status);
	}
	if (rc < 0)
		(void) pi_err_set(err, -rc, "%s: %m", argv[0]);
	else if (ended < 0)
		rc = pi_err_set(err, ETIME, "%s: no answer in %lu s", argv[0],
				(unsigned long) timeout_ms / 1000);
	else
		rc = WIFEXITED(status) ? WEXITSTATUS(status)
				       : 128 + WTERMSIG(status);
	if (rc < 0 || !ret_child)
		pi_child_finish(&child);
	else
		*ret_child = child;
	return rc;
}
