/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - one line to a human, through a sink that the program chose */
#ifndef PI_LOG_H
#define PI_LOG_H

/* The numbers are those of syslog(3). */
enum pi_log_level {
	PI_LOG_ERROR = 3,
	PI_LOG_WARNING = 4,
	PI_LOG_INFO = 6,
	PI_LOG_DEBUG = 7,
};

/* `line` has no newline and is valid during the call only. */
typedef void pi_log_sink(enum pi_log_level level, const char *line);

/*
 * Send lines of `max_level` and more urgent ones to `sink`. A program calls
 * this once; until then, and with a NULL sink, lines are dropped.
 */
void pi_log_to(pi_log_sink *sink, enum pi_log_level max_level);

/*
 * A sink for programs: writes "NAME: line" to stderr, NAME being the program's
 * short name; where stderr is the journal, with the "<3>" prefixes it reads
 * (sd-daemon(3)).
 */
void pi_log_to_stderr(enum pi_log_level level, const char *line);

void pi_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void pi_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void pi_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void pi_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
