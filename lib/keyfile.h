/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keyfile.h - files of `Key = value` lines, read by a table of keys */
#ifndef PI_KEYFILE_H
#define PI_KEYFILE_H

#include <stddef.h>

#include "lib/err.h"

enum {
	PI_KEYFILE_KEYS = 32,	/* the most keys that a table may have */
	PI_KEYFILE_LINE = 196,	/* the longest line; libinih cuts at 199 */
};

/* Reads a value into the field; returns NULL, or what it would accept. */
typedef const char *pi_keyfile_reader(void *field, const char *value);

struct pi_keyfile_key {
	const char *name;
	pi_keyfile_reader *read;
	size_t offset;		/* of the field */
	const char *preset;	/* the default, as text that `read` accepts */
};

struct pi_keyfile {
	const struct pi_keyfile_key *keys;
	size_t count;		/* at most PI_KEYFILE_KEYS */
	const char *manual;	/* the page that lists the keys, for messages */
};

/* Set every key's field in the structure at `fields` to its default. */
void pi_keyfile_defaults(const struct pi_keyfile *keyfile, void *fields);

/*
 * Read `path` over what is in the structure at `fields`.
 *
 * The file must be a regular file of root's, or of the caller's own user, that
 * group and others cannot write. Each line is blank, a comment ('#' or ';'
 * first), or `Key = value`; keys are matched without regard to case. A line
 * that is indented, longer than PI_KEYFILE_LINE or with a NUL in it, an
 * unknown key, a key given twice, or a value that its reader does not take is
 * refused.
 *
 * Returns 0, or a negative errno with "FILE:LINE: reason" in *err, and the
 * fields then hold a mixture: -EINVAL for what the file says, -EPERM for whose
 * it is, else what opening or reading gave.
 */
int pi_keyfile_read(const struct pi_keyfile *keyfile, const char *path,
		    void *fields, struct pi_err *err);

/*
 * "yes" or "no" into a bool; a duration into a uint64_t of milliseconds; a size
 * into a uint64_t of bytes.
 */
const char *pi_keyfile_bool(void *field, const char *value);
const char *pi_keyfile_duration(void *field, const char *value);
const char *pi_keyfile_size(void *field, const char *value);

/* Copy `value` into a field of `size` bytes, if it fits. */
const char *pi_keyfile_copy(char *field, size_t size, const char *value);

/*
 * The same for an absolute path: without blanks, "//", "." or ".." as a
 * component, or a '/' at its end.
 */
const char *pi_keyfile_path(char *field, size_t size, const char *value);

#endif
