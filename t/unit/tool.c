/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tool.c - agent/tool: run a program with a deadline, and hear what it says */
#include "t/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/tool.h"

enum { LONG_MS = 30000 };

static char output[PI_TOOL_OUTPUT];
static struct pi_err err;

static int shell(const char *script, uint64_t timeout_ms, int with_stderr)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return pi_tool_run(argv, timeout_ms, with_stderr, output, &err);
}

START_TEST(tool_gives_status_and_output)
{
	ck_assert_int_eq(shell("echo out; echo err >&2; exit 3", LONG_MS, 1), 3);
	ck_assert_str_eq(output, "out\nerr\n");
	ck_assert_str_eq(pi_tool_last_line(output), "err");
	ck_assert_int_eq(shell("echo out; echo err >&2", LONG_MS, 0), 0);
	ck_assert_str_eq(output, "out\n");
	ck_assert_int_eq(shell("true", LONG_MS, 1), 0);
	ck_assert_str_eq(pi_tool_last_line(output), "");
}
END_TEST

START_TEST(tool_reads_all_and_keeps_what_fits)
{
	ck_assert_int_eq(shell("yes | head -c 300000; exit 7", LONG_MS, 1), 7);
	ck_assert_uint_eq(strlen(output), PI_TOOL_OUTPUT - 1);
}
END_TEST

START_TEST(tool_is_stopped_at_its_deadline)
{
	ck_assert_int_eq(shell("sleep 600", 50, 1), -ETIMEDOUT);
	ck_assert_ptr_nonnull(strstr(err.text, "ToolTimeout"));
	ck_assert_int_eq(shell("sleep 600 & yes", 50, 1), -ETIMEDOUT);
}
END_TEST

/* A daemon it leaves behind keeps the pipe open and must not be waited for. */
START_TEST(tool_ends_with_the_program_not_with_its_children)
{
	ck_assert_int_eq(shell("sleep 3 & echo here", LONG_MS, 1), 0);
	ck_assert_str_eq(output, "here\n");
}
END_TEST

START_TEST(tool_inherits_nothing)
{
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_int_ge(fd, 3);
	ck_assert_int_eq(setenv("PI_TEST", "seen", 1), 0);
	ck_assert_int_eq(shell("env | grep -v '^PWD\\|^_=\\|^SHLVL\\|^OLDPWD'; "
			       "ls /proc/self/fd | tr '\\n' ' '; "
			       "readlink /proc/self/fd/0", LONG_MS, 1), 0);
	ck_assert_ptr_null(strstr(output, "PI_TEST"));
	ck_assert_ptr_nonnull(strstr(output, "LC_ALL=C"));
	ck_assert_ptr_nonnull(strstr(output, "0 1 2 3 /dev/null"));
	(void) close(fd);
}
END_TEST

START_TEST(tool_that_is_missing_or_killed)
{
	const char *const argv[] = { "no-such-program", NULL };

	ck_assert_int_eq(pi_tool_run(argv, LONG_MS, 1, output, &err), -ENOENT);
	ck_assert_str_eq(err.text, "no-such-program is not installed");
	ck_assert_int_eq(shell("kill -9 $$", LONG_MS, 1), -EINTR);
}
END_TEST

PI_UNIT_MAIN("tool", tool_gives_status_and_output,
	     tool_reads_all_and_keeps_what_fits,
	     tool_is_stopped_at_its_deadline,
	     tool_ends_with_the_program_not_with_its_children,
	     tool_inherits_nothing, tool_that_is_missing_or_killed)
