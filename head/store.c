/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.c - the last known facts of each node, one small file a node */
#include "head/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"

enum { FILE_MAX = 16384 };

void pi_store_write(FILE *out, const struct pi_facts *facts)
{
	const struct pi_facts_about *about = &facts->about;

	if (facts->present) {
		(void) fprintf(out, "NodeName=%s CPUs=%lu Boards=%lu "
			       "SocketsPerBoard=%lu CoresPerSocket=%lu "
			       "ThreadsPerCore=%lu RealMemory=%lu", facts->name,
			       (unsigned long) facts->cpus,
			       (unsigned long) facts->boards,
			       (unsigned long) facts->sockets,
			       (unsigned long) facts->cores,
			       (unsigned long) facts->threads,
			       (unsigned long) facts->memory);
		if (facts->gres[0])
			(void) fprintf(out, " Gres=%s", facts->gres);
		(void) fputc('\n', out);
	}
	if (about->mac[0])
		(void) fprintf(out, "MAC=%s\n", about->mac);
	if (about->serial[0])
		(void) fprintf(out, "Serial=%s\n", about->serial);
	if (about->card_bytes)
		(void) fprintf(out, "CardBytes=%lu\n",
			       (unsigned long) about->card_bytes);
	if (about->time)
		(void) fprintf(out, "Time=%lu\n", (unsigned long) about->time);
	if (about->gathered)
		(void) fprintf(out, "Gathered=%lu\n",
			       (unsigned long) about->gathered);
	if (about->seen_memory)
		(void) fprintf(out, "SeenMemory=%lu\n",
			       (unsigned long) about->seen_memory);
	if (about->trouble[0])
		(void) fprintf(out, "Trouble=%s\n", about->trouble);
}

static int load_node(int dfd, const char *dir, const struct pi_node *node,
		     struct pi_facts_set *set, struct pi_err *err)
{
	char text[FILE_MAX], source[PI_NODE_NAME + 256];
	pi_auto_fd fd = openat(dfd, node->name, O_RDONLY | O_CLOEXEC |
			       O_NOFOLLOW | O_NONBLOCK);
	ssize_t size;

	if (fd < 0 && errno == ENOENT)
		return 0;
	(void) snprintf(source, sizeof(source), "%s/%s", dir, node->name);
	size = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (size < 0)
		return pi_err_set(err, errno, "%s: %m", source);
	pi_facts_add(set, node, source, text, (size_t) size);
	return 0;
}

int pi_store_load(const char *dir, struct pi_facts_set *set,
		  struct pi_err *err)
{
	pi_auto_fd dfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (dfd < 0)
		return errno == ENOENT ? 0 : pi_err_set(err, errno, "%s: %m",
							 dir);
	set->is_store = true;
	for (size_t i = 0; rc == 0 && i < set->inventory->count; i++)
		rc = load_node(dfd, dir, &set->inventory->nodes[i], set, err);
	set->is_store = false;
	return rc;
}

/* mkdir -p, and the directory open. */
static int open_dir(const char *dir)
{
	char path[PATH_MAX];
	int dfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dfd >= 0 || errno != ENOENT)
		return dfd;
	(void) snprintf(path, sizeof(path), "%s/", dir);
	for (char *slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* No fsync: a power cut may cost the facts, and gathering brings them back. */
int pi_store_save(const char *dir, const struct pi_node *node,
		  const struct pi_facts *facts, struct pi_err *err)
{
	char name[PI_NODE_NAME + 8];
	pi_auto_fd dfd = open_dir(dir);
	pi_auto_fd fd = -1;
	FILE *out;
	int rc = 0;

	if (dfd < 0)
		return pi_err_set(err, errno, "%s: %m", dir);
	(void) snprintf(name, sizeof(name), ".%s.new", node->name);
	fd = openat(dfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		    O_NOFOLLOW, 0644);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		return pi_err_set(err, errno, "%s/%s: %m", dir, name);
	(void) pi_take_fd(&fd);
	pi_store_write(out, facts);
	if (ferror(out))
		rc = pi_err_set(err, EIO, "%s/%s: cannot be written", dir, name);
	if (fclose(out) != 0 && rc == 0)
		rc = pi_err_set(err, errno, "%s/%s: %m", dir, name);
	if (rc == 0 && renameat(dfd, name, dfd, node->name) < 0)
		rc = pi_err_set(err, errno, "%s/%s: %m", dir, node->name);
	if (rc < 0)
		(void) unlinkat(dfd, name, 0);
	return rc;
}
