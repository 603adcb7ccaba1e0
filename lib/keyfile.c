/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyfile.c - files of `Key = value` lines, read by a table of keys
 *
 * libinih splits lines; the tables say what they mean. libinih (release 55, as
 * Debian 12 and 13 ship it) reads on after 199 bytes as if a new line began,
 * takes an indented line for more of the value before it, and reports a line
 * number but no reason; so the reader here counts lines and refuses those two,
 * and the handler keeps the first reason.
 */
#include "lib/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/size.h"

struct reading {
	const struct pi_keyfile *keyfile;
	void *fields;
	FILE *file;
	unsigned line;
	uint32_t seen;		/* a bit for each key */
	bool refused;
	char reason[PI_ERR_SIZE];
};

_Static_assert(PI_KEYFILE_KEYS <= 32, "struct reading has a bit for each key");

const char *pi_keyfile_duration(void *field, const char *value)
{
	return pi_duration_parse(value, field) == 0 ? NULL : PI_DURATION_SYNTAX;
}

const char *pi_keyfile_bool(void *field, const char *value)
{
	if (strcasecmp(value, "yes") == 0)
		*(bool *) field = true;
	else if (strcasecmp(value, "no") == 0)
		*(bool *) field = false;
	else
		return "yes or no";
	return NULL;
}

const char *pi_keyfile_size(void *field, const char *value)
{
	return pi_size_parse(value, field) == 0 ? NULL : PI_SIZE_SYNTAX;
}

const char *pi_keyfile_copy(char *field, size_t size, const char *value)
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

const char *pi_keyfile_path(char *field, size_t size, const char *value)
{
	if (!path_is_plain(value))
		return "an absolute path without blanks, '//', '.', '..' or a "
		       "'/' at its end";
	return pi_keyfile_copy(field, size, value);
}

static const char *read_value(const struct pi_keyfile_key *key, void *fields,
			      const char *value)
{
	return key->read((char *) fields + key->offset, value);
}

void pi_keyfile_defaults(const struct pi_keyfile *keyfile, void *fields)
{
	const struct pi_keyfile_key *keys = keyfile->keys;

	for (size_t i = 0; i < keyfile->count; i++)
		(void) read_value(&keys[i], fields, keys[i].preset);
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
	const struct pi_keyfile_key *keys = reading->keyfile->keys;
	const char *wanted;

	if (reading->refused)
		return 0;
	if (*section)
		return refuse(reading, "section [%.60s]: this file has none",
			      section);
	for (size_t i = 0; i < reading->keyfile->count; i++) {
		if (strcasecmp(name, keys[i].name) != 0)
			continue;
		if (reading->seen & (UINT32_C(1) << i))
			return refuse(reading, "%s is set a second time",
				      keys[i].name);
		reading->seen |= UINT32_C(1) << i;
		wanted = read_value(&keys[i], reading->fields, value);
		if (!wanted)
			return 1;
		return refuse(reading, "%s = %.60s: must be %s", keys[i].name,
			      value, wanted);
	}
	return refuse(reading, "unknown key %.60s; %s lists the keys", name,
		      reading->keyfile->manual);
}

/* Why libinih must not see this line, or NULL. */
static const char *misread_line(const char *line, size_t length)
{
	if (memchr(line, '\0', length))
		return "the line holds a NUL byte";
	if (length > 0 && line[length - 1] == '\n')
		length--;
	if (length > PI_KEYFILE_LINE)
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

int pi_keyfile_read(const struct pi_keyfile *keyfile, const char *path,
		    void *fields, struct pi_err *err)
{
	struct reading reading = { .keyfile = keyfile, .fields = fields };
	pi_auto_file *file = NULL;
	int bad_line;
	int rc = open_checked(path, &file, err);

	if (rc < 0)
		return rc;
	reading.file = file;
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
	return 0;
}
