/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value.c - spank/value: what stands behind --scratch= */
#include "t/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "spank/value.h"

START_TEST(value_none_is_written_in_three_ways)
{
	static const char *const none[] = { NULL, "", "(null)" };

	for (size_t i = 0; i < PI_COUNT(none); i++) {
		uint64_t size = 4711;

		ck_assert_int_eq(pi_value_parse(none[i], &size, NULL), 0);
		ck_assert_uint_eq(size, 0);
	}
}
END_TEST

START_TEST(value_that_is_bad_is_quoted_with_what_is_accepted)
{
	static const char *const bad[] = {
		"banana", "0", "-1", "1.5G", "99999999999999999999",
	};

	for (size_t i = 0; i < PI_COUNT(bad); i++) {
		uint64_t size = 4711;
		struct pi_err err;

		ck_assert_int_eq(pi_value_parse(bad[i], &size, &err), -EINVAL);
		ck_assert_uint_eq(size, 4711);
		ck_assert_ptr_nonnull(strstr(err.text, bad[i]));
		ck_assert_ptr_nonnull(strstr(err.text, "as in --scratch=2G"));
	}
}
END_TEST

START_TEST(value_that_could_forge_a_log_line_is_not_shown)
{
	static const char *const bad[] = {
		"x\nslurmd: error: forged", "a b", "\033[2J", "\377",
	};

	for (size_t i = 0; i < PI_COUNT(bad); i++) {
		struct pi_err err;
		uint64_t size;

		ck_assert_int_eq(pi_value_parse(bad[i], &size, &err), -EINVAL);
		ck_assert_ptr_null(strstr(err.text, bad[i]));
		ck_assert_ptr_null(strchr(err.text, '\n'));
	}
}
END_TEST

PI_UNIT_MAIN("value", value_none_is_written_in_three_ways,
	     value_that_is_bad_is_quoted_with_what_is_accepted,
	     value_that_could_forge_a_log_line_is_not_shown)
