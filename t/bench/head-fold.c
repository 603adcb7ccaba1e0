/* SPDX-License-Identifier: GPL-2.0-or-later */
/* head-fold.c - fold the names on standard input; microseconds to stderr */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "head/fold.h"

static long now(void)
{
	struct timespec time;

	(void) clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int main(void)
{
	size_t count = 0, room = 1 << 20, size;
	char **names = calloc(room, sizeof(*names));
	char line[256], *text = NULL;
	FILE *out;
	long started;

	while (count < room && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		names[count++] = strdup(line);
	}
	started = now();
	out = open_memstream(&text, &size);
	qsort(names, count, sizeof(*names), pi_fold_compare);
	pi_fold_write(out, (const char *const *) names, count);
	(void) fclose(out);
	(void) fprintf(stderr, "%ld\n", now() - started);
	puts(text);
	return 0;
}
