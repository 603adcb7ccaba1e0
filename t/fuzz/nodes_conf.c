/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nodes_conf.c - fuzz what pi-nodes reads of slurm.conf, and hostlists */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head/changes.h"
#include "head/fold.h"
#include "head/slurmconf.h"
#include "head/synth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A hostlist that is accepted is the same after folding. */
static void check_list(const char *text)
{
	char **names, **again, *folded = NULL;
	size_t count, again_count, length;
	FILE *out;

	if (pi_fold_expand(text, &names, &count, NULL) < 0)
		return;
	out = open_memstream(&folded, &length);
	pi_fold_write(out, (const char *const *) names, count);
	(void) fclose(out);
	if (pi_fold_expand(folded, &again, &again_count, NULL) == 0) {
		if (count != again_count)
			abort();
		for (size_t i = 0; i < count; i++) {
			if (strcmp(names[i], again[i]) != 0)
				abort();
		}
		free(again);
	}
	free(folded);
	free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pi_synth_home home = { "/x", "head", "root", 1 };
	struct pi_changes changes;
	struct pi_slurmconf conf;
	char *text = NULL, *copy = strndup((const char *) data,
					   size < 200 ? size : 200);
	size_t length;
	struct pi_err err;
	FILE *out;

	check_list(copy);
	free(copy);
	if (pi_slurmconf_parse("x", (const char *) data, size, &conf, &err) < 0)
		return 0;
	out = open_memstream(&text, &length);
	(void) pi_synth_write(out, &conf, &home);
	(void) fclose(out);
	(void) pi_synth_check_gres(&conf, &err);
	pi_synth_explain(&conf, 0, "error: b02 and p1 are wrong", &err);
	pi_slurmconf_finish(&conf);
	free(text);
	if (pi_changes_find("x", "NodeName=b02 CPUs=1\n", 20,
			    (const char *) data, size, &changes, &err) == 0)
		pi_changes_finish(&changes);
	return 0;
}
