/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.c - head/block: our lines inside a file of the administrator's */
#include "t/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "head/block.h"

#define BEGIN PI_BLOCK_BEGIN "\n"
#define END PI_BLOCK_END "\n"

START_TEST(block_merge_changes_what_is_between_the_marks)
{
	static const struct {
		const char *text;
		const char *wanted;
	} cases[] = {
		{ BEGIN END, BEGIN "new\n" END },
		{ "a\n" BEGIN "old\nolder\n" END "b\n",
		  "a\n" BEGIN "new\n" END "b\n" },
		{ "a\r\n" PI_BLOCK_BEGIN "\r\nold\r\n" PI_BLOCK_END "\r\nb",
		  "a\r\n" PI_BLOCK_BEGIN "\r\nnew\n" PI_BLOCK_END "\r\nb" },
		{ "a\n" BEGIN PI_BLOCK_END, "a\n" BEGIN "new\n" PI_BLOCK_END },
		{ " " BEGIN BEGIN "x" END END, " " BEGIN BEGIN "new\n" END },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		char *text = NULL;
		size_t size = 0;
		struct pi_err err = { 0 };

		ck_assert_msg(pi_block_merge(cases[i].text,
					     strlen(cases[i].text), "new\n", 4,
					     &text, &size, &err) == 0,
			      "%zu: %s", i, err.text);
		ck_assert_str_eq(text, cases[i].wanted);
		ck_assert_uint_eq(size, strlen(text));
		free(text);
	}
}
END_TEST

START_TEST(block_merge_wants_both_marks_once_in_order)
{
	static const struct {
		const char *text;
		const char *reason;
	} cases[] = {
		{ "", "no managed block" },
		{ "a\n", "no managed block" },
		{ "a\n" BEGIN "b\n", "no line \"" PI_BLOCK_END },
		{ END, "line 1: END of the managed block before its BEGIN" },
		{ END BEGIN, "line 1: END of the managed block before" },
		{ BEGIN "a\n" BEGIN END, "line 3: BEGIN of the managed block twice" },
		{ BEGIN END END, "line 3: END of the managed block twice" },
		{ BEGIN END BEGIN END, "line 3: BEGIN of the managed block twice" },
		{ " " BEGIN END, "line 2: END" },
		{ "x" BEGIN "y" END, "no managed block" },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		char *text = NULL;
		size_t size;
		struct pi_err err = { 0 };

		ck_assert_int_eq(pi_block_merge(cases[i].text,
						strlen(cases[i].text), "new\n",
						4, &text, &size, &err), -EINVAL);
		ck_assert_msg(strstr(err.text, cases[i].reason), "%zu: %s", i,
			      err.text);
		ck_assert_ptr_null(text);
	}
}
END_TEST

PI_UNIT_MAIN("block", block_merge_changes_what_is_between_the_marks,
	     block_merge_wants_both_marks_once_in_order)
