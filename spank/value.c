/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value.c - what stands behind --scratch= */
#include "spank/value.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/size.h"

enum { SHOWN = 40 };	/* of a bad value, at most */

/* A user's text goes to logs and records: no blanks, no control characters. */
static bool can_be_shown(const char *value)
{
	for (size_t i = 0; i < SHOWN && value[i]; i++)
		if (value[i] <= ' ' || value[i] > '~')
			return false;
	return true;
}

int pi_value_parse(const char *value, uint64_t *ret_size, struct pi_err *err)
{
	uint64_t size;
	int rc;

	if (!value || *value == '\0' || strcmp(value, "(null)") == 0) {
		*ret_size = 0;
		return 0;
	}
	rc = pi_size_parse(value, &size);
	if (rc == 0 && size > 0) {
		*ret_size = size;
		return 0;
	}
	return pi_err_set(err, EINVAL, "--scratch%s%.*s: SIZE must be "
			  PI_SIZE_SYNTAX ", as in --scratch=2G",
			  can_be_shown(value) ? "=" : "", SHOWN,
			  can_be_shown(value) ? value : "");
}
