/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster.c - cluster.conf: how this cluster's node lines are to be */
#include "head/cluster.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "head/words.h"
#include "lib/keyfile.h"
#include "lib/size.h"

enum { SLACK_MAX = 5000, FANOUT_MAX = 512 };

static const char *read_path(void *field, const char *value)
{
	return pi_keyfile_path(field, PI_CLUSTER_PATH, value);
}

static const char *read_command(void *field, const char *value)
{
	return *value ? pi_keyfile_copy(field, PI_CLUSTER_COMMAND, value)
		      : "a command for the shell";
}

/* "2%", "2.5%" */
static const char *read_percent(void *field, const char *value)
{
	static const char *const wanted = "a percentage from 0% to 50%, as 2.5%";
	size_t whole = strspn(value, "0123456789");
	size_t part = value[whole] == '.'
		? strspn(value + whole + 1, "0123456789") : 0;
	uint64_t percent, rest = 0;

	if (pi_words_number(value, whole, &percent) < 0 || percent > 50 ||
	    part > 2 || (value[whole] == '.' && part == 0) ||
	    strcmp(value + whole + (part ? part + 1 : 0), "%") != 0)
		return wanted;
	for (size_t i = 0; i < 2; i++)
		rest = rest * 10 + (uint64_t) (i < part
			? value[whole + 1 + i] - '0' : 0);
	if (percent * 100 + rest > SLACK_MAX)
		return wanted;
	*(uint64_t *) field = percent * 100 + rest;
	return NULL;
}

static const char *read_size(void *field, const char *value)
{
	uint64_t bytes;

	if (pi_size_parse(value, &bytes) < 0 || bytes % (1 << 20) != 0)
		return "a size in whole MiB, as 256M, or 0";
	*(uint64_t *) field = bytes >> 20;
	return NULL;
}

static const char *read_fanout(void *field, const char *value)
{
	uint64_t number;

	if (pi_words_number(value, strlen(value), &number) < 0 ||
	    number == 0 || number > FANOUT_MAX)
		return "a number from 1 to 512";
	*(uint64_t *) field = number;
	return NULL;
}

static const char *read_deadline(void *field, const char *value)
{
	uint64_t ms;
	const char *wanted = pi_keyfile_duration(&ms, value);

	if (!wanted && (ms == 0 || ms > 3600000))
		wanted = "a duration above 0 and up to 1h";
	if (!wanted)
		*(uint64_t *) field = ms;
	return wanted;
}

#define FIELD(name) offsetof(struct pi_cluster, name)

static const struct pi_keyfile_key keys[] = {
	{ "SlurmConf", read_path, FIELD(slurm_conf), "/etc/slurm/slurm.conf" },
	{ "NodesFile", read_path, FIELD(nodes_file), "/etc/slurm/nodes.conf" },
	{ "FactsDir", read_path, FIELD(facts_dir), "/var/lib/slurm-pi/facts" },
	{ "MemSlack", read_percent, FIELD(mem_slack), "2%" },
	{ "MemReserve", read_size, FIELD(mem_reserve), "0" },
	{ "ScratchGres", pi_keyfile_bool, FIELD(scratch_gres), "no" },
	{ "TmpDisk", pi_keyfile_bool, FIELD(tmp_disk), "no" },
	{ "Fanout", read_fanout, FIELD(fanout), "16" },
	{ "Timeout", read_deadline, FIELD(timeout_ms), "10s" },
	{ "ActivateTimeout", read_deadline, FIELD(activate_ms), "30s" },
	{ "RestartController", read_command, FIELD(restart_controller),
	  "systemctl restart slurmctld" },
	{ "RestartNode", read_command, FIELD(restart_node),
	  "systemctl restart slurmd" },
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static const struct pi_keyfile keyfile = { keys, KEYS, "pi-nodes(8)" };

void pi_cluster_defaults(struct pi_cluster *cluster)
{
	*cluster = (struct pi_cluster) { 0 };
	pi_keyfile_defaults(&keyfile, cluster);
}

int pi_cluster_read(const char *path, struct pi_cluster *ret_cluster,
		    struct pi_err *err)
{
	struct pi_cluster cluster;
	int rc;

	pi_cluster_defaults(&cluster);
	rc = pi_keyfile_read(&keyfile, path, &cluster, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	*ret_cluster = cluster;
	return 0;
}

const char *pi_cluster_key(unsigned n, const char **ret_default)
{
	if (n >= KEYS)
		return NULL;
	*ret_default = keys[n].preset;
	return keys[n].name;
}
