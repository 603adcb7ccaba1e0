/* SPDX-License-Identifier: GPL-2.0-or-later */
/* size.c - "10G" and "30s", both ways */
#include "lib/size.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "T", UINT64_C(1) << 40 }, { "G", UINT64_C(1) << 30 },
	{ "M", UINT64_C(1) << 20 }, { "K", UINT64_C(1) << 10 },
	{ "", 1 }, { NULL, 0 },
};

static const struct unit duration_units[] = {
	{ "d", 24 * 3600 * 1000 }, { "h", 3600 * 1000 }, { "min", 60 * 1000 },
	{ "s", 1000 }, { "ms", 1 }, { NULL, 0 },
};

/* Digits only: strtoull() would take blanks and signs. */
static int parse_number(const char **text, uint64_t *ret_number)
{
	const char *p = *text;
	uint64_t number = 0;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
		    __builtin_add_overflow(number, (uint64_t) (*p - '0'),
					   &number))
			return -ERANGE;
	}
	*text = p;
	*ret_number = number;
	return 0;
}

static int parse_with_unit(const char *text, const struct unit *units,
			   uint64_t max, uint64_t *ret)
{
	uint64_t number, product;
	int rc = parse_number(&text, &number);

	if (rc < 0)
		return rc;
	for (; units->name; units++) {
		if (strcasecmp(text, units->name) != 0)
			continue;
		if (__builtin_mul_overflow(number, units->factor, &product) ||
		    product > max)
			return -ERANGE;
		*ret = product;
		return 0;
	}
	return -EINVAL;
}

int pi_size_parse(const char *text, uint64_t *ret_bytes)
{
	return parse_with_unit(text, size_units, INT64_MAX, ret_bytes);
}

static const char *format_with_unit(uint64_t number, const struct unit *unit,
				    char text[PI_SIZE_TEXT])
{
	while (unit->factor > 1 && (number == 0 || number % unit->factor != 0))
		unit++;
	(void) snprintf(text, PI_SIZE_TEXT, "%llu%s",
			(unsigned long long) (number / unit->factor),
			unit->name);
	return text;
}

const char *pi_size_format(uint64_t bytes, char text[PI_SIZE_TEXT])
{
	return format_with_unit(bytes, size_units, text);
}

const char *pi_duration_format(uint64_t ms, char text[PI_SIZE_TEXT])
{
	return format_with_unit(ms, duration_units, text);
}

int pi_duration_parse(const char *text, uint64_t *ret_ms)
{
	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return 0;
	}
	return parse_with_unit(text, duration_units,
			       UINT64_C(1000) * INT32_MAX, ret_ms);
}
