/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurmconf.c - slurm.conf and what it includes, line by line */
#include "head/slurmconf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "head/textfile.h"
#include "lib/auto.h"

struct reader {
	struct pi_slurmconf *conf;
	const struct pi_slurmconf_text *instead;
	int depth;
	bool alone;		/* no file may be included */
};

/* A file's text, and how far it is read. */
struct text {
	const char *file;
	const char *at;
	const char *end;
	unsigned number;
};

static int read_file(struct reader *reader, const char *path, const char *from,
		     unsigned number, struct pi_err *err);

int pi_slurmconf_word(const char **text, struct pi_slurmconf_word *ret_word)
{
	const char *at = *text;
	struct pi_slurmconf_word word;

	at += strspn(at, " \t");
	word.key = at;
	while (isalnum((unsigned char) *at) || *at == '_' || *at == '.')
		at++;
	word.key_length = (size_t) (at - word.key);
	at += strspn(at, " \t");
	if (word.key_length > 0 && *at && strchr("+-*/", *at))
		at++;
	if (word.key_length == 0 || *at != '=')
		return 0;
	at++;
	at += strspn(at, " \t");
	if (*at == '"') {
		word.value = ++at;
		word.length = strcspn(at, "\"");
		at += word.length;
		at += *at == '"';
	} else {
		word.value = at;
		word.length = strcspn(at, " \t");
		at += word.length;
	}
	*text = at;
	*ret_word = word;
	return 1;
}

bool pi_slurmconf_is_key(const struct pi_slurmconf_word *word, const char *name)
{
	return strlen(name) == word->key_length &&
	       strncasecmp(word->key, name, word->key_length) == 0;
}

static size_t backslashes_before(const char *begin, const char *at)
{
	size_t count = 0;

	while (at > begin && at[-1] == '\\') {
		at--;
		count++;
	}
	return count;
}

/* Where the comment begins, or the line's end. */
static const char *find_comment(const char *begin, const char *end)
{
	for (const char *at = begin; at < end; at++) {
		if (*at == '#' && backslashes_before(begin, at) % 2 == 0)
			return at;
	}
	return end;
}

/* Write the line from `begin` without its escapes. */
static void write_plain(FILE *out, const char *begin, const char *end)
{
	for (; begin < end; begin++) {
		if (*begin == '\\' && begin + 1 < end)
			begin++;
		if (*begin != '\r' && *begin != '\0')
			(void) fputc(*begin, out);
	}
}

/* One line of the file to `out`; does the next one belong to it? */
static bool read_physical(struct text *text, FILE *out)
{
	const char *begin = text->at;
	const char *end = memchr(begin, '\n', (size_t) (text->end - begin));
	const char *stop;

	if (!end)
		end = text->end;
	text->at = end < text->end ? end + 1 : end;
	text->number++;
	stop = find_comment(begin, end);
	/* A comment hides a continuation. */
	if (stop == end) {
		while (stop > begin && isspace((unsigned char) stop[-1]))
			stop--;
		if (backslashes_before(begin, stop) % 2 == 1) {
			write_plain(out, begin, stop - 1);
			return true;
		}
	}
	write_plain(out, begin, stop);
	return false;
}

static int add_line(struct pi_slurmconf *conf, const char *line,
		    const char *file, unsigned number)
{
	struct pi_slurmconf_line *lines;

	/* Grown by doubling: the count is a power of two when it is full. */
	if ((conf->count & (conf->count - 1)) == 0) {
		lines = reallocarray(conf->lines, conf->count ? 2 * conf->count
							      : 1,
				     sizeof(*lines));
		if (!lines)
			return -ENOMEM;
		conf->lines = lines;
	}
	lines = &conf->lines[conf->count];
	*lines = (struct pi_slurmconf_line) { strdup(line), strdup(file),
					      number };
	conf->count++;
	return lines->text && lines->file ? 0 : -ENOMEM;
}

