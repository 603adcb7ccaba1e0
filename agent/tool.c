/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tool.c - run a program with a deadline, and hear what it says */
#include "agent/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/auto.h"

/* posix_spawnp() searches the caller's PATH; these are searched instead. */
static const char *const directories[] = {
	"/usr/sbin", "/usr/bin", "/sbin", "/bin",
};
static const char *const environment[] = {
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL,
};

enum { PATH_SIZE = 128, KILL_GRACE_MS = 10000 };

static uint64_t now_ms(void)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

static int find_program(const char *name, char path[PATH_SIZE])
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(char *); i++) {
		if (strlen(directories[i]) + strlen(name) + 2 > PATH_SIZE)
			return -ENAMETOOLONG;
		(void) stpcpy(stpcpy(stpcpy(path, directories[i]), "/"), name);
		if (access(path, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

static int spawn(const char *path, const char *const argv[], int out,
		 int with_stderr, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int rc;

	(void) sigemptyset(&none);
	(void) sigfillset(&all);
	(void) posix_spawn_file_actions_init(&files);
	(void) posix_spawnattr_init(&attributes);
	(void) posix_spawn_file_actions_addopen(&files, 0, "/dev/null",
						O_RDONLY, 0);
	(void) posix_spawn_file_actions_adddup2(&files, out, 1);
	if (with_stderr)
		(void) posix_spawn_file_actions_adddup2(&files, out, 2);
	else
		(void) posix_spawn_file_actions_addopen(&files, 2, "/dev/null",
							O_WRONLY, 0);
	(void) posix_spawn_file_actions_addclosefrom_np(&files, 3);
	/* A group of its own: a Ctrl-C at the terminal must not end mkfs. */
	(void) posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
					POSIX_SPAWN_SETSIGMASK |
					POSIX_SPAWN_SETSIGDEF);
	(void) posix_spawnattr_setsigmask(&attributes, &none);
	(void) posix_spawnattr_setsigdefault(&attributes, &all);
	rc = posix_spawn(ret_pid, path, &files, &attributes,
			 (char *const *) argv, (char *const *) environment);
	(void) posix_spawnattr_destroy(&attributes);
	(void) posix_spawn_file_actions_destroy(&files);
	return -rc;
}

/* 0 at the end of output, 1 after some. */
static int read_some(int fd, char output[PI_TOOL_OUTPUT], size_t *length)
{
	char more[PI_TOOL_OUTPUT];
	ssize_t n = read(fd, more, sizeof(more));
	size_t room = PI_TOOL_OUTPUT - 1 - *length;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	if ((size_t) n < room)
		room = (size_t) n;
	memcpy(output + *length, more, room);
	*length += room;
	output[*length] = '\0';
	return 1;
}

/* Until it has ended; its children may keep the pipe open, which is no matter. */
static int wait_until(int pidfd, int out, uint64_t deadline,
		      char output[PI_TOOL_OUTPUT])
{
	struct pollfd fds[] = {
		{ .fd = pidfd, .events = POLLIN },
		{ .fd = out, .events = POLLIN },
	};
	size_t length = 0;
	uint64_t now;

	for (;;) {
		now = now_ms();
		if (now >= deadline)
			return -ETIMEDOUT;
		if (poll(fds, 2, (int) (deadline - now > INT32_MAX ? INT32_MAX
					: deadline - now)) < 0 &&
		    errno != EINTR)
			return -errno;
		if (fds[1].revents && !read_some(out, output, &length))
			fds[1].fd = -1;
		else if (fds[1].revents)
			continue;
		if (fds[0].revents)
			return 0;
	}
}

/* Collect the child; one that hangs in the kernel is left to init. */
static int reap(pid_t pid, int pidfd, int *ret_status)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

	(void) poll(&poll_fd, 1, KILL_GRACE_MS);
	return waitpid(pid, ret_status, WNOHANG) == pid ? 0 : -ETIMEDOUT;
}

static int watch(pid_t pid, int out, const char *name, uint64_t timeout_ms,
		 char output[PI_TOOL_OUTPUT], struct pi_err *err)
{
	int status = 0, rc;
	pi_auto_fd pidfd = pidfd_open(pid, 0);

	if (pidfd < 0) {
		rc = -errno;
		(void) kill(-pid, SIGKILL);
		(void) waitpid(pid, NULL, 0);
		return pi_err_set(err, -rc, "%s: %m", name);
	}
	rc = wait_until(pidfd, out, now_ms() + timeout_ms, output);
	if (rc < 0) {
		(void) kill(-pid, SIGKILL);
		(void) reap(pid, pidfd, &status);
		return pi_err_set(err, -rc, "%s was stopped: no end after "
				  "%llu ms (ToolTimeout)", name,
				  (unsigned long long) timeout_ms);
	}
	rc = reap(pid, pidfd, &status);
	if (rc < 0 || !WIFEXITED(status))
		return pi_err_set(err, EINTR, "%s was ended by signal %d", name,
				  WTERMSIG(status));
	return WEXITSTATUS(status);
}

int pi_tool_run(const char *const argv[], uint64_t timeout_ms, int with_stderr,
		char output[PI_TOOL_OUTPUT], struct pi_err *err)
{
	char path[PATH_SIZE];
	int pipe_fds[2], rc;
	pid_t pid;

	output[0] = '\0';
	rc = find_program(argv[0], path);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s is not installed", argv[0]);
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return pi_err_set(err, errno, "%s: pipe: %m", argv[0]);
	pi_auto_fd out = pipe_fds[0];
	rc = spawn(path, argv, pipe_fds[1], with_stderr, &pid);
	(void) close(pipe_fds[1]);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: %m", path);
	/* A reader that waits for the pipe's end would miss the program's. */
	(void) fcntl(out, F_SETFL, O_NONBLOCK);
	return watch(pid, out, argv[0], timeout_ms, output, err);
}

const char *pi_tool_last_line(char output[PI_TOOL_OUTPUT])
{
	size_t length = strlen(output);
	char *start;

	while (length > 0 && output[length - 1] == '\n')
		output[--length] = '\0';
	start = strrchr(output, '\n');
	return start ? start + 1 : output;
}
