/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h - run a program, hear what it says, and never wait forever */
#ifndef PI_CHILD_H
#define PI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

enum { PI_CHILD_OUTPUT = 32 << 20 };	/* more is not kept */

/* Bytes that a program said; always ends in a NUL beyond `size`. */
struct pi_child_text {
	char *bytes;
	size_t size;
	bool cut;		/* there was more than was wanted */
};

struct pi_child {
	pid_t pid;
	int pidfd;
	int out;
	int err;
	struct pi_child_text said;	/* on standard output */
	struct pi_child_text complained;	/* on standard error */
	size_t limit;		/* of each of the two */
	int64_t deadline;	/* pi_child_now(), or 0 */
};

/* Milliseconds of a clock that nobody sets. */
int64_t pi_child_now(void);

/*
 * Start argv[0], looked up in PATH, in a process group of its own that dies
 * with us, without standard input. It gets `timeout_ms`, 0 for no limit.
 *
 * `before`, if not NULL, runs in the child before the program; non-zero, an
 * errno value, is a failure to start. Returns 0 and fills *ret_child, to be
 * released with pi_child_finish(); or a negative errno with the reason.
 */
int pi_child_start(struct pi_child *ret_child, const char *const argv[],
		   uint64_t timeout_ms, size_t limit, int (*before)(void),
		   struct pi_err *err);

/*
 * Wait up to `wait_ms` (-1: forever) until one of the children has said
 * something, ended or run out of time, and hear it. A child that is out of
 * time is killed with its group. Children with pid 0 are passed over. Returns
 * 0 or a negative errno of poll(2).
 */
int pi_child_listen(struct pi_child *children, size_t count, int wait_ms);

/*
 * Has the child ended? 1 and the wait status in *ret_status, once; 0 while it
 * runs. After that its pid is 0. -ETIME instead of 1 if its time ran out.
 */
int pi_child_ended(struct pi_child *child, int *ret_status);

/* Kill what still runs, and release all. */
void pi_child_finish(struct pi_child *child);

/*
 * Start, listen and wait until it has ended. Returns its exit status (128 + n
 * for signal n), -ETIME after its deadline, or a negative errno. With
 * `ret_child` the caller gets what it said, to be released.
 */
int pi_child_run(const char *const argv[], uint64_t timeout_ms,
		 struct pi_child *ret_child, struct pi_err *err);

#endif
