/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fold.c - names to hostlists: b02 b03 b04 to b[02-04] */
#include "head/fold.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Longer numbers are left to the name: 2^32 and the next one still fit. */
enum { DIGITS = 9 };

/* A name cut in two: "b" and 2 in two digits. */
struct cut {
	const char *name;
	size_t head;		/* bytes before the number */
	int digits;		/* 0 for a name without a number at its end */
	uint32_t number;
};

static struct cut cut_name(const char *name)
{
	struct cut cut = { .name = name, .head = strlen(name) };
	uint32_t unit = 1;

	while (cut.head > 0 && cut.digits < DIGITS &&
	       isdigit((unsigned char) name[cut.head - 1])) {
		cut.number += (uint32_t) (name[--cut.head] - '0') * unit;
		unit *= 10;
		cut.digits++;
	}
	return cut;
}

static bool same_head(const struct cut *one, const struct cut *two)
{
	return one->digits > 0 && two->digits > 0 && one->head == two->head &&
	       memcmp(one->name, two->name, one->head) == 0;
}

/* How many digits `number` has when it is written with at least `width`. */
static int written_digits(uint32_t number, int width)
{
	int digits = 1;

	while (number /= 10)
		digits++;
	return digits > width ? digits : width;
}

/* Would a range that began as `first` count on from `last` to `next`? */
static bool continues(const struct cut *first, const struct cut *last,
		      const struct cut *next)
{
	return same_head(first, next) && next->number == last->number + 1 &&
	       next->number - first->number < PI_FOLD_RANGE &&
	       next->digits == written_digits(next->number, first->digits);
}

void pi_fold_write(FILE *out, const char *const *names, size_t count)
{
	bool open = false;	/* a bracket is */

	for (size_t i = 0; i < count;) {
		struct cut first = cut_name(names[i]);
		struct cut last = first, next = { 0 };

		for (i++; i < count; i++) {
			next = cut_name(names[i]);
			if (!continues(&first, &last, &next))
				break;
			last = next;
		}
		if (!open) {
			(void) fwrite(first.name, 1, first.head, out);
			open = last.number != first.number ||
			       (i < count && same_head(&first, &next));
			if (open)
				(void) fputc('[', out);
		}
		(void) fputs(first.name + first.head, out);
		if (last.number != first.number)
			(void) fprintf(out, "-%s", last.name + last.head);
		if (open && !(i < count && same_head(&first, &next))) {
			(void) fputc(']', out);
			open = false;
		}
		if (i < count)
			(void) fputc(',', out);
	}
}

int pi_fold_compare(const void *one, const void *two)
{
	const char *const *name_one = one, *const *name_two = two;
	struct cut cut_one = cut_name(*name_one), cut_two = cut_name(*name_two);

	size_t shared = cut_one.head < cut_two.head ? cut_one.head
						    : cut_two.head;
	int order = memcmp(*name_one, *name_two, shared);

	if (order == 0 && cut_one.head != cut_two.head)
		order = cut_one.head < cut_two.head ? -1 : 1;
	if (order == 0 && cut_one.number != cut_two.number)
		order = cut_one.number < cut_two.number ? -1 : 1;
	return order ? order : cut_one.digits - cut_two.digits;
}
