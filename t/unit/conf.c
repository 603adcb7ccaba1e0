/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf.c - lib/conf: slurm-pi.conf is read strictly, or not at all */
#include "t/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf.h"

static char path[64];

/* Read `text` as a configuration file into *conf. */
static int read_text(const char *text, size_t length, struct pi_conf *conf,
		     struct pi_err *err)
{
	int fd, rc;

	strcpy(path, "/tmp/pi-conf.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, length), (ssize_t) length);
	ck_assert_int_eq(close(fd), 0);
	rc = pi_conf_read(path, conf, err);
	ck_assert_int_eq(unlink(path), 0);
	return rc;
}

START_TEST(conf_defaults_hold_where_the_file_is_silent)
{
	struct pi_conf conf;
	struct pi_err err;

	ck_assert_int_eq(read_text("\n# nothing\n; here\n", 18, &conf, &err), 0);
	ck_assert_str_eq(conf.scratch_dir, "/scratch");
	ck_assert_int_eq(conf.scratch, PI_SCRATCH_ALWAYS);
	ck_assert(!conf.set_tmpdir);
	ck_assert_uint_eq(conf.card_wait_ms, 10000);
	ck_assert_str_eq(conf.card_device, "");
	ck_assert_str_eq(conf.card_path,
			 "platform-fe340000.mmc platform-fe340000.emmc2");
}
END_TEST

START_TEST(conf_values_of_the_file_win)
{
	static const char text[] = "ScratchDir = /mnt/card\r\n"
				   "scratch=on-request\n"
				   "SetTmpdir = YES ; a remark\n"
				   "CardDevice=/dev/sda\n"
				   "ToolTimeout = 90s";
	struct pi_conf conf;
	struct pi_err err;

	ck_assert_int_eq(read_text(text, strlen(text), &conf, &err), 0);
	ck_assert_str_eq(conf.scratch_dir, "/mnt/card");
	ck_assert_int_eq(conf.scratch, PI_SCRATCH_ON_REQUEST);
	ck_assert(conf.set_tmpdir);
	ck_assert_str_eq(conf.card_device, "/dev/sda");
	ck_assert_uint_eq(conf.tool_timeout_ms, 90000);
}
END_TEST

START_TEST(conf_refuses_what_it_does_not_understand)
{
	static const struct {
		const char *text;
		const char *line_and_reason;
	} cases[] = {
		{ "Nonsense = 1\n", ":1: unknown key Nonsense" },
		{ "\nScratch = sometimes\n", ":2: Scratch = sometimes: must be" },
		{ "SetTmpdir = 1\n", ":1: SetTmpdir = 1: must be yes or no" },
		{ "CardWait = 10\n", ":1: CardWait = 10: must be" },
		{ "Scratch = always\nscratch = always\n",
		  ":2: Scratch is set a second time" },
		{ "[plugin]\nScratch = always\n", ":2: section [plugin]" },
		{ "#\nScratch\n", ":2: not `Key = value`" },
		{ "Scratch\nNonsense = 1\n", ":1: not `Key = value`" },
		{ "Scratch = always\n  on-request\n", ":2: the line begins" },
		{ "ScratchDir = scratch\n", ":1: ScratchDir = scratch: must be" },
		{ "ScratchDir = /\n", ":1: ScratchDir = /: must be" },
		{ "ScratchDir = /a/../b\n", ":1: ScratchDir" },
		{ "ScratchDir =\n", ":1: ScratchDir = : must be" },
		{ "CardPath = a # b\n", ":1: CardPath" },
		{ "NodeName = b[02-03]\n", ":1: NodeName" },
	};

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		struct pi_conf conf = { .card_wait_ms = 4711 };
		struct pi_err err = { "" };
		int rc = read_text(cases[i].text, strlen(cases[i].text), &conf,
				   &err);

		ck_assert_msg(rc == -EINVAL, "%s: %d", cases[i].text, rc);
		ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0 &&
			      strstr(err.text, cases[i].line_and_reason),
			      "%s: %s", cases[i].text, err.text);
		ck_assert_uint_eq(conf.card_wait_ms, 4711);
	}
}
END_TEST

START_TEST(conf_refuses_lines_that_libinih_would_misread)
{
	char text[PI_CONF_LINE + 16];
	struct pi_conf conf;
	struct pi_err err;

	ck_assert_int_eq(read_text("Scratch = \0always\n", 18, &conf, &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, ":1: the line holds a NUL"));
	for (size_t length = PI_CONF_LINE - 1; length <= PI_CONF_LINE + 1;
	     length++) {
		memset(text, '#', length);
		strcpy(text + length, "\nScratch=no\n");
		ck_assert_int_eq(read_text(text, strlen(text), &conf, &err),
				 -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, length > PI_CONF_LINE
					     ? ":1: the line is too long"
					     : ":2: Scratch = no"));
	}
}
END_TEST

START_TEST(conf_refuses_a_file_that_others_can_write)
{
	char file[] = "/tmp/pi-conf.XXXXXX";
	int fd = mkstemp(file);
	struct pi_conf conf;
	struct pi_err err;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, 0664), 0);
	ck_assert_int_eq(pi_conf_read(file, &conf, &err), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "chmod 644"));
	ck_assert_int_eq(fchmod(fd, 0644), 0);
	ck_assert_int_eq(pi_conf_read(file, &conf, &err), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(fchown(fd, 1000, 0), 0);
		ck_assert_int_eq(pi_conf_read(file, &conf, &err), -EPERM);
	}
	ck_assert_int_eq(unlink(file), 0);
	(void) close(fd);
}
END_TEST

START_TEST(conf_example_file_shows_the_defaults)
{
	char text[4096], line[PI_CONF_LINE + 8];
	const char *preset, *name;
	FILE *file = fopen("etc/slurm-pi.conf", "r");
	size_t length;

	ck_assert_ptr_nonnull(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	(void) fclose(file);
	for (unsigned n = 0; (name = pi_conf_key(n, &preset)); n++) {
		(void) snprintf(line, sizeof(line), "\n#%s =%s%s\n", name,
				*preset ? " " : "", preset);
		ck_assert_msg(strstr(text, line), "not there: %s", line);
	}
}
END_TEST

START_TEST(conf_names_a_missing_file)
{
	struct pi_conf conf;
	struct pi_err err;

	ck_assert_int_eq(pi_conf_read("/nowhere/x.conf", &conf, &err), -ENOENT);
	ck_assert_str_eq(err.text,
			 "/nowhere/x.conf: No such file or directory");
	ck_assert_int_eq(pi_conf_read("/dev/null", &conf, &err), -EINVAL);
}
END_TEST

PI_UNIT_MAIN("conf", conf_defaults_hold_where_the_file_is_silent,
	     conf_values_of_the_file_win,
	     conf_refuses_what_it_does_not_understand,
	     conf_refuses_lines_that_libinih_would_misread,
	     conf_refuses_a_file_that_others_can_write,
	     conf_example_file_shows_the_defaults,
	     conf_names_a_missing_file)
