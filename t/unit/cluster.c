/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster.c - head/cluster and head/render: settings and what they make */
#include "t/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "head/cluster.h"
#include "head/render.h"

static int read_text(const char *text, struct pi_cluster *cluster,
		     struct pi_err *err)
{
	char path[] = "/tmp/pi-cluster.XXXXXX";
	int fd = mkstemp(path);
	int rc;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
	ck_assert_int_eq(close(fd), 0);
	rc = pi_cluster_read(path, cluster, err);
	ck_assert_int_eq(unlink(path), 0);
	return rc;
}

START_TEST(cluster_reads_values_with_their_units)
{
	struct pi_cluster cluster;
	struct pi_err err = { 0 };

	ck_assert_int_eq(pi_cluster_read("/nonexistent/x", &cluster, &err), 0);
	ck_assert_uint_eq(cluster.mem_slack, 200);
	ck_assert_int_eq(read_text("MemSlack = 2.5%\nMemReserve = 256M\n"
				   "Fanout=32\nScratchGres=yes\nTimeout=3s\n",
				   &cluster, &err), 0);
	ck_assert_uint_eq(cluster.mem_slack, 250);
	ck_assert_uint_eq(cluster.mem_reserve, 256);
	ck_assert_uint_eq(cluster.fanout, 32);
	ck_assert_uint_eq(cluster.timeout_ms, 3000);
	ck_assert(cluster.scratch_gres && !cluster.tmp_disk);
}
END_TEST

START_TEST(cluster_refuses_what_cannot_be)
{
	static const char *const cases[] = {
		"MemSlack = 2", "MemSlack = 51%", "MemSlack = 50.01%",
		"MemSlack = -1%", "MemSlack = 2.%", "MemSlack = 2.555%",
		"MemSlack = %", "MemSlack = 02%", "MemReserve = 1K",
		"MemReserve = 1000000", "Fanout = 0", "Fanout = 513",
		"Fanout = 010", "Timeout = 0", "Timeout = 2h", "NodesFile = x",
		"RestartNode =", "Nonsense = 1", "Fanout = 1\nfanout = 2",
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		struct pi_cluster cluster = { .fanout = 4711 };
		struct pi_err err = { 0 };

		ck_assert_msg(read_text(cases[i], &cluster, &err) == -EINVAL,
			      "%s", cases[i]);
		ck_assert_uint_eq(cluster.fanout, 4711);
	}
}
END_TEST

START_TEST(cluster_defaults_are_shown_in_the_example)
{
	const char *name, *preset;
	char line[200], *text;
	FILE *file = fopen("etc/cluster.conf", "r");
	size_t size;

	ck_assert_ptr_nonnull(file);
	text = calloc(1, 16384);
	size = fread(text, 1, 16383, file);
	ck_assert_uint_gt(size, 0);
	(void) fclose(file);
	for (unsigned n = 0; (name = pi_cluster_key(n, &preset)); n++) {
		(void) snprintf(line, sizeof(line), "\n#%s = %s\n", name, preset);
		ck_assert_msg(strstr(text, line), "%s", line);
	}
	free(text);
}
END_TEST

START_TEST(memory_is_rounded_down_with_a_margin)
{
	static const struct {
		unsigned measured, slack, configured;
	} cases[] = {
		{ 3789, 200, 3712 }, { 7807, 200, 7648 }, { 24105, 200, 23616 },
		{ 100, 0, 96 }, { 16, 0, 16 }, { 15, 0, 0 }, { 2147483647, 0,
		2147483632 }, { 1000, 5000, 496 },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		const struct pi_cluster cluster = { .mem_slack = cases[i].slack };

		ck_assert_uint_eq(pi_render_memory(cases[i].measured, &cluster),
				  cases[i].configured);
	}
	ck_assert_uint_eq(pi_render_card(UINT64_C(31914983424)), 28900);
}
END_TEST

PI_UNIT_MAIN("cluster", cluster_reads_values_with_their_units,
	     cluster_refuses_what_cannot_be,
	     cluster_defaults_are_shown_in_the_example,
	     memory_is_rounded_down_with_a_margin)
