/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.c - our lines inside a file of the administrator's */
#include "head/block.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Is the line, without its end, the mark? */
static bool is_mark(const char *line, size_t length, const char *mark)
{
	if (length > 0 && line[length - 1] == '\r')
		length--;
	return length == strlen(mark) && memcmp(line, mark, length) == 0;
}

int pi_block_find(const char *text, size_t size, size_t *ret_begin,
		  size_t *ret_end, struct pi_err *err)
{
	size_t begin = 0, end = 0, next;
	unsigned number = 0, begins = 0, ends = 0;

	for (size_t at = 0; at < size; at = next) {
		const char *stop = memchr(text + at, '\n', size - at);
		size_t length = stop ? (size_t) (stop - text) - at : size - at;

		next = at + length + 1;
		number++;
		if (is_mark(text + at, length, PI_BLOCK_BEGIN)) {
			begin = next < size ? next : size;
			begins++;
		} else if (is_mark(text + at, length, PI_BLOCK_END)) {
			end = at;
			ends++;
		} else {
			continue;
		}
		if (begins > 1 || ends > begins)
			return pi_err_set(err, EINVAL, "line %u: %s of the "
					  "managed block %s", number,
					  begins > 1 ? "BEGIN" : "END",
					  begins > 1 || ends > 1 ? "twice"
					  : "before its BEGIN");
	}
	if (begins == 0)
		return pi_err_set(err, EINVAL, "no managed block; put the two "
				  "lines \"%s\" and \"%s\" where the nodes "
				  "shall stand", PI_BLOCK_BEGIN, PI_BLOCK_END);
	if (ends == 0)
		return pi_err_set(err, EINVAL, "the managed block has no line "
				  "\"%s\"", PI_BLOCK_END);
	*ret_begin = begin;
	*ret_end = end;
	return 0;
}

int pi_block_merge(const char *text, size_t size, const char *lines,
		   size_t lines_size, char **ret_text, size_t *ret_size,
		   struct pi_err *err)
{
	size_t begin, end;
	char *merged;
	int rc = pi_block_find(text, size, &begin, &end, err);

	if (rc < 0)
		return rc;
	merged = malloc(size + lines_size + 1);
	if (!merged)
		return pi_err_set(err, ENOMEM, "%m");
	memcpy(merged, text, begin);
	memcpy(merged + begin, lines, lines_size);
	memcpy(merged + begin + lines_size, text + end, size - end);
	*ret_size = begin + lines_size + size - end;
	merged[*ret_size] = '\0';
	*ret_text = merged;
	return 0;
}