/* "Include FILE": the file, as a path; NULL for other lines. */
static char *included_path(const char *line, const char *from)
{
	const char *name = line + strlen("Include");
	const char *slash = strrchr(from, '/');
	size_t length;
	char *path = NULL;

	if (strncasecmp(line, "Include", strlen("Include")) != 0 ||
	    (*name != ' ' && *name != '\t'))
		return NULL;
	name += strspn(name, " \t");
	length = strcspn(name, " \t");
	if (*name == '/' || !slash)
		return strndup(name, length);
	if (asprintf(&path, "%.*s/%.*s", (int) (slash - from), from,
		     (int) length, name) < 0)
		return NULL;
	return path;
}

static int take_line(struct reader *reader, const char *line,
		     const char *file, unsigned number, struct pi_err *err)
{
	pi_auto_free char *path = NULL;
	int rc;

	line += strspn(line, " \t");
	if (*line == '\0')
		return 0;
	path = included_path(line, file);
	if (!path) {
		rc = add_line(reader->conf, line, file, number);
		return rc < 0 ? pi_err_set(err, -rc, "%m") : 0;
	}
	if (reader->alone || reader->depth >= PI_SLURMCONF_DEPTH)
		return pi_err_set(err, EINVAL, "%s:%u: Include goes too deep "
				  "here", file, number);
	reader->depth++;
	rc = read_file(reader, path, file, number, err);
	reader->depth--;
	return rc;
}

static int read_text(struct reader *reader, const char *file, const char *bytes,
		     size_t size, struct pi_err *err)
{
	struct text text = { file, bytes, bytes + size, 0 };
	int rc = 0;

	while (rc == 0 && text.at < text.end) {
		pi_auto_free char *line = NULL;
		size_t length = 0;
		unsigned number = text.number + 1;
		FILE *out = open_memstream(&line, &length);

		if (!out)
			return pi_err_set(err, ENOMEM, "%m");
		while (read_physical(&text, out) && text.at < text.end)
			;
		if (fclose(out) != 0)
			return pi_err_set(err, ENOMEM, "%m");
		rc = take_line(reader, line, file, number, err);
	}
	return rc;
}

static bool is_same_file(const char *one, const char *two)
{
	struct stat first, second;

	return strcmp(one, two) == 0 ||
	       (stat(one, &first) == 0 && stat(two, &second) == 0 &&
		first.st_dev == second.st_dev && first.st_ino == second.st_ino);
}

/* `from` and `number` say who includes it; NULL for nobody. */
static int read_file(struct reader *reader, const char *path, const char *from,
		     unsigned number, struct pi_err *err)
{
	const struct pi_slurmconf_text *instead = reader->instead;
	pi_auto_free char *bytes = NULL;
	size_t size = 0;
	int rc;

	if (instead && is_same_file(path, instead->path)) {
		reader->conf->has_nodes_file = true;
		return read_text(reader, path, instead->text, instead->size,
				 err);
	}
	rc = pi_textfile_read(path, &bytes, &size, err);
	if (rc == 0)
		return read_text(reader, path, bytes, size, err);
	if (from)
		pi_err_prefix(err, "%s:%u", from, number);
	return rc;
}

int pi_slurmconf_read(const char *path, const struct pi_slurmconf_text *instead,
		      struct pi_slurmconf *ret_conf, struct pi_err *err)
{
	struct pi_slurmconf conf = { 0 };
	struct reader reader = { .conf = &conf, .instead = instead };
	int rc = read_file(&reader, path, NULL, 0, err);

	if (rc < 0)
		pi_slurmconf_finish(&conf);
	else
		*ret_conf = conf;
	return rc;
}

int pi_slurmconf_parse(const char *file, const char *text, size_t size,
		       struct pi_slurmconf *ret_conf, struct pi_err *err)
{
	struct pi_slurmconf conf = { 0 };
	struct reader reader = { .conf = &conf, .alone = true };
	int rc = read_text(&reader, file, text, size, err);

	if (rc < 0)
		pi_slurmconf_finish(&conf);
	else
		*ret_conf = conf;
	return rc;
}

void pi_slurmconf_finish(struct pi_slurmconf *conf)
{
	for (size_t i = 0; i < conf->count; i++) {
		free(conf->lines[i].text);
		free(conf->lines[i].file);
	}
	free(conf->lines);
	*conf = (struct pi_slurmconf) { 0 };
}
