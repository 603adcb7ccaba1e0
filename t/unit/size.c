/* SPDX-License-Identifier: GPL-2.0-or-later */
/* size.c - lib/size: "10G" and "30s", both ways */
#include "t/unit/unit.h"

#include <errno.h>

#include "lib/size.h"

START_TEST(size_parse_takes_what_slurm_users_write)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0, 0 },
		{ "1", 0, 1 },
		{ "100M", 0, UINT64_C(100) << 20 },
		{ "100m", 0, UINT64_C(100) << 20 },
		{ "2G", 0, UINT64_C(2) << 30 },
		{ "1K", 0, 1024 },
		{ "1T", 0, UINT64_C(1) << 40 },
		{ "007", 0, 7 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "8388608T", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1.5G", -EINVAL, 0 },
		{ "1GG", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "banana", -EINVAL, 0 },
		{ "(null)", -EINVAL, 0 },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		uint64_t bytes = 4711;
		int rc = pi_size_parse(cases[i].text, &bytes);

		ck_assert_msg(rc == cases[i].rc, "'%s': %d", cases[i].text, rc);
		ck_assert_uint_eq(bytes, rc == 0 ? cases[i].bytes : 4711);
	}
}
END_TEST

START_TEST(size_format_is_undone_by_parse)
{
	static const uint64_t sizes[] = {
		0, 1, 1023, 1024, 1025, UINT64_C(100) << 20,
		(UINT64_C(2) << 30) + 1, UINT64_C(3) << 40, INT64_MAX,
	};

	for (size_t i = 0; i < PI_COUNT(sizes); i++) {
		char text[PI_SIZE_TEXT];
		uint64_t again = 4711;

		ck_assert_int_eq(pi_size_parse(pi_size_format(sizes[i], text),
					       &again), 0);
		ck_assert_uint_eq(again, sizes[i]);
	}
}
END_TEST

START_TEST(size_format_uses_the_largest_unit)
{
	char text[PI_SIZE_TEXT];

	ck_assert_str_eq(pi_size_format(UINT64_C(100) << 20, text), "100M");
	ck_assert_str_eq(pi_size_format(1536, text), "1536");
	ck_assert_str_eq(pi_size_format(0, text), "0");
}
END_TEST

START_TEST(duration_format_is_undone_by_parse)
{
	static const uint64_t durations[] = {
		0, 1, 250, 1000, 90000, 3600000, 172800000,
	};

	for (size_t i = 0; i < PI_COUNT(durations); i++) {
		char text[PI_SIZE_TEXT];
		uint64_t again = 4711;

		ck_assert_int_eq(pi_duration_parse(
					 pi_duration_format(durations[i], text),
					 &again), 0);
		ck_assert_uint_eq(again, durations[i]);
	}
}
END_TEST

START_TEST(duration_parse_wants_a_unit)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t ms;
	} cases[] = {
		{ "0", 0, 0 },
		{ "250ms", 0, 250 },
		{ "30s", 0, 30000 },
		{ "5min", 0, 300000 },
		{ "2h", 0, 7200000 },
		{ "7d", 0, 604800000 },
		{ "30", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "1m", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "1s ", -EINVAL, 0 },
		{ "99999999d", -ERANGE, 0 },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		uint64_t ms = 4711;
		int rc = pi_duration_parse(cases[i].text, &ms);

		ck_assert_msg(rc == cases[i].rc, "'%s': %d", cases[i].text, rc);
		ck_assert_uint_eq(ms, rc == 0 ? cases[i].ms : 4711);
	}
}
END_TEST

PI_UNIT_MAIN("size", size_parse_takes_what_slurm_users_write,
	     size_format_is_undone_by_parse, size_format_uses_the_largest_unit,
	     duration_format_is_undone_by_parse, duration_parse_wants_a_unit)
