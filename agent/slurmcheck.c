/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurmcheck.c - does Slurm's configuration let the scratch plugin work? */
#include "agent/slurmcheck.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/tool.h"
#include "lib/auto.h"
#include "lib/log.h"

#define PLUGIN "spank_scratch.so"

enum {
	VALUE = 512,
	INCLUDES = 4,		/* levels of include in plugstack.conf */
};

struct inquiry {
	char config[PI_TOOL_OUTPUT];	/* what scontrol show config says */
	uint64_t timeout_ms;
	int problems;
	bool loads_plugin;
	bool is_configless;
};

__attribute__((format(printf, 2, 3)))
static void report(struct inquiry *inquiry, const char *format, ...)
{
	char text[PI_ERR_SIZE * 2];
	va_list args;

	va_start(args, format);
	(void) vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	pi_warn("%s", text);
	inquiry->problems++;
}

/*
 * The next "Key      = value" from *at on, which is moved behind it; 26.05 has
 * a "Key[0]", "Key[1]" for each line of slurm.conf. "(null)" gives "".
 */
static bool next_value(const char **at, const char *key, char value[VALUE])
{
	size_t length = strlen(key);

	while (**at) {
		const char *line = *at, *rest = line + length;
		int width = (int) strcspn(line, "\n");

		*at += width + (line[width] == '\n');
		if (strncmp(line, key, length) != 0)
			continue;
		if (*rest == '[')
			rest += strcspn(rest, "]\n") + 1;
		if (*rest != ' ' && *rest != '=')
			continue;
		rest += strspn(rest, " =");
		(void) snprintf(value, VALUE, "%.*s",
				width - (int) (rest - line), rest);
		for (size_t end = strlen(value);
		     end > 0 && isspace((unsigned char) value[end - 1]); end--)
			value[end - 1] = '\0';
		if (strcmp(value, "(null)") == 0)
			value[0] = '\0';
		return true;
	}
	return false;
}

/* The value of the first such line; "" if there is none. */
static void get_value(const struct inquiry *inquiry, const char *key,
		      char value[VALUE])
{
	const char *at = inquiry->config;

	if (!next_value(&at, key, value))
		value[0] = '\0';
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strcasestr(at, word)); at += length)
		if ((at == list || at[-1] == ',') &&
		    (at[length] == ',' || at[length] == '\0'))
			return true;
	return false;
}

static void check_prolog_flags(struct inquiry *inquiry)
{
	char flags[VALUE];

	get_value(inquiry, "PrologFlags", flags);
	if (has_word(flags, "RunInJob"))
		report(inquiry, "PrologFlags=%s: with RunInJob Slurm never calls "
		       "the plugin's prolog and epilog; take it out", flags);
	if (!has_word(flags, "Alloc"))
		report(inquiry, "PrologFlags=%s: without Alloc a node of a job "
		       "has no scratch until a step starts there; add Alloc",
		       flags);
}

/* A script that can be read here and speaks of job directories. */
static bool handles_scratch(const char *path)
{
	pi_auto_file *file = fopen(path, "re");
	pi_auto_free char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) >= 0)
		if (line[strspn(line, " \t")] != '#' &&
		    (strstr(line, "SLURM_TMPDIR") || strstr(line, "/scratch/")))
			return true;
	return false;
}

static void check_scripts(struct inquiry *inquiry)
{
	static const char *const keys[] = { "Prolog", "Epilog", "TaskProlog" };
	char path[VALUE];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *at = inquiry->config;

		while (next_value(&at, keys[i], path))
			if (*path && handles_scratch(path))
				report(inquiry, "%s=%s makes or removes job "
				       "directories too; the plugin replaces "
				       "it: take it out of slurm.conf",
				       keys[i], path);
	}
}

/* `name` is absolute, or looked for in PluginDir, a list with colons. */
static void check_plugin_file(struct inquiry *inquiry, const char *name)
{
	char dirs[VALUE], path[VALUE + PATH_MAX], *save = NULL;

	inquiry->loads_plugin = true;
	if (name[0] == '/') {
		if (access(name, R_OK) < 0)
			report(inquiry, "%s, named in plugstack.conf: %s; "
			       "install slurm-pi on this node", name,
			       strerror(errno));
		return;
	}
	get_value(inquiry, "PluginDir", dirs);
	for (char *dir = strtok_r(dirs, ":", &save); dir;
	     dir = strtok_r(NULL, ":", &save)) {
		(void) snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (access(path, R_OK) == 0)
			return;
	}
	report(inquiry, "%s, named in plugstack.conf, is not in PluginDir; "
	       "install slurm-pi on this node", name);
}

