/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts.c - head/facts: one line of `slurmd -C`, and what the store keeps */
#include "t/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "head/facts.h"
#include "head/store.h"

#define SHAPE "Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1"

START_TEST(facts_parse_takes_every_release)
{
	static const struct {
		const char *line;
		unsigned cpus, memory;
		const char *gres;
	} cases[] = {
		{ "NodeName=b02 CPUs=4 " SHAPE " RealMemory=3789", 4, 3789, "" },
		{ "ClusterName=(null) NodeName=b02 CPUs=4 " SHAPE
		  " RealMemory=3789 TmpDisk=460", 4, 3789, "" },
		{ "NodeName=b02 CPUs=4 " SHAPE " RealMemory=3789 "
		  "Gres=gpu:nvidia_a100:2,mps:400", 4, 3789,
		  "gpu:nvidia_a100:2,mps:400" },
		{ "NodeName=b02 CPUs=4 " SHAPE " RealMemory=3789 "
		  "Parameters=l3cache_as_socket Gres=gpu:1", 4, 3789, "gpu:1" },
		{ "NodeName=b02 CPUs=1 RealMemory=1", 1, 1, "" },
		{ "NodeName=b02 CPUs=4 Boards=1 SocketsPerBoard=1 "
		  "CoresPerSocket=4 ThreadsPerCore=2 RealMemory=1", 4, 1, "" },
		{ "NodeName=b02 CPUs=8 Boards=1 SocketsPerBoard=1 "
		  "CoresPerSocket=4 ThreadsPerCore=2 RealMemory=1 ", 8, 1, "" },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		struct pi_facts facts;
		struct pi_err err = { 0 };

		ck_assert_msg(pi_facts_parse(cases[i].line,
					     strlen(cases[i].line), &facts,
					     &err) == 0, "%zu: %s", i, err.text);
		ck_assert(facts.present);
		ck_assert_uint_eq(facts.cpus, cases[i].cpus);
		ck_assert_uint_eq(facts.memory, cases[i].memory);
		ck_assert_str_eq(facts.gres, cases[i].gres);
		ck_assert_str_eq(facts.name, "b02");
	}
}
END_TEST

START_TEST(facts_parse_refuses_what_slurmd_cannot_have_said)
{
	static const struct {
		const char *line;
		const char *reason;
	} cases[] = {
		{ "", "no CPUs=" },
		{ "NodeName=b02", "no CPUs=" },
		{ "NodeName=b02 CPUs=4 " SHAPE, "no RealMemory=" },
		{ "NodeName=b02 CPUs= " SHAPE " RealMemory=1", "CPUs= is not" },
		{ "NodeName=b02 CPUs=4 CPUs=4 " SHAPE, "CPUs twice" },
		{ "NodeName=b02 CPUs=3 " SHAPE " RealMemory=1", "CPUs=3 is not" },
		{ "NodeName=b02 CPUs=65536 RealMemory=1", "1 to 65535" },
		{ "NodeName=b02 CPUs=04 " SHAPE " RealMemory=1", "decimal" },
		{ "NodeName=b02 CPUs=0x4 " SHAPE " RealMemory=1", "decimal" },
		{ "NodeName=b02 CPUs=4K " SHAPE " RealMemory=1", "decimal" },
		{ "NodeName=b02 CPUs=+4 " SHAPE " RealMemory=1", "decimal" },
		{ "NodeName=b02 CPUs=1 RealMemory=2147483648", "cannot be" },
		{ "NodeName=b02 CPUs=1 RealMemory=0", "cannot be" },
		{ "NodeName=b02 CPUs=65535 Boards=65535 SocketsPerBoard=65535 "
		  "CoresPerSocket=65535 ThreadsPerCore=65535 RealMemory=1",
		  "CPUs=65535 is not" },
		{ "NodeName=b02 CPUs=1 RealMemory=1 #", "character #" },
		{ "NodeName=b02 CPUs=1 RealMemory=1 'a=b'", "character '" },
		{ "NodeName=b02 CPUs=1 RealMemory=1\r", "control character" },
		{ "NodeName=b/2 CPUs=1 RealMemory=1", "NodeName=b/2" },
		{ "NodeName=b02 NodeName=b03 CPUs=1 RealMemory=1",
		  "NodeName twice" },
		{ "NodeName=b02 CPUs=1 RealMemory=1 and more",
		  "\"and\" is not Key=Value" },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		struct pi_facts facts = { .memory = 4711 };
		struct pi_err err = { 0 };

		ck_assert_msg(pi_facts_parse(cases[i].line,
					     strlen(cases[i].line), &facts,
					     &err) == -EINVAL, "%zu", i);
		ck_assert_msg(strstr(err.text, cases[i].reason), "%zu: %s", i,
			      err.text);
		ck_assert_uint_eq(facts.memory, 4711);
	}
}
END_TEST

