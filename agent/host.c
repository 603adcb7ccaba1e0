/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.c - what this machine is, beside its card */
#include "agent/host.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/smallfile.h"
#include "agent/tool.h"
#include "lib/auto.h"
#include "lib/log.h"
#include "lib/record.h"
#include "lib/scratch.h"

enum { LIST_BUFFER = 64 << 10, FACT = 128, FACTS = PI_TOOL_OUTPUT + 4 * FACT };

static bool file_has(const char *path, const char *word)
{
	pi_auto_free char *line = NULL;
	pi_auto_file *file = fopen(path, "re");
	size_t size = 0;

	if (file)	/* /proc would be read by the kilobyte */
		(void) setvbuf(file, NULL, _IOFBF, LIST_BUFFER);
	while (file && getline(&line, &size, file) > 0)
		if (strstr(line, word))
			return true;
	return false;
}

static bool has_module(const char *directory)
{
	static const char *const endings[] = { "", ".xz", ".zst", ".gz" };
	char path[PATH_MAX];

	for (unsigned i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		(void) snprintf(path, sizeof(path),
				"%s/kernel/fs/quota/quota_v2.ko%s", directory,
				endings[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/*
 * There is no system call that tells. The kernel's directory of modules does,
 * or its symbols where it has none; those are long, so only a new file system
 * is worth the search. A wrong guess shows at mounting and is put right there.
 */
static bool kernel_has_quota(bool search_symbols, bool otherwise)
{
	struct utsname kernel;
	char directory[sizeof(kernel.release) + 32];
	char list[sizeof(directory) + 32];

	if (uname(&kernel) < 0)
		return otherwise;
	(void) snprintf(directory, sizeof(directory), "/lib/modules/%s",
			kernel.release);
	(void) snprintf(list, sizeof(list), "%s/modules.builtin", directory);
	if (access(list, F_OK) == 0)
		return has_module(directory) || file_has(list, "/quota_v2.ko");
	return search_symbols ? file_has("/proc/kallsyms", " v2_read_dquot")
			      : otherwise;
}

static enum pi_target look_at_target(const char *path)
{
	struct statx stx;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS,
		  &stx) < 0 || !S_ISDIR(stx.stx_mode))
		return PI_TARGET_MISSING;
	return stx.stx_attributes & STATX_ATTR_MOUNT_ROOT ? PI_TARGET_TAKEN
							  : PI_TARGET_FREE;
}

/* As slurmctld knows it: NodeName, or the host's name up to a dot. */
static void find_node_name(const struct pi_conf *conf, char name[PI_CONF_NAME])
{
	struct utsname host;

	(void) snprintf(name, PI_CONF_NAME, "%s", conf->node_name);
	if (!name[0] && uname(&host) == 0)
		(void) snprintf(name, PI_CONF_NAME, "%.*s",
				(int) strcspn(host.nodename, "."),
				host.nodename);
}

void pi_host_look(const struct pi_conf *conf, bool for_new, bool has_now,
		  struct pi_host *ret)
{
	*ret = (struct pi_host) {
		.has_quota = kernel_has_quota(for_new, has_now),
		.target = look_at_target(conf->scratch_dir),
		.used_before = pi_scratch_was_mounted(conf->scratch_dir),
	};
	find_node_name(conf, ret->node);
}

static void add_fact(char facts[FACTS], const char *key, const char *value)
{
	size_t length = strlen(facts);

	if (value[0] && !strchr(value, '\n'))
		(void) snprintf(facts + length, FACTS - length, "%s=%.*s\n",
				key, FACT - 16, value);
}

static bool is_wired(const struct ifaddrs *a)
{
	const struct sockaddr_ll *link = (const void *) a->ifa_addr;

	return link && link->sll_family == AF_PACKET &&
	       link->sll_hatype == ARPHRD_ETHER && link->sll_halen == 6 &&
	       !(a->ifa_flags & IFF_LOOPBACK);
}

/* The interface that is up, else the first; DHCP knows the node by it. */
static void add_mac(char facts[FACTS])
{
	const struct sockaddr_ll *link;
	const struct ifaddrs *best = NULL;
	struct ifaddrs *all = NULL;
	char mac[18];

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next)
		if (is_wired(a) && (!best || (!(best->ifa_flags & IFF_RUNNING) &&
					      (a->ifa_flags & IFF_RUNNING))))
			best = a;
	if (best) {
		link = (const void *) best->ifa_addr;
		(void) snprintf(mac, sizeof(mac),
				"%02x:%02x:%02x:%02x:%02x:%02x",
				link->sll_addr[0], link->sll_addr[1],
				link->sll_addr[2], link->sll_addr[3],
				link->sll_addr[4], link->sll_addr[5]);
		add_fact(facts, "MAC", mac);
	}
	freeifaddrs(all);
}

static void add_file(char facts[FACTS], const char *key, const char *path)
{
	char value[FACT];

	if (pi_smallfile_read_at(AT_FDCWD, path, value, sizeof(value)) > 0)
		add_fact(facts, key, value);
}

static void add_slurmd(char facts[FACTS], const struct pi_conf *conf)
{
	static const char *const argv[] = { "slurmd", "-C", NULL };
	char output[PI_TOOL_OUTPUT];
	struct pi_err err;
	int rc = pi_tool_run(argv, conf->tool_timeout_ms, 0, output, &err);

	if (rc < 0)
		pi_warn("facts without `slurmd -C`: %s", err.text);
	else if (rc > 0)
		pi_warn("facts without `slurmd -C`: it gave %d", rc);
	else
		(void) snprintf(facts, FACTS, "%s", output);
}

int pi_host_write_facts(const struct pi_conf *conf, const struct pi_card *card,
			struct pi_err *err)
{
	char facts[FACTS] = "", bytes[24];

	add_slurmd(facts, conf);
	add_mac(facts);
	add_file(facts, "Serial", "/proc/device-tree/serial-number");
	add_file(facts, "Model", "/proc/device-tree/model");
	if (card) {
		(void) snprintf(bytes, sizeof(bytes), "%llu",
				(unsigned long long) card->size);
		add_fact(facts, "CardBytes", bytes);
	}
	if (mkdir(PI_RUN_DIR, 0755) < 0 && errno != EEXIST)
		return pi_err_set(err, errno, "mkdir " PI_RUN_DIR ": %m");
	pi_auto_fd dfd = open(PI_RUN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dfd < 0)
		return pi_err_set(err, errno, PI_RUN_DIR ": %m");
	return pi_smallfile_replace_at(dfd, "facts", 0644, facts,
				       strlen(facts), err);
}
