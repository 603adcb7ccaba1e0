/* SPDX-License-Identifier: GPL-2.0-or-later */
/* err.c - lib/err: the sentence that goes with a negative errno */
#include "t/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"

START_TEST(err_set_returns_the_negative_number_and_names_it)
{
	struct pi_err err;

	errno = EPERM;
	ck_assert_int_eq(pi_err_set(&err, ENOSPC, "mkdir %s: %m", "x"), -ENOSPC);
	ck_assert_str_eq(err.text, "mkdir x: No space left on device");
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(pi_err_set(NULL, EIO, "unseen"), -EIO);
}
END_TEST

START_TEST(err_set_marks_text_that_was_cut)
{
	char text[PI_ERR_SIZE + 2];
	struct pi_err err;

	for (size_t length = PI_ERR_SIZE - 2; length <= PI_ERR_SIZE; length++) {
		memset(text, 'a', length);
		text[length] = '\0';
		(void) pi_err_set(&err, EIO, "%s", text);
		ck_assert_uint_eq(strlen(err.text),
				  length < PI_ERR_SIZE ? length : PI_ERR_SIZE - 1);
		ck_assert_int_eq(err.text[strlen(err.text) - 1],
				 length < PI_ERR_SIZE ? 'a' : '+');
	}
}
END_TEST

START_TEST(err_prefix_says_what_it_was_about)
{
	struct pi_err err;

	(void) pi_err_set(&err, EIO, "read: %m");
	pi_err_prefix(&err, "card %d", 7);
	ck_assert_str_eq(err.text, "card 7: read: Input/output error");
	pi_err_prefix(NULL, "unseen");
}
END_TEST

PI_UNIT_MAIN("err", err_set_returns_the_negative_number_and_names_it,
	     err_set_marks_text_that_was_cut, err_prefix_says_what_it_was_about)
