/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words.c - numbers and words as inventories and reports spell them */
#include "head/words.h"

#include <errno.h>
#include <string.h>

int pi_words_number(const char *text, size_t length, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (length == 0 || (length > 1 && text[0] == '0'))
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		if (number > (INT64_MAX - 9) / 10)
			return -ERANGE;
		number = number * 10 + (uint64_t) (text[i] - '0');
	}
	*ret_number = number;
	return 0;
}

bool pi_words_only(const char *text, size_t length, const char *chars)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\0' || !strchr(chars, text[i]))
			return false;
	}
	return true;
}

bool pi_words_are(const char *text, char separator, const char *chars)
{
	for (;;) {
		size_t length = strspn(text, chars);

		if (length == 0)
			return false;
		text += length;
		if (*text == '\0')
			return true;
		if (*text++ != separator)
			return false;
	}
}
