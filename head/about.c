/* SPDX-License-Identifier: GPL-2.0-or-later */
/* about.c - what comes with a report: whose board it is, and when */
#include "head/facts.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "head/words.h"

enum about_kind { MAC, WORD, NUMBER, TEXT };

static const struct about_key {
	const char *name;
	enum about_kind kind;
	size_t offset;
	size_t size;		/* of WORD and TEXT */
	bool store_only;
} about_keys[] = {
#define FIELD(name) offsetof(struct pi_facts_about, name), \
	sizeof(((struct pi_facts_about *) 0)->name)
	{ "MAC=", MAC, FIELD(mac), false },
	{ "Serial=", WORD, FIELD(serial), false },
	{ "CardBytes=", NUMBER, FIELD(card_bytes), false },
	{ "Time=", NUMBER, FIELD(time), false },
	{ "Gathered=", NUMBER, FIELD(gathered), true },
	{ "SeenMemory=", NUMBER, FIELD(seen_memory), true },
	{ "Trouble=", TEXT, FIELD(trouble), true },
#undef FIELD
};

enum { ABOUT_KEYS = sizeof(about_keys) / sizeof(about_keys[0]) };

/* A node may have several MACs: the inventory's is the one to remember. */
static void take_mac(char *mac, const struct pi_node *node, const char *value,
		     size_t length)
{
	char found[18];

	if (length != sizeof(found) - 1 ||
	    !pi_words_only(value, length, "0123456789abcdef:"))
		return;
	memcpy(found, value, length);
	found[length] = '\0';
	if (strcmp(found, "00:00:00:00:00:00") == 0)
		return;		/* the loopback's */
	if (*mac == '\0' || (node->mac && strcmp(found, node->mac) == 0))
		memcpy(mac, found, sizeof(found));
}

static void take_value(struct pi_facts_about *about, const struct pi_node *node,
		       const struct about_key *key, const char *value,
		       size_t length)
{
	char *field = (char *) about + key->offset;
	uint64_t number;

	switch (key->kind) {
	case MAC:
		take_mac(field, node, value, length);
		break;
	case NUMBER:
		if (pi_words_number(value, length, &number) == 0)
			*(uint64_t *) (void *) field = number;
		break;
	case WORD:
		if (!pi_words_only(value, length, PI_NAME_CHARS))
			break;
		/* fall through */
	case TEXT:
		if (length < key->size) {
			memcpy(field, value, length);
			field[length] = '\0';
		}
		break;
	}
}

bool pi_facts_take_about(struct pi_facts *facts, const struct pi_node *node,
			 const char *line, size_t length, bool is_store)
{
	for (size_t i = 0; i < ABOUT_KEYS; i++) {
		const struct about_key *key = &about_keys[i];
		size_t size = strlen(key->name);

		if (length < size || memcmp(line, key->name, size) != 0 ||
		    (key->store_only && !is_store))
			continue;
		take_value(&facts->about, node, key, line + size,
			   length - size);
		return true;
	}
	return false;
}

int pi_facts_check_board(const struct pi_node *node,
			 const struct pi_facts *facts, struct pi_err *err)
{
	const struct pi_facts_about *about = &facts->about;
	size_t length = strcspn(facts->name, ".");

	if (node->mac && about->mac[0] && strcmp(node->mac, about->mac) != 0)
		return pi_err_set(err, ENODEV, "MAC %s is not the inventory's "
				  "%s; report ignored (board swapped? edit the "
				  "inventory)", about->mac, node->mac);
	if (node->serial && about->serial[0] &&
	    strcmp(node->serial, about->serial) != 0)
		return pi_err_set(err, ENODEV, "serial number %s is not the "
				  "inventory's %s; report ignored (board "
				  "swapped? edit the inventory)",
				  about->serial, node->serial);
	if (length == 0 ||
	    (strlen(node->name) == length &&
	     memcmp(facts->name, node->name, length) == 0) ||
	    (node->hostname && strlen(node->hostname) == length &&
	     memcmp(facts->name, node->hostname, length) == 0))
		return 0;
	(void) pi_err_set(err, EINVAL, "calls itself \"%s\", the inventory says "
			  "%s; using %s (set its host name, or hostname=%.*s)",
			  facts->name, node->name, node->name, (int) length,
			  facts->name);
	return 1;
}
