/* SPDX-License-Identifier: GPL-2.0-or-later */
/* err.c - the sentence that goes with a negative errno */
#include "lib/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void mark_if_cut(struct pi_err *err, int length)
{
	if (length < 0)
		err->text[0] = '\0';
	else if ((size_t) length >= sizeof(err->text))
		err->text[sizeof(err->text) - 2] = '+';
}

int pi_err_set(struct pi_err *err, int errnum, const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (!err)
		return -errnum;
	va_start(args, format);
	errno = errnum;
	mark_if_cut(err, vsnprintf(err->text, sizeof(err->text), format, args));
	va_end(args);
	errno = saved;
	return -errnum;
}

void pi_err_prefix(struct pi_err *err, const char *format, ...)
{
	char prefix[PI_ERR_SIZE], old[PI_ERR_SIZE];
	int saved = errno;
	va_list args;

	if (!err)
		return;
	va_start(args, format);
	(void) vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);
	memcpy(old, err->text, sizeof(old));
	mark_if_cut(err, snprintf(err->text, sizeof(err->text), "%s: %s",
				  prefix, old));
	errno = saved;
}