static void read_plugstack(struct inquiry *inquiry, const char *path,
			   unsigned level);

static void read_include(struct inquiry *inquiry, const char *from,
			 const char *pattern, unsigned level)
{
	char path[PATH_MAX];
	glob_t found;

	if (pattern[0] == '/')
		(void) snprintf(path, sizeof(path), "%s", pattern);
	else
		(void) snprintf(path, sizeof(path), "%.*s%s",
				(int) (strrchr(from, '/') + 1 - from), from,
				pattern);
	if (level > INCLUDES)
		return;
	if (glob(path, 0, NULL, &found) != 0) {
		/* Slurm takes that for an empty file. */
		if (inquiry->is_configless && strpbrk(pattern, "/*?["))
			report(inquiry, "%s: include %s finds nothing here, and "
			       "is not shipped to configless nodes; install "
			       "slurm-pi in their image, or put its lines into "
			       "plugstack.conf itself", from, pattern);
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_plugstack(inquiry, found.gl_pathv[i], level + 1);
	globfree(&found);
}

static void read_plugstack(struct inquiry *inquiry, const char *path,
			   unsigned level)
{
	pi_auto_file *file = fopen(path, "re");
	pi_auto_free char *line = NULL;
	size_t room = 0;

	if (!file)
		report(inquiry, "%s: %s; without it no plugin is loaded", path,
		       strerror(errno));
	while (file && getline(&line, &room, file) >= 0) {
		char *save = NULL, *first, *second;

		line[strcspn(line, "#")] = '\0';
		first = strtok_r(line, " \t\n", &save);
		second = strtok_r(NULL, " \t\n", &save);
		if (!first || !second)
			continue;
		if (strcmp(first, "include") == 0)
			read_include(inquiry, path, second, level);
		else if (strstr(second, PLUGIN))
			check_plugin_file(inquiry, second);
	}
}

/* By default it lies beside slurm.conf, or where configless slurmd puts both. */
static void find_plugstack(const struct inquiry *inquiry, char path[VALUE])
{
	static const char fetched[] = "/run/slurm/conf/plugstack.conf";
	static const char name[] = "plugstack.conf";
	char *slash;

	get_value(inquiry, "PlugStackConfig", path);
	if (*path)
		return;
	get_value(inquiry, "SLURM_CONF", path);
	slash = strrchr(path, '/');
	if (slash && slash + 1 + sizeof(name) <= path + VALUE)
		(void) strcpy(slash + 1, name);
	if (access(path, F_OK) < 0 && access(fetched, F_OK) == 0)
		(void) strcpy(path, fetched);
}

static void check_plugstack(struct inquiry *inquiry)
{
	char path[VALUE], parameters[VALUE];

	get_value(inquiry, "SlurmctldParameters", parameters);
	inquiry->is_configless = has_word(parameters, "enable_configless");
	find_plugstack(inquiry, path);
	if (*path == '/')
		read_plugstack(inquiry, path, 1);
	if (!inquiry->loads_plugin)
		report(inquiry, "%s does not load " PLUGIN "; add the line: "
		       "required " PLUGIN, *path ? path : "plugstack.conf");
}

/* Slurm itself refuses a plugin of another release: is the option there? */
static int check_option(struct inquiry *inquiry, struct pi_err *err)
{
	static const char *const argv[] = { "sbatch", "--help", NULL };
	char output[PI_TOOL_OUTPUT];
	int rc;

	if (inquiry->problems > 0)
		return 0;	/* and here is why */
	rc = pi_tool_run(argv, inquiry->timeout_ms, 1, output, err);
	if (rc < 0)
		return rc;
	if (!strstr(output, "--scratch"))
		report(inquiry, "sbatch does not offer --scratch: is the plugin "
		       "built for this release of Slurm? sbatch says: %.200s",
		       pi_tool_last_line(output));
	return 0;
}

int pi_slurmcheck(uint64_t timeout_ms, struct pi_err *err)
{
	static const char *const argv[] = { "scontrol", "show", "config", NULL };
	struct inquiry inquiry = { .timeout_ms = timeout_ms };
	int rc = pi_tool_run(argv, timeout_ms, 1, inquiry.config, err);

	if (rc < 0)
		return rc;
	if (rc > 0)
		return pi_err_set(err, EIO, "scontrol show config: %s",
				  pi_tool_last_line(inquiry.config));
	check_prolog_flags(&inquiry);
	check_scripts(&inquiry);
	check_plugstack(&inquiry);
	rc = check_option(&inquiry, err);
	return rc < 0 ? rc : inquiry.problems;
}
