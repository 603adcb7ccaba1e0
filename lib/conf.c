/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf.c - slurm-pi.conf: its keys, their defaults, and reading it
 *
 * libinih splits lines; the table below says what they mean. libinih (release
 * 55, as Debian 12 and 13 ship it) reads on after 199 bytes as if a new line
 * began, takes an indented line for more of the value before it, and reports a
 * line number but no reason; so the reader here counts lines and refuses those
 * two, and the handler keeps the first reason.
 */
#include "lib/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/size.h"

/* A value's reader returns NULL, or what would have been accepted. */
typedef const char *value_reader(void *field, const char *value);

struct key {
	const char *name;
	value_reader *read;
	size_t offset;
	const char *preset;
};

struct reading {
	FILE *file;
	unsigned line;
	uint32_t seen;		/* a bit for each key */
	struct pi_conf conf;
	bool refused;
	char reason[PI_ERR_SIZE];
};

static const char *read_duration(void *field, const char *value)
{
	return pi_duration_parse(value, field) == 0 ? NULL : PI_DURATION_SYNTAX;
}

static const char *read_bool(void *field, const char *value)
{
	if (strcasecmp(value, "yes") == 0)
		*(bool *) field = true;
	else if (strcasecmp(value, "no") == 0)
		*(bool *) field = false;
	else
		return "yes or no";
	return NULL;
}

static const char *read_scratch(void *field, const char *value)
{
	if (strcasecmp(value, "always") == 0)
		*(enum pi_conf_scratch *) field = PI_SCRATCH_ALWAYS;
	else if (strcasecmp(value, "on-request") == 0)
		*(enum pi_conf_scratch *) field = PI_SCRATCH_ON_REQUEST;
	else
		return "always or on-request";
	return NULL;
}

static const char *copy_text(char *field, size_t size, const char *value)
{
	if (strlen(value) >= size)
		return "a shorter value";
	strcpy(field, value);
	return NULL;
}

static bool path_is_plain(const char *path)
{
	size_t length = strlen(path);

	return path[0] == '/' && path[1] != '\0' && path[length - 1] != '/' &&
	       !strstr(path, "//") && !strstr(path, "/./") &&
	       !strstr(path, "/../") && !strpbrk(path, " \t");
}

static const char *read_path(void *field, const char *value)
{
	if (!path_is_plain(value))
		return "an absolute path without blanks, '//', '.', '..' or a "
		       "'/' at its end";
	return copy_text(field, PI_CONF_PATH, value);
}

static const char *read_path_or_none(void *field, const char *value)
{
	return *value ? read_path(field, value) : copy_text(field, 1, value);
}

static const char *read_words(void *field, const char *value)
{
	if (*value == '\0' || strchr(value, '#'))
		return "one or more words, without '#'";
	return copy_text(field, PI_CONF_WORDS, value);
}

