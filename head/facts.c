/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts.c - one line of `slurmd -C`, read warily */
#include "head/facts.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "head/words.h"
#include "lib/log.h"

struct number_key {
	const char *name;
	size_t offset;
	uint64_t max;
};

#define FIELD(name) offsetof(struct pi_facts, name)

static const struct number_key number_keys[] = {
	{ "CPUs", FIELD(cpus), PI_FACTS_COUNT_MAX },
	{ "Boards", FIELD(boards), PI_FACTS_COUNT_MAX },
	{ "SocketsPerBoard", FIELD(sockets), PI_FACTS_COUNT_MAX },
	{ "CoresPerSocket", FIELD(cores), PI_FACTS_COUNT_MAX },
	{ "ThreadsPerCore", FIELD(threads), PI_FACTS_COUNT_MAX },
	{ "RealMemory", FIELD(memory), INT32_MAX },
};

enum { NUMBER_KEYS = sizeof(number_keys) / sizeof(number_keys[0]) };

struct word {
	const char *key;
	size_t key_length;
	const char *value;
	size_t length;
};

static bool is_key(const struct word *word, const char *name)
{
	return strlen(name) == word->key_length &&
	       memcmp(word->key, name, word->key_length) == 0;
}

static int read_number(struct pi_facts *facts, const struct number_key *key,
		       const struct word *word, struct pi_err *err)
{
	uint64_t *field = (uint64_t *) ((char *) facts + key->offset);
	uint64_t number = 0;
	int rc = pi_words_number(word->value, word->length, &number);

	if (*field != 0)
		return pi_err_set(err, EINVAL, "%s twice", key->name);
	if (rc == -EINVAL)
		return pi_err_set(err, EINVAL, "%s=%.*s is not a plain decimal "
				  "number", key->name,
				  word->length < 40 ? (int) word->length : 40,
				  word->value);
	if (rc < 0 || number == 0 || number > key->max)
		return pi_err_set(err, EINVAL, "%s=%.*s cannot be: 1 to %lu",
				  key->name,
				  word->length < 40 ? (int) word->length : 40,
				  word->value, (unsigned long) key->max);
	*field = number;
	return 0;
}

static int read_text(char *field, size_t size, const char *chars,
		     const struct word *word, struct pi_err *err)
{
	if (*field)
		return pi_err_set(err, EINVAL, "%.*s twice",
				  (int) word->key_length, word->key);
	if (word->length >= size)
		return pi_err_set(err, EINVAL, "%.*s of %zu bytes",
				  (int) word->key_length, word->key,
				  word->length);
	memcpy(field, word->value, word->length);
	field[word->length] = '\0';
	if (pi_words_only(field, word->length, chars))
		return 0;
	return pi_err_set(err, EINVAL, "%.*s=%.40s is not what slurmd prints",
			  (int) word->key_length, word->key, field);
}

static int read_word(struct pi_facts *facts, const struct word *word,
		     struct pi_err *err)
{
	for (size_t i = 0; i < NUMBER_KEYS; i++) {
		if (is_key(word, number_keys[i].name))
			return read_number(facts, &number_keys[i], word, err);
	}
	if (is_key(word, "NodeName"))
		return read_text(facts->name, sizeof(facts->name),
				 PI_NAME_CHARS ".", word, err);
	if (is_key(word, "Gres"))
		return read_text(facts->gres, sizeof(facts->gres),
				 PI_NAME_CHARS ".:,/=()", word, err);
	pi_debug("passing over %.*s in a report",
		 word->key_length < 40 ? (int) word->key_length : 40,
		 word->key);
	return 0;
}

static int check_bytes(const char *line, size_t length, struct pi_err *err)
{
	if (length > PI_FACTS_LINE)
		return pi_err_set(err, EINVAL, "a line of %zu bytes", length);
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char) line[i];

		if (byte < ' ' || byte == 0x7f)
			return pi_err_set(err, EINVAL, "a control character "
					  "(%d)", byte);
		if (strchr("#;\"'\\`", byte))
			return pi_err_set(err, EINVAL, "the character %c", byte);
	}
	return 0;
}

/* Missing words count as 1; the product shows whether they could. */
static int check_sums(struct pi_facts *facts, struct pi_err *err)
{
	uint64_t cores;

	if (facts->cpus == 0 || facts->memory == 0)
		return pi_err_set(err, EINVAL, "no %s=",
				  facts->cpus == 0 ? "CPUs" : "RealMemory");
	facts->boards += facts->boards == 0;
	facts->sockets += facts->sockets == 0;
	facts->cores += facts->cores == 0;
	facts->threads += facts->threads == 0;
	/* Each is below 2^16, so that the product is below 2^64. */
	cores = facts->boards * facts->sockets * facts->cores;
	if (facts->cpus == cores || facts->cpus == cores * facts->threads)
		return 0;
	return pi_err_set(err, EINVAL, "CPUs=%lu is not Boards * "
			  "SocketsPerBoard * CoresPerSocket * ThreadsPerCore "
			  "(%lu)", (unsigned long) facts->cpus,
			  (unsigned long) (cores * facts->threads));
}

int pi_facts_parse(const char *line, size_t length, struct pi_facts *ret_facts,
		   struct pi_err *err)
{
	struct pi_facts facts = { .present = true };
	const char *end = line + length;
	int rc = check_bytes(line, length, err);

	while (rc == 0 && line < end) {
		const char *blank = memchr(line, ' ', (size_t) (end - line));
		const char *stop = blank ? blank : end;
		const char *equals = memchr(line, '=', (size_t) (stop - line));

		if (equals) {
			struct word word = {
				line, (size_t) (equals - line), equals + 1,
				(size_t) (stop - equals - 1),
			};

			rc = read_word(&facts, &word, err);
		} else if (stop > line) {
			rc = pi_err_set(err, EINVAL, "\"%.*s\" is not "
					"Key=Value", stop - line < 40
					? (int) (stop - line) : 40, line);
		}
		line = blank ? blank + 1 : end;
	}
	if (rc == 0)
		rc = check_sums(&facts, err);
	if (rc == 0)
		*ret_facts = facts;
	return rc;
}
