/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fold.c - head/fold: hostlists, both ways */
#include "t/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "head/fold.h"

static char *fold(const char *const *names, size_t count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	pi_fold_write(out, names, count);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

START_TEST(fold_puts_numbers_into_brackets)
{
	static const struct {
		const char *names[8];
		const char *text;
	} cases[] = {
		{ { "b02" }, "b02" },
		{ { "b02", "b03", "b04" }, "b[02-04]" },
		{ { "b02", "b03", "b05" }, "b[02-03,05]" },
		{ { "b8", "b9", "b10", "b11" }, "b[8-11]" },
		{ { "b08", "b09", "b10", "b11" }, "b[08-11]" },
		{ { "b9", "b010", "b11" }, "b[9,010,11]" },
		{ { "b99", "b100", "b101" }, "b[99-101]" },
		{ { "b099", "b100" }, "b[099-100]" },
		{ { "sebe", "b02", "b03" }, "sebe,b[02-03]" },
		{ { "b02", "b02" }, "b[02,02]" },
		{ { "b03", "b02" }, "b[03,02]" },
		{ { "a1", "b1", "b2", "a2" }, "a1,b[1-2],a2" },
		{ { "10.0.0.9", "10.0.0.10" }, "10.0.0.[9-10]" },
		{ { "10.0.0.255", "10.0.1.0" }, "10.0.0.255,10.0.1.0" },
		{ { "b02-eth", "b03-eth" }, "b02-eth,b03-eth" },
		{ { "7", "8" }, "[7-8]" },
		{ { "n1999999999", "n2000000000" },
		  "n1999999999,n2000000000" },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		size_t count = 0;
		char *text;

		while (count < 8 && cases[i].names[count])
			count++;
		text = fold(cases[i].names, count);
		ck_assert_str_eq(text, cases[i].text);
		free(text);
	}
}
END_TEST

START_TEST(fold_is_undone_by_expand)
{
	static char bytes[3000][24];
	static const char *names[3000];
	unsigned seed = 20261122;

	for (size_t round = 0; round < 200; round++) {
		size_t count = 1 + (size_t) rand_r(&seed) % PI_COUNT(names);
		unsigned number = (unsigned) rand_r(&seed) % 1100;
		char **again, *text;
		size_t again_count;
		struct pi_err err;

		for (size_t i = 0; i < count; i++) {
			number = rand_r(&seed) % 10 ? number + 1
				: (unsigned) rand_r(&seed) % 1100;
			(void) snprintf(bytes[i], sizeof(bytes[i]), "%s%0*u",
					rand_r(&seed) % 50 ? "b" : "rack-1n",
					rand_r(&seed) % 40 ? 3 : rand_r(&seed) % 5,
					number);
			names[i] = bytes[i];
		}
		text = fold(names, count);
		ck_assert_msg(pi_fold_expand(text, &again, &again_count,
					     &err) == 0, "%s: %s", text, err.text);
		ck_assert_uint_eq(again_count, count);
		for (size_t i = 0; i < count; i++)
			ck_assert_str_eq(again[i], names[i]);
		free(again);
		free(text);
	}
}
END_TEST

START_TEST(fold_keeps_ranges_as_short_as_slurm_wants_them)
{
	enum { HOSTS = 70000 };
	char (*bytes)[12] = calloc(HOSTS, sizeof(*bytes));
	const char **names = calloc(HOSTS, sizeof(*names));
	char *text;

	for (size_t i = 0; i < HOSTS; i++) {
		(void) snprintf(bytes[i], sizeof(bytes[i]), "n%zu", i + 1);
		names[i] = bytes[i];
	}
	text = fold(names, HOSTS);
	ck_assert_str_eq(text, "n[1-65536,65537-70000]");
	free(text);
	free(names);
	free(bytes);
}
END_TEST

START_TEST(fold_compare_orders_as_people_count)
{
	const char *names[] = { "b10", "b1x", "b2", "a", "b02", "b1", "c", "b" };
	static const char *const wanted[] = {
		"a", "b", "b1", "b2", "b02", "b10", "b1x", "c",
	};

	qsort(names, PI_COUNT(names), sizeof(names[0]), pi_fold_compare);
	for (size_t i = 0; i < PI_COUNT(names); i++)
		ck_assert_str_eq(names[i], wanted[i]);
}
END_TEST

START_TEST(expand_refuses_what_releases_read_differently)
{
	static const char *const cases[] = {
		"", ",", "b01,", ",b01", "b[01", "b01]", "b[]", "b[1,]", "b[,1]",
		"b[1-]", "b[-1]", "b[10-02]", "b[a-c]", "b[02-04]-eth",
		"b[1-2]c[1-2]", "b[[1-2]]", "b 02", "b02 b03", "b{01..03}",
		"b[1-70000]", "b[1-99999999999]", "b[0x1-2]", "b*", "b[1 -2]",
		"b[1-2],", "b\n",
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		char **names = NULL;
		size_t count = 4711;
		struct pi_err err = { 0 };

		ck_assert_msg(pi_fold_expand(cases[i], &names, &count,
					     &err) < 0, "'%s'", cases[i]);
		ck_assert(err.text[0] != '\0');
		ck_assert_uint_eq(count, 4711);
	}
}
END_TEST

START_TEST(expand_bounds_what_it_makes)
{
	char text[4096] = "a[1-60000]";
	char **names;
	size_t count;
	struct pi_err err;

	for (int i = 0; i < 20; i++)
		strcat(text, ",a[1-60000]");
	ck_assert_int_eq(pi_fold_expand(text, &names, &count, &err), -E2BIG);
}
END_TEST

PI_UNIT_MAIN("fold", fold_puts_numbers_into_brackets, fold_is_undone_by_expand,
	     fold_keeps_ranges_as_short_as_slurm_wants_them,
	     fold_compare_orders_as_people_count,
	     expand_refuses_what_releases_read_differently,
	     expand_bounds_what_it_makes)
