/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.c - one line to a human, through a sink that the program chose */
#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_SIZE = 1024 };

static pi_log_sink *current_sink;
static enum pi_log_level current_max;

void pi_log_to(pi_log_sink *sink, enum pi_log_level max_level)
{
	current_sink = sink;
	current_max = max_level;
}

void pi_log_to_stderr(enum pi_log_level level, const char *line)
{
	/* systemd sets JOURNAL_STREAM where it connected stderr to the journal */
	if (getenv("JOURNAL_STREAM"))
		(void) fprintf(stderr, "<%d>%s\n", (int) level, line);
	else
		(void) fprintf(stderr, "%s: %s\n",
			       program_invocation_short_name, line);
}

__attribute__((format(printf, 2, 0)))
static void emit(enum pi_log_level level, const char *format, va_list args)
{
	char line[LINE_SIZE];
	int saved = errno;

	if (current_sink && level <= current_max) {
		(void) vsnprintf(line, sizeof(line), format, args);
		current_sink(level, line);
	}
	errno = saved;
}

#define DEFINE_LEVEL(function, level)             \
	void function(const char *format, ...)    \
	{                                         \
		va_list args;                     \
                                                  \
		va_start(args, format);           \
		emit(level, format, args);        \
		va_end(args);                     \
	}

DEFINE_LEVEL(pi_error, PI_LOG_ERROR)
DEFINE_LEVEL(pi_warn, PI_LOG_WARNING)
DEFINE_LEVEL(pi_info, PI_LOG_INFO)
DEFINE_LEVEL(pi_debug, PI_LOG_DEBUG)
