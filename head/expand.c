/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expand.c - hostlists to names: b[02-04] to b02 b03 b04 */
#include "head/fold.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "head/words.h"

enum { PREFIX_MAX = 64, DIGITS_MAX = 9 };

/* The names so far: their bytes behind each other, each with its NUL. */
struct names {
	FILE *bytes;
	size_t count;
};

struct number {
	uint32_t value;
	int digits;
};

static int add_name(struct names *names, const char *prefix, size_t length,
		    const struct number *number, struct pi_err *err)
{
	if (++names->count > PI_FOLD_HOSTS)
		return pi_err_set(err, E2BIG, "more than %d names",
				  PI_FOLD_HOSTS);
	(void) fwrite(prefix, 1, length, names->bytes);
	if (number)
		(void) fprintf(names->bytes, "%0*u", number->digits,
			       number->value);
	(void) fputc('\0', names->bytes);
	return 0;
}

/* Digits at *text, which moves behind them. */
static int read_number(const char **text, struct number *ret_number,
		       struct pi_err *err)
{
	struct number number = { 0 };

	for (; isdigit((unsigned char) **text); (*text)++) {
		if (++number.digits > DIGITS_MAX)
			return pi_err_set(err, EINVAL, "a number of more than "
					  "%d digits", DIGITS_MAX);
		number.value = number.value * 10 + (uint32_t) (**text - '0');
	}
	if (number.digits == 0)
		return pi_err_set(err, EINVAL, "no number before \"%.20s\"",
				  *text);
	*ret_number = number;
	return 0;
}

/* "02" or "02-05" at *text. As in Slurm the first bound gives the width. */
static int read_range(const char **text, struct names *names,
		      const char *prefix, size_t length, struct pi_err *err)
{
	struct number first, last;
	int rc = read_number(text, &first, err);

	if (rc < 0)
		return rc;
	last = first;
	if (**text == '-') {
		(*text)++;
		rc = read_number(text, &last, err);
	}
	if (rc == 0 && last.value < first.value)
		rc = pi_err_set(err, EINVAL, "%u-%u runs backwards",
				first.value, last.value);
	if (rc == 0 && last.value - first.value >= PI_FOLD_RANGE)
		rc = pi_err_set(err, E2BIG, "%u-%u is a range of more than %d",
				first.value, last.value, PI_FOLD_RANGE);
	for (; rc == 0 && first.value <= last.value; first.value++)
		rc = add_name(names, prefix, length, &first, err);
	return rc;
}

/* One name, or one prefix with brackets, at *text, up to ',' or the end. */
static int read_word(const char **text, struct names *names, struct pi_err *err)
{
	const char *prefix = *text;
	size_t length = strspn(prefix, PI_NAME_CHARS ".");
	int rc;

	if (length >= PREFIX_MAX)
		return pi_err_set(err, EINVAL, "a name of %zu bytes", length);
	*text += length;
	if (**text != '[') {
		if (length == 0)
			return pi_err_set(err, EINVAL, "a name is missing at "
					  "\"%.20s\"", *text);
		return add_name(names, prefix, length, NULL, err);
	}
	do {
		(*text)++;
		rc = read_range(text, names, prefix, length, err);
	} while (rc == 0 && **text == ',');
	if (rc < 0)
		return rc;
	if (**text != ']')
		return pi_err_set(err, EINVAL, "\"%.20s\" where a ] should be",
				  *text);
	(*text)++;
	return 0;
}

static int read_words(const char *text, struct names *names, struct pi_err *err)
{
	int rc;

	for (;;) {
		rc = read_word(&text, names, err);
		if (rc < 0 || *text == '\0')
			return rc;
		if (*text != ',')
			return pi_err_set(err, EINVAL, "\"%.20s\" after a name; "
					  "only PREFIX[RANGES] can be read here",
					  text);
		text++;
	}
}

/* Put the pointers in front of the bytes, in one allocation. */
static char **join(const char *bytes, size_t size, size_t count)
{
	char **list = malloc(count * sizeof(*list) + size);
	char *at;

	if (!list)
		return NULL;
	at = (char *) (list + count);
	memcpy(at, bytes, size);
	for (size_t i = 0; i < count; i++) {
		list[i] = at;
		at += strlen(at) + 1;
	}
	return list;
}

int pi_fold_expand(const char *text, char ***ret_names, size_t *ret_count,
		   struct pi_err *err)
{
	char *bytes = NULL;
	size_t size = 0;
	struct names names = { .bytes = open_memstream(&bytes, &size) };
	char **list = NULL;
	int rc = names.bytes ? read_words(text, &names, err)
			     : pi_err_set(err, ENOMEM, "%m");

	if (names.bytes && fclose(names.bytes) != 0 && rc == 0)
		rc = pi_err_set(err, ENOMEM, "%m");
	if (rc == 0) {
		list = join(bytes, size, names.count);
		if (!list)
			rc = pi_err_set(err, ENOMEM, "%m");
	}
	free(bytes);
	if (rc == 0) {
		*ret_names = list;
		*ret_count = names.count;
	}
	return rc;
}
