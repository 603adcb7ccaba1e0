/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * head-render.c - where the time of pi-nodes render goes: three numbers in us;
 * with a third argument, the most memory it had, in KiB
 */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "head/render.h"

static long now(void)
{
	struct timespec time;

	(void) clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	struct pi_inventory inventory;
	struct pi_facts_set set;
	struct pi_cluster cluster;
	struct pi_err err = { 0 };
	FILE *out = fopen("/dev/null", "w");
	long began = now(), read, loaded;

	if (argc < 3 || !out || pi_inventory_read(argv[1], &inventory, &err) < 0)
		return 1;
	read = now();
	pi_cluster_defaults(&cluster);
	if (pi_facts_start(&inventory, &set) < 0 ||
	    pi_facts_load(&set, argv[2], &err) < 0)
		return 1;
	loaded = now();
	if (pi_render(out, &set, &cluster, NULL, &err) != 0)
		return 1;
	if (argc > 3) {
		struct rusage usage;

		(void) getrusage(RUSAGE_SELF, &usage);
		printf("%ld\n", usage.ru_maxrss);
		return 0;
	}
	printf("%ld %ld %ld\n", read - began, loaded - read, now() - loaded);
	return 0;
}
