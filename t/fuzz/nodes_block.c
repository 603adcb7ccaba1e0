/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nodes_block.c - fuzz the block that pi-nodes keeps in slurm.conf */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "head/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Merged, only what is between the marks differs; merged again, nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char lines[] = "NodeName=b[02-05] CPUs=4\n";
	const char *text = (const char *) data;
	size_t begin, end, merged_size, again_size, new_begin, new_end;
	char *merged, *again;

	if (pi_block_find(text, size, &begin, &end, NULL) < 0)
		return 0;
	if (begin > end || end > size)
		abort();
	if (pi_block_merge(text, size, lines, strlen(lines), &merged,
			   &merged_size, NULL) < 0 ||
	    pi_block_find(merged, merged_size, &new_begin, &new_end, NULL) < 0)
		abort();
	if (new_begin != begin || new_end != begin + strlen(lines) ||
	    merged_size - new_end != size - end ||
	    memcmp(merged, text, begin) != 0 ||
	    memcmp(merged + new_end, text + end, size - end) != 0)
		abort();
	if (pi_block_merge(merged, merged_size, lines, strlen(lines), &again,
			   &again_size, NULL) < 0 ||
	    again_size != merged_size || memcmp(again, merged, again_size) != 0)
		abort();
	free(merged);
	free(again);
	return 0;
}
