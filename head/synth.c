/* SPDX-License-Identifier: GPL-2.0-or-later */
/* synth.c - a slurm.conf for a slurmctld that only looks at the nodes */
#include "head/synth.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "head/fold.h"
#include "lib/auto.h"

static bool is_one_of(const struct pi_slurmconf_word *word,
		      const char *const names[])
{
	for (; *names; names++) {
		if (pi_slurmconf_is_key(word, *names))
			return true;
	}
	return false;
}

/* These own their lines. */
static const char *const records[] = {
	"NodeName", "PartitionName", "NodeSet", "DownNodes", NULL,
};

static const char *const settings[] = {
	"GresTypes", "SelectType", "SelectTypeParameters", "MaxNodeCount",
	"PluginDir", NULL,
};

/* They say where a node is, which nobody is to look for. */
static const char *const places[] = {
	"NodeAddr", "NodeHostname", "BcastAddr", "Port", NULL,
};

static void write_word(FILE *out, const struct pi_slurmconf_word *word)
{
	bool quoted = memchr(word->value, ' ', word->length) ||
		      memchr(word->value, '\t', word->length) ||
		      (word->length > 0 && word->value[-1] == '"');

	(void) fprintf(out, "%.*s=%s%.*s%s ", (int) word->key_length, word->key,
		       quoted ? "\"" : "", (int) word->length, word->value,
		       quoted ? "\"" : "");
}

static void write_line(FILE *out, const char *text)
{
	struct pi_slurmconf_word word, first = { 0 };
	bool is_record = false, is_node = false;

	while (pi_slurmconf_word(&text, &word)) {
		if (!first.key) {
			first = word;
			is_record = is_one_of(&word, records);
			is_node = pi_slurmconf_is_key(&word, "NodeName") &&
				  !(word.length == 7 &&
				    memcmp(word.value, "DEFAULT", 7) == 0);
		}
		if (is_record ? !(is_node && is_one_of(&word, places))
			      : is_one_of(&word, settings))
			write_word(out, &word);
	}
	/* What is no word is for slurmctld to refuse, of a record. */
	(void) fprintf(out, "%s%s\n", is_node ? "NodeAddr=127.0.0.1" : "",
		       is_record && text[strspn(text, " \t")] ? text : "");
}

unsigned pi_synth_write(FILE *out, const struct pi_slurmconf *conf,
			const struct pi_synth_home *home)
{
	(void) fprintf(out,
		       "ClusterName=check\n"
		       "SlurmctldHost=%s(127.0.0.1)\n"
		       "SlurmUser=%s\n"
		       "SlurmctldPort=%u\n"
		       "StateSaveLocation=%s/state\n"
		       "SlurmctldPidFile=%s/pid\n"
		       "AuthType=auth/none\n"
		       "CredType=cred/none\n"
		       "ProctrackType=proctrack/pgid\n"
		       "TaskPlugin=task/none\n"
		       "MpiDefault=none\n"
		       "MailProg=/bin/true\n",
		       home->host, home->user, home->port, home->dir,
		       home->dir);
	for (size_t i = 0; i < conf->count; i++)
		write_line(out, conf->lines[i].text);
	return 13;
}

/* Is the `length` bytes' name in the comma list? */
static bool is_in_list(const char *list, size_t list_length, const char *name,
		       size_t length)
{
	const char *end = list + list_length;

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t) (end - list));
		const char *stop = comma ? comma : end;

		if ((size_t) (stop - list) == length &&
		    memcmp(list, name, length) == 0)
			return true;
		list = stop + 1;
	}
	return false;
}

static bool has_gres_type(const struct pi_slurmconf *conf, const char *name,
			  size_t length)
{
	for (size_t i = 0; i < conf->count; i++) {
		const char *text = conf->lines[i].text;
		struct pi_slurmconf_word word;

		while (pi_slurmconf_word(&text, &word)) {
			if (pi_slurmconf_is_key(&word, "GresTypes") &&
			    is_in_list(word.value, word.length, name, length))
				return true;
		}
	}
	return false;
}

static int check_gres_list(const struct pi_slurmconf *conf,
			   const struct pi_slurmconf_line *line,
			   const struct pi_slurmconf_word *word,
			   struct pi_err *err)
{
	const char *end = word->value + word->length;

	for (const char *at = word->value; at < end;) {
		const char *comma = memchr(at, ',', (size_t) (end - at));
		const char *stop = comma ? comma : end;
		const char *colon = memchr(at, ':', (size_t) (stop - at));
		size_t length = (size_t) ((colon ? colon : stop) - at);

		if (length > 0 && !has_gres_type(conf, at, length))
			return pi_err_set(err, EINVAL, "%s:%u: Gres=%.*s, but "
					  "slurm.conf's GresTypes does not "
					  "have it; say GresTypes=%.*s there",
					  line->file, line->number,
					  (int) length, at, (int) length, at);
		at = stop + 1;
	}
	return 0;
}

int pi_synth_check_gres(const struct pi_slurmconf *conf, struct pi_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < conf->count; i++) {
		const char *text = conf->lines[i].text;
		struct pi_slurmconf_word word;

		while (rc == 0 && pi_slurmconf_word(&text, &word)) {
			if (pi_slurmconf_is_key(&word, "Gres"))
				rc = check_gres_list(conf, &conf->lines[i],
						     &word, err);
		}
	}
	return rc;
}

/* Does slurmctld's sentence have the word in it? */
static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at++) {
		bool begins = at == words || !isalnum((unsigned char) at[-1]);
		char next = at[length];

		if (begins && !isalnum((unsigned char) next) && next != '-' &&
		    next != '_')
			return true;
	}
	return false;
}

/* Is the list, or one of the names in it, in slurmctld's sentence? */
static bool has_list(const char *words, const struct pi_slurmconf_word *list)
{
	pi_auto_free char *text = strndup(list->value, list->length);
	pi_auto_free char **names = NULL;
	size_t count = 0;

	if (!text || !*text)
		return false;
	if (has_word(words, text))
		return true;
	if (pi_fold_expand(text, &names, &count, NULL) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (has_word(words, names[i]))
			return true;
	}
	return false;
}

/* Is the line about a node or partition that the sentence names? */
static bool is_named(const struct pi_slurmconf_line *line, const char *words)
{
	const char *text = line->text;
	struct pi_slurmconf_word word;

	if (!pi_slurmconf_word(&text, &word) || !is_one_of(&word, records))
		return false;
	if (has_list(words, &word))
		return true;
	while (pi_slurmconf_word(&text, &word)) {
		if (pi_slurmconf_is_key(&word, "Nodes") &&
		    has_list(words, &word))
			return true;
	}
	return false;
}

void pi_synth_explain(const struct pi_slurmconf *conf, size_t number,
		      const char *words, struct pi_err *err)
{
	const struct pi_slurmconf_line *first = NULL, *last = NULL;

	for (size_t i = 0; i < conf->count; i++) {
		if (number ? i + 1 != number : !is_named(&conf->lines[i], words))
			continue;
		if (!first)
			first = &conf->lines[i];
		last = &conf->lines[i];
	}
	if (!last)
		(void) pi_err_set(err, EINVAL, "%.200s", words);
	else if (first != last)
		(void) pi_err_set(err, EINVAL, "%s:%u: %.160s (also %s:%u)",
				  last->file, last->number, words, first->file,
				  first->number);
	else
		(void) pi_err_set(err, EINVAL, "%s:%u: %.180s", last->file,
				  last->number, words);
}