/* A set over one node, b02. */
static struct pi_node nodes[] = {
	{ .name = (char *) "b02", .mac = (char *) "dc:a6:32:00:00:02" },
};
static struct pi_inventory inventory = { .path = (char *) "here",
					 .nodes = nodes, .count = 1 };

START_TEST(facts_survive_the_store)
{
	static const char text[] =
		"NodeName=b02 CPUs=4 " SHAPE " RealMemory=3789 Gres=gpu:1\n"
		"MAC=00:00:00:00:00:00\nMAC=02:00:00:00:00:01\n"
		"MAC=dc:a6:32:00:00:02\nSerial=10000000abcdef\n"
		"CardBytes=31914983424\nTime=1795348339\n";
	struct pi_facts_set set, again;
	struct pi_facts *facts;
	char *kept = NULL;
	size_t size;
	FILE *out;

	ck_assert_int_eq(pi_facts_start(&inventory, &set), 0);
	ck_assert_int_eq(pi_facts_start(&inventory, &again), 0);
	pi_facts_add(&set, &nodes[0], "a test", text, strlen(text));
	facts = &set.facts[0];
	ck_assert(facts->present);
	ck_assert_str_eq(facts->about.mac, "dc:a6:32:00:00:02");
	ck_assert_uint_eq(facts->about.card_bytes, UINT64_C(31914983424));
	facts->about.gathered = 17;
	facts->about.seen_memory = 1024;
	strcpy(facts->about.trouble, "no answer in 10 s (ssh: it's off)");
	out = open_memstream(&kept, &size);
	pi_store_write(out, facts);
	ck_assert_int_eq(fclose(out), 0);
	again.is_store = true;
	pi_facts_add(&again, &nodes[0], "the store", kept, size);
	ck_assert(again.facts[0].present);
	ck_assert_int_eq(memcmp(&again.facts[0].about, &facts->about,
				sizeof(facts->about)), 0);
	ck_assert_uint_eq(again.facts[0].memory, 3789);
	ck_assert_str_eq(again.facts[0].gres, "gpu:1");
	free(kept);
	pi_facts_finish(&set);
	pi_facts_finish(&again);
}
END_TEST

START_TEST(facts_do_not_let_a_node_write_our_own_notes)
{
	static const char text[] = "NodeName=b02 CPUs=1 RealMemory=3789\n"
				   "Gathered=1\nSeenMemory=1\nTrouble=none\n";
	struct pi_facts_set set;

	ck_assert_int_eq(pi_facts_start(&inventory, &set), 0);
	pi_facts_add(&set, &nodes[0], "a test", text, strlen(text));
	ck_assert(set.facts[0].present);
	ck_assert_uint_eq(set.facts[0].about.gathered, 0);
	ck_assert_uint_eq(set.facts[0].about.seen_memory, 0);
	ck_assert_str_eq(set.facts[0].about.trouble, "");
	pi_facts_finish(&set);
}
END_TEST

PI_UNIT_MAIN("facts", facts_parse_takes_every_release,
	     facts_parse_refuses_what_slurmd_cannot_have_said,
	     facts_survive_the_store, facts_do_not_let_a_node_write_our_own_notes)
