/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurmconf.c - head/slurmconf and head/changes: slurm.conf as Slurm reads it */
#include "t/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "head/changes.h"
#include "head/slurmconf.h"

START_TEST(slurmconf_lines_are_joined_and_cut_as_slurm_does)
{
	static const char text[] =
		"# nothing\n"
		"\n"
		"ClusterName=pi # a remark\n"
		"NodeName=b[01-02] \\\n"
		"  CPUs=4 \\  \n"
		"  RealMemory=1\r\n"
		"A=b\\#c\n"
		"B=1 # not continued \\\n"
		"C=2";
	static const struct {
		const char *text;
		unsigned number;
	} wanted[] = {
		{ "ClusterName=pi ", 3 },
		{ "NodeName=b[01-02]   CPUs=4   RealMemory=1", 4 },
		{ "A=b#c", 7 },
		{ "B=1 ", 8 },
		{ "C=2", 9 },
	};
	struct pi_slurmconf conf;
	struct pi_err err = { 0 };

	ck_assert_int_eq(pi_slurmconf_parse("x", text, strlen(text), &conf,
					    &err), 0);
	ck_assert_uint_eq(conf.count, PI_COUNT(wanted));
	for (size_t i = 0; i < PI_COUNT(wanted); i++) {
		ck_assert_str_eq(conf.lines[i].text, wanted[i].text);
		ck_assert_uint_eq(conf.lines[i].number, wanted[i].number);
	}
	pi_slurmconf_finish(&conf);
}
END_TEST

START_TEST(slurmconf_words_have_blanks_and_quotes)
{
	const char *text = " NodeName = b01  Reason=\"two words\" Weight+=3 x";
	struct pi_slurmconf_word word;

	ck_assert_int_eq(pi_slurmconf_word(&text, &word), 1);
	ck_assert(pi_slurmconf_is_key(&word, "nodename"));
	ck_assert_int_eq(strncmp(word.value, "b01 ", 4), 0);
	ck_assert_uint_eq(word.length, 3);
	ck_assert_int_eq(pi_slurmconf_word(&text, &word), 1);
	ck_assert_uint_eq(word.length, 9);
	ck_assert_int_eq(strncmp(word.value, "two words", 9), 0);
	ck_assert_int_eq(pi_slurmconf_word(&text, &word), 1);
	ck_assert(pi_slurmconf_is_key(&word, "Weight"));
	ck_assert_int_eq(pi_slurmconf_word(&text, &word), 0);
}
END_TEST

static const char old_lines[] =
	"NodeName=b[01-03] NodeAddr=10.0.0.[1-3] CPUs=4 RealMemory=100\n"
	"NodeName=b04 NodeAddr=10.0.0.4 CPUs=4 RealMemory=100\n";

START_TEST(changes_are_told_apart_by_what_slurmctld_makes_of_them)
{
	static const struct {
		const char *lines;
		const char *names;	/* each with its kind */
		bool structural;
	} cases[] = {
		{ "NodeName=b[01-04] NodeAddr=10.0.0.[1-4] CPUs=4 RealMemory=100\n",
		  "", false },
		{ "NodeName=b[01-04] NodeAddr=10.0.0.[1-4] CPUs=4 RealMemory=96\n",
		  "b01=3 b02=3 b03=3 b04=3 ", false },
		{ "NodeName=b[01-05] NodeAddr=10.0.0.[1-5] CPUs=4 RealMemory=100\n",
		  "b05=0 ", true },
		{ "NodeName=b[01-03] NodeAddr=10.0.0.[1-3] CPUs=4 RealMemory=100\n",
		  "b04=1 ", true },
		{ "NodeName=b[01-04] NodeAddr=10.0.0.[1-3,9] CPUs=4 RealMemory=100\n",
		  "b04=2 ", true },
		{ "NodeName=b[01-03] NodeAddr=10.0.0.[1-3] CPUs=4 RealMemory=100\n"
		  "NodeName=b04 NodeAddr=10.0.0.4 CPUs=2 RealMemory=100\n",
		  "b04=2 ", true },
		{ "NodeName=b[01-03] NodeAddr=10.0.0.[1-3] CPUs=4 RealMemory=100\n"
		  "NodeName=b04 NodeAddr=10.0.0.4 CPUs=4 RealMemory=100 Weight=3\n",
		  "b04=3 ", false },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		struct pi_changes changes;
		struct pi_err err = { 0 };
		char names[256] = "";

		ck_assert_msg(pi_changes_find("x", old_lines, strlen(old_lines),
					      cases[i].lines,
					      strlen(cases[i].lines), &changes,
					      &err) == 0, "%zu: %s", i, err.text);
		for (size_t j = 0; j < changes.count; j++)
			(void) snprintf(names + strlen(names),
					sizeof(names) - strlen(names), "%s=%d ",
					changes.list[j].name,
					(int) changes.list[j].kind);
		ck_assert_str_eq(names, cases[i].names);
		ck_assert_int_eq(changes.structural, cases[i].structural);
		pi_changes_finish(&changes);
	}
}
END_TEST

PI_UNIT_MAIN("slurmconf", slurmconf_lines_are_joined_and_cut_as_slurm_does,
	     slurmconf_words_have_blanks_and_quotes,
	     changes_are_told_apart_by_what_slurmctld_makes_of_them)
