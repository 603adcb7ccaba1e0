/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf.c - slurm-pi.conf: its keys, their defaults, and reading it */
#include "lib/conf.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/keyfile.h"

static const char *read_scratch(void *field, const char *value)
{
	if (strcasecmp(value, "always") == 0)
		*(enum pi_conf_scratch *) field = PI_SCRATCH_ALWAYS;
	else if (strcasecmp(value, "on-request") == 0)
		*(enum pi_conf_scratch *) field = PI_SCRATCH_ON_REQUEST;
	else
		return "always or on-request";
	return NULL;
}

static const char *read_quota(void *field, const char *value)
{
	static const char *const words[] = {
		[PI_CONF_QUOTA_AUTO] = "auto",
		[PI_CONF_QUOTA_REQUIRED] = "required",
		[PI_CONF_QUOTA_OFF] = "off",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(value, words[i]) == 0) {
			*(enum pi_conf_quota *) field = (enum pi_conf_quota) i;
			return NULL;
		}
	}
	return "auto, required or off";
}

static const char *read_card_mode(void *field, const char *value)
{
	if (strcasecmp(value, "keep") != 0 && strcasecmp(value, "ephemeral") != 0)
		return "keep or ephemeral";
	*(bool *) field = strcasecmp(value, "ephemeral") == 0;
	return NULL;
}

static const char *read_path(void *field, const char *value)
{
	return pi_keyfile_path(field, PI_CONF_PATH, value);
}

static const char *read_path_or_none(void *field, const char *value)
{
	return *value ? read_path(field, value) : pi_keyfile_copy(field, 1, value);
}

static const char *read_words(void *field, const char *value)
{
	if (*value == '\0' || strchr(value, '#'))
		return "one or more words, without '#'";
	return pi_keyfile_copy(field, PI_CONF_WORDS, value);
}

/* "b02 035344534133324785...  9f86d081884c7d65": a node, a card, its content */
static const char *read_wipe_order(void *field, const char *value)
{
	char node[PI_CONF_NAME], card[PI_CONF_NAME], content[18];
	int end = -1;

	if (*value && (sscanf(value, "%64s %64s %17s%n", node, card, content,
			      &end) != 3 || value[end] != '\0' ||
		       strlen(content) != 16 ||
		       strspn(content, "0123456789abcdef") != 16))
		return "node, card and content, as `pi-agent inspect` prints "
		       "them";
	return pi_keyfile_copy(field, PI_CONF_WORDS, value);
}

static const char *read_node_name(void *field, const char *value)
{
	if (strspn(value, "abcdefghijklmnopqrstuvwxyz"
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789._-") != strlen(value))
		return "a node's name: letters, digits, '.', '_' and '-'";
	return pi_keyfile_copy(field, PI_CONF_NAME, value);
}

#define FIELD(name) offsetof(struct pi_conf, name)

static const struct pi_keyfile_key keys[] = {
	{ "ScratchDir", read_path, FIELD(scratch_dir), "/scratch" },
	{ "Scratch", read_scratch, FIELD(scratch), "always" },
	{ "DefaultSize", pi_keyfile_size, FIELD(default_size), "0" },
	{ "MaxSize", pi_keyfile_size, FIELD(max_size), "0" },
	{ "Quota", read_quota, FIELD(quota), "auto" },
	{ "SetTmpdir", pi_keyfile_bool, FIELD(set_tmpdir), "no" },
	{ "PrivateTmp", pi_keyfile_bool, FIELD(private_tmp), "no" },
	{ "KeepTime", pi_keyfile_duration, FIELD(keep_time_ms), "3d" },
	{ "RemoveBudget", pi_keyfile_duration, FIELD(remove_budget_ms), "10ms" },
	{ "CardPath", read_words, FIELD(card_path),
	  "platform-fe340000.mmc platform-fe340000.emmc2" },
	{ "CardDevice", read_path_or_none, FIELD(card_device), "" },
	{ "CardMode", read_card_mode, FIELD(card_is_ephemeral), "keep" },
	{ "Repair", pi_keyfile_bool, FIELD(repair), "no" },
	{ "WipeOrder", read_wipe_order, FIELD(wipe_order), "" },
	{ "MinFree", pi_keyfile_size, FIELD(min_free), "0" },
	{ "CardWait", pi_keyfile_duration, FIELD(card_wait_ms), "10s" },
	{ "ToolTimeout", pi_keyfile_duration, FIELD(tool_timeout_ms), "5min" },
	{ "ResumeWait", pi_keyfile_duration, FIELD(resume_wait_ms), "10min" },
	{ "NodeName", read_node_name, FIELD(node_name), "" },
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
_Static_assert((int) KEYS <= (int) PI_KEYFILE_KEYS,
	       "lib/keyfile must know them apart");

static const struct pi_keyfile keyfile = { keys, KEYS, "slurm-pi.conf(5)" };

void pi_conf_defaults(struct pi_conf *conf)
{
	*conf = (struct pi_conf) { 0 };
	pi_keyfile_defaults(&keyfile, conf);
}

const char *pi_conf_key(unsigned n, const char **ret_default)
{
	if (n >= KEYS)
		return NULL;
	*ret_default = keys[n].preset;
	return keys[n].name;
}

int pi_conf_read(const char *path, struct pi_conf *ret_conf, struct pi_err *err)
{
	struct pi_conf conf;
	int rc;

	pi_conf_defaults(&conf);
	rc = pi_keyfile_read(&keyfile, path, &conf, err);
	if (rc == 0)
		*ret_conf = conf;
	return rc;
}