static const char *read_node_name(void *field, const char *value)
{
	if (strspn(value, "abcdefghijklmnopqrstuvwxyz"
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789._-") != strlen(value))
		return "a node's name: letters, digits, '.', '_' and '-'";
	return copy_text(field, PI_CONF_NAME, value);
}

#define FIELD(name) offsetof(struct pi_conf, name)

static const struct key keys[] = {
	{ "ScratchDir", read_path, FIELD(scratch_dir), "/scratch" },
	{ "Scratch", read_scratch, FIELD(scratch), "always" },
	{ "SetTmpdir", read_bool, FIELD(set_tmpdir), "no" },
	{ "RemoveBudget", read_duration, FIELD(remove_budget_ms), "100ms" },
	{ "CardPath", read_words, FIELD(card_path),
	  "platform-fe340000.mmc platform-fe340000.emmc2" },
	{ "CardDevice", read_path_or_none, FIELD(card_device), "" },
	{ "CardWait", read_duration, FIELD(card_wait_ms), "10s" },
	{ "ToolTimeout", read_duration, FIELD(tool_timeout_ms), "5min" },
	{ "ResumeWait", read_duration, FIELD(resume_wait_ms), "10min" },
	{ "NodeName", read_node_name, FIELD(node_name), "" },
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
_Static_assert(KEYS <= 32, "struct reading has a bit for each key");

static const char *read_value(const struct key *key, struct pi_conf *conf,
			      const char *value)
{
	return key->read((char *) conf + key->offset, value);
}

void pi_conf_defaults(struct pi_conf *conf)
{
	*conf = (struct pi_conf) { 0 };
	for (size_t i = 0; i < KEYS; i++)
		(void) read_value(&keys[i], conf, keys[i].preset);
}

const char *pi_conf_key(unsigned n, const char **ret_default)
{
	if (n >= KEYS)
		return NULL;
	*ret_default = keys[n].preset;
	return keys[n].name;
}

/* The first refusal is the one reported. Returns 0: libinih's "bad line". */
__attribute__((format(printf, 2, 3)))
static int refuse(struct reading *reading, const char *format, ...)
{
	va_list args;

	if (reading->refused)
		return 0;
	reading->refused = true;
	va_start(args, format);
	(void) vsnprintf(reading->reason, sizeof(reading->reason), format,
			 args);
	va_end(args);
	return 0;
}

/* What libinih calls for each line; 1 accepts it. */
static int handle_line(void *user, const char *section, const char *name,
		       const char *value)
{
	struct reading *reading = user;
	const char *wanted;

	if (reading->refused)
		return 0;
	if (*section)
		return refuse(reading, "section [%.60s]: this file has none",
			      section);
	for (size_t i = 0; i < KEYS; i++) {
		if (strcasecmp(name, keys[i].name) != 0)
			continue;
		if (reading->seen & (UINT32_C(1) << i))
			return refuse(reading, "%s is set a second time",
				      keys[i].name);
		reading->seen |= UINT32_C(1) << i;
		wanted = read_value(&keys[i], &reading->conf, value);
		if (!wanted)
			return 1;
		return refuse(reading, "%s = %.60s: must be %s", keys[i].name,
			      value, wanted);
	}
	return refuse(reading, "unknown key %.60s; slurm-pi.conf(5) lists "
		      "the keys", name);
}

/* Why libinih must not see this line, or NULL. */
static const char *misread_line(const char *line, size_t length)
{
	if (memchr(line, '\0', length))
		return "the line holds a NUL byte";
	if (length > 0 && line[length - 1] == '\n')
		length--;
	if (length > PI_CONF_LINE)
		return "the line is too long";
	if ((line[0] == ' ' || line[0] == '\t') &&
	    line[strspn(line, " \t\r\n")] != '\0')
		return "the line begins with a blank";
	return NULL;
}

/* fgets() for libinih. */
static char *read_line(char *buffer, int size, void *stream)
{
	struct reading *reading = stream;
	pi_auto_free char *line = NULL;
	size_t room = 0;
	const char *reason;
	ssize_t length;

	if (reading->refused)
		return NULL;
	length = getline(&line, &room, reading->file);
	if (length < 0)
		return NULL;
	reading->line++;
	reason = misread_line(line, (size_t) length);
	if (reason) {
		(void) refuse(reading, "%s", reason);
		return NULL;
	}
	(void) snprintf(buffer, (size_t) size, "%s", line);
	return buffer;
}

static int open_checked(const char *path, FILE **ret_file, struct pi_err *err)
{
	struct stat st;
	pi_auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0)
		return pi_err_set(err, errno, "%s: %m", path);
	if (!S_ISREG(st.st_mode))
		return pi_err_set(err, EINVAL, "%s: not a regular file", path);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)))
		return pi_err_set(err, EPERM, "%s: must be root's and not "
				  "writable by others; run: chown root:root %s "
				  "&& chmod 644 %s", path, path, path);
	*ret_file = fdopen(fd, "r");
	if (!*ret_file)
		return pi_err_set(err, errno, "%s: %m", path);
	(void) pi_take_fd(&fd);
	return 0;
}

int pi_conf_read(const char *path, struct pi_conf *ret_conf, struct pi_err *err)
{
	struct reading reading = { 0 };
	pi_auto_file *file = NULL;
	int bad_line;
	int rc = open_checked(path, &file, err);

	if (rc < 0)
		return rc;
	reading.file = file;
	pi_conf_defaults(&reading.conf);
	bad_line = ini_parse_stream(read_line, &reading, handle_line, &reading);
	if (ferror(file))
		return pi_err_set(err, EIO, "%s: cannot be read", path);
	if (bad_line > 0 && (!reading.refused ||
			     (unsigned) bad_line < reading.line))
		return pi_err_set(err, EINVAL, "%s:%d: not `Key = value`", path,
				  bad_line);
	if (reading.refused)
		return pi_err_set(err, EINVAL, "%s:%u: %s", path, reading.line,
				  reading.reason);
	*ret_conf = reading.conf;
	return 0;
}
