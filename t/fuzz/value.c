/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value.c - fuzz the value of --scratch and all that is read like it */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record.h"
#include "lib/scratch.h"
#include "lib/size.h"
#include "spank/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const char *text)
{
	char again_text[PI_SIZE_TEXT];
	struct pi_err err = { "" };
	uint64_t bytes = 4711, again = 0;

	if (pi_value_parse(text, &bytes, &err) == 0) {
		if (pi_size_parse(pi_size_format(bytes, again_text), &again) < 0 ||
		    again != bytes)
			abort();
		return;
	}
	if (bytes != 4711 || err.text[0] == '\0')
		abort();
	for (const char *p = err.text; *p; p++)
		if (*p < ' ' || *p > '~')
			abort();
}

/* Whatever a user is called, a directory's name is one component. */
static void check_name(const char *user)
{
	char name[PI_RECORD_NAME];

	pi_scratch_name(name, user, 1000, UINT32_MAX);
	if (strchr(name, '/') || name[0] == '.' || strchr(name, '\n') ||
	    strlen(name) >= sizeof(name) - 1 || !strchr(name, '-'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(size + 1, 1);
	uint32_t jobid;
	uint64_t ms;

	if (!text)
		abort();
	memcpy(text, data, size);
	check_value(text);
	check_name(text);
	(void) pi_duration_parse(text, &ms);
	(void) pi_record_parse_file_name(text, &jobid);
	free(text);
	return 0;
}
