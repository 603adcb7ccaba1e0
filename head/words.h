/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words.h - numbers and words as inventories and reports spell them */
#ifndef PI_WORDS_H
#define PI_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PI_NAME_CHARS "abcdefghijklmnopqrstuvwxyz" \
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ" "0123456789-_"

/*
 * Read the `length` bytes at `text` as a decimal number below 2^63. Signs,
 * blanks, other digits and a leading zero (Slurm would read it as octal) are
 * refused. Returns 0 and sets *ret_number, or -EINVAL or -ERANGE.
 */
int pi_words_number(const char *text, size_t length, uint64_t *ret_number);

/* Are the `length` bytes at `text` all of `chars`? */
bool pi_words_only(const char *text, size_t length, const char *chars);

/* Is `text` one or more words of `chars`, none of them empty, with
 * `separator` between them? */
bool pi_words_are(const char *text, char separator, const char *chars);

#endif
