/* SPDX-License-Identifier: GPL-2.0-or-later */
/* size.h - "10G" and "30s", both ways */
#ifndef PI_SIZE_H
#define PI_SIZE_H

#include <stdint.h>

/* What pi_size_parse() takes, for messages. */
#define PI_SIZE_SYNTAX "a whole number of bytes, or one followed by K, M, G or T"

/* What pi_duration_parse() takes, for messages. */
#define PI_DURATION_SYNTAX "a whole number followed by ms, s, min, h or d"

enum { PI_SIZE_TEXT = 24 };

/*
 * Read a size as Slurm's users write them: decimal digits, then nothing
 * (bytes) or one of K, M, G, T in either case (powers of 1024). Blanks, signs,
 * fractions and anything after the unit are refused.
 *
 * Returns 0 and sets *ret_bytes; -EINVAL for other text, -ERANGE above
 * INT64_MAX bytes, and *ret_bytes untouched.
 */
int pi_size_parse(const char *text, uint64_t *ret_bytes);

/*
 * Write `bytes` with the largest unit that divides it, so that parsing the
 * text gives `bytes` again. Returns `text`.
 */
const char *pi_size_format(uint64_t bytes, char text[PI_SIZE_TEXT]);

/*
 * Read a duration: decimal digits and one of ms, s, min, h, d; a bare 0 is
 * accepted. Returns 0 and sets *ret_ms; -EINVAL for other text, -ERANGE above
 * INT32_MAX seconds, and *ret_ms untouched.
 */
int pi_duration_parse(const char *text, uint64_t *ret_ms);

/* Write a duration with the largest unit that divides it. Returns `text`. */
const char *pi_duration_format(uint64_t ms, char text[PI_SIZE_TEXT]);

#endif
