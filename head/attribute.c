/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attribute.c - the words after a node's name in the inventory */
#include "head/attribute.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "head/words.h"

/* A value's check returns NULL, or what would have been accepted. */
typedef const char *value_check(char *value);

struct attribute {
	const char *name;
	value_check *check;
	size_t offset;
	bool unique;
};

static const char *check_ip(char *value)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, value, address) == 1) {
		if (address[0] != 0 && address[0] < 224)
			return NULL;
	} else if (inet_pton(AF_INET6, value, address) == 1) {
		return NULL;
	}
	return "a numeric address, as 10.0.0.2";
}

static const char *check_mac(char *value)
{
	static const char *const wanted =
		"six pairs of hexadecimal digits, as dc:a6:32:f6:e0:b4";
	size_t length = strlen(value);

	if (length != 17)
		return wanted;
	for (size_t i = 0; i < length; i++) {
		if (i % 3 == 2 ? value[i] != ':'
			       : !isxdigit((unsigned char) value[i]))
			return wanted;
		value[i] = (char) tolower((unsigned char) value[i]);
	}
	return NULL;
}

const char *pi_attribute_check_name(char *value)
{
	size_t length = strlen(value);

	if (length == 0 || length >= PI_NODE_NAME ||
	    !isalnum((unsigned char) value[0]) ||
	    strspn(value, PI_NAME_CHARS) != length)
		return "letters, digits, '-' and '_', up to 63 of them";
	if (strcasecmp(value, "ALL") == 0 || strcasecmp(value, "DEFAULT") == 0)
		return "a name that does not mean something to Slurm";
	return NULL;
}

static const char *check_image(char *value)
{
	return *value && strspn(value, PI_NAME_CHARS ".") == strlen(value)
		? NULL : "letters, digits, '.', '-' and '_'";
}

static const char *check_weight(char *value)
{
	uint64_t weight;

	return pi_words_number(value, strlen(value), &weight) == 0 &&
	       weight <= INT32_MAX ? NULL : "a whole number";
}

static const char *check_feature(char *value)
{
	return pi_words_are(value, '+', PI_NAME_CHARS ".:/=")
		? NULL : "names joined by '+'";
}

static const char *check_gres(char *value)
{
	return pi_words_are(value, '+', PI_NAME_CHARS ".:")
		? NULL : "NAME:COUNT or NAME:TYPE:COUNT, joined by '+'";
}

static const char *check_state(char *value)
{
	return strcmp(value, "future") == 0 ? NULL : "future";
}

static const char *check_extra(char *value)
{
	static const char *const keys[] = {
		"BcastAddr", "CoreSpecCount", "CpuBind", "CPUSpecList",
		"MemSpecLimit", "Port", "RestrictedCoresPerGPU", "Topology",
		"TmpDisk", "TRESWeights",
	};
	static const char *const wanted =
		"Key:Value joined by '+', the keys being slurm.conf's "
		"BcastAddr, CoreSpecCount, CpuBind, CPUSpecList, MemSpecLimit, "
		"Port, RestrictedCoresPerGPU, TmpDisk, Topology, TRESWeights";
	const char *word = value;

	if (!pi_words_are(value, '+', PI_NAME_CHARS ".:/"))
		return wanted;
	for (; word; word = strchr(word, '+') ? strchr(word, '+') + 1 : NULL) {
		size_t length = strcspn(word, ":+");
		bool known = false;

		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			known |= strlen(keys[i]) == length &&
				 strncasecmp(word, keys[i], length) == 0;
		if (!known || word[length] != ':' || !word[length + 1] ||
		    word[length + 1] == '+')
			return wanted;
	}
	return NULL;
}

#define FIELD(name) offsetof(struct pi_node, name)

static const struct attribute attributes[] = {
	{ "ip", check_ip, FIELD(ip), true },
	{ "mac", check_mac, FIELD(mac), true },
	{ "serial", check_image, FIELD(serial), true },
	{ "image", check_image, FIELD(image), false },
	{ "hostname", pi_attribute_check_name, FIELD(hostname), false },
	{ "feature", check_feature, FIELD(feature), false },
	{ "gres", check_gres, FIELD(gres), false },
	{ "state", check_state, FIELD(state), false },
	{ "extra", check_extra, FIELD(extra), false },
};

enum { ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

const char *pi_attribute_name(size_t n)
{
	return n < ATTRIBUTES ? attributes[n].name : NULL;
}

bool pi_attribute_is_unique(size_t n)
{
	return attributes[n].unique;
}

char **pi_attribute_field(const struct pi_node *node, size_t n)
{
	return (char **) ((char *) node + attributes[n].offset);
}

static int set_weight(struct pi_node *node, char *value, struct pi_err *err)
{
	const char *wanted = check_weight(value);

	if (wanted)
		return pi_err_set(err, EINVAL, "%s: weight=%.40s: must be %s",
				  node->name, value, wanted);
	node->weight = (uint32_t) strtoul(value, NULL, 10);
	return 0;
}

static int copy_value(char **field, const char *value)
{
	if (asprintf(field, "%s", value) >= 0)
		return 0;
	*field = NULL;
	return -ENOMEM;
}

int pi_attribute_set(struct pi_node *node, const char *name, char *value,
			 struct pi_err *err)
{
	const char *wanted;
	int rc;

	if (strcmp(name, "weight") == 0)
		return set_weight(node, value, err);
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (strcmp(name, attributes[i].name) != 0)
			continue;
		wanted = attributes[i].check(value);
		if (wanted)
			return pi_err_set(err, EINVAL, "%s: %s=%.40s: must be "
					  "%s", node->name, name, value, wanted);
		rc = copy_value(pi_attribute_field(node, i), value);
		return rc < 0 ? pi_err_set(err, -rc, "%m") : 0;
	}
	/* A word without a value is a group of the site's: pdsh -g WORD. */
	if (!*value || strncmp(name, "x-", 2) == 0) {
		node->head |= strcmp(name, "head") == 0;
		return 0;
	}
	return pi_err_set(err, EINVAL, "%s: unknown attribute %.40s=; "
			  "pi-nodes(8) lists them, and those of the site begin "
			  "with x-", node->name, name);
}
