/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tool.h - run a program with a deadline, and hear what it says */
#ifndef PI_TOOL_H
#define PI_TOOL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { PI_TOOL_OUTPUT = 32 << 10 };

/*
 * Run argv[0], found in the system's directories, never in the caller's PATH:
 * standard input is /dev/null, the environment PATH, LC_ALL=C and nothing else,
 * no descriptor but 0 to 2 is inherited. `output` (PI_TOOL_OUTPUT bytes) gets
 * what it writes to stdout, and to stderr if `with_stderr`; more than fits is
 * read and dropped.
 *
 * Returns the exit status, or a negative errno: -ETIMEDOUT if it was killed at
 * the deadline, -EINTR if a signal ended it, -ENOENT if there is no such program.
 */
int pi_tool_run(const char *const argv[], uint64_t timeout_ms, int with_stderr,
		char output[PI_TOOL_OUTPUT], struct pi_err *err);

/* The last line of a tool's output that is not empty, for messages. */
const char *pi_tool_last_line(char output[PI_TOOL_OUTPUT]);

#endif
