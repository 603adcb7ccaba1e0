/* SPDX-License-Identifier: GPL-2.0-or-later */
/* err.h - the sentence that goes with a negative errno */
#ifndef PI_ERR_H
#define PI_ERR_H

enum { PI_ERR_SIZE = 256 };

/* Filled where the knowledge is, printed once where the decision is. */
struct pi_err {
	char text[PI_ERR_SIZE];
};

/*
 * Write the sentence into *err and return -errnum, so that failing is one
 * line: return pi_err_set(err, errno, "mkdir %s: %m", name);
 *
 * `errnum` is a positive errno value; %m stands for its text. Text that does
 * not fit is cut and ends in '+'. `err` may be NULL. errno is left alone.
 */
int pi_err_set(struct pi_err *err, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Put "words: " in front of what *err says already. For callers who know which
 * node, card or file the failure below them was about.
 */
void pi_err_prefix(struct pi_err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
