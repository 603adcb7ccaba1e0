/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load.c - reports from a file, standard input or a directory */
#include "head/facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/log.h"

enum {
	INPUT_MAX = 64 << 20,	/* bytes of reports that we are willing to hold */
	INPUT_STEP = 64 << 10,
};

static int read_all(int fd, char **ret_text, size_t *ret_size)
{
	pi_auto_free char *text = NULL;
	size_t size = 0, room = 0;
	ssize_t got;

	do {
		if (size == room) {
			char *more = realloc(text, room += room + INPUT_STEP);

			if (!more)
				return -ENOMEM;
			text = more;
		}
		got = read(fd, text + size, room - size);
		if (got < 0 && errno != EINTR)
			return -errno;
		size += got > 0 ? (size_t) got : 0;
		if (size > INPUT_MAX)
			return -EFBIG;
	} while (got != 0);
	*ret_text = text;
	*ret_size = size;
	text = NULL;
	return 0;
}

static int add_open(struct pi_facts_set *set, const struct pi_node *node,
		    const char *source, int fd, struct pi_err *err)
{
	pi_auto_free char *text = NULL;
	size_t size = 0;
	int rc = read_all(fd, &text, &size);

	if (rc < 0)
		return pi_err_set(err, -rc, "%s: %m", source);
	pi_facts_add(set, node, source, text, size);
	return 0;
}

static int add_entry(struct pi_facts_set *set, int dfd, const char *path,
		     const char *name, struct pi_err *err)
{
	const struct pi_node *node =
		pi_inventory_find(set->inventory, name, strlen(name));
	pi_auto_free char *source = NULL;
	pi_auto_fd fd = -1;

	if (name[0] == '.' || name[strlen(name) - 1] == '~')
		return 0;
	if (asprintf(&source, "%s/%s", path, name) < 0) {
		source = NULL;
		return pi_err_set(err, ENOMEM, "%m");
	}
	if (!node) {
		pi_warn("%s: no node of that name in %s; ignored", source,
			set->inventory->path);
		set->strangers++;
		return 0;
	}
	fd = openat(dfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return pi_err_set(err, errno, "%s: %m", source);
	return add_open(set, node, source, fd, err);
}

static int add_directory(struct pi_facts_set *set, int fd, const char *path,
			 struct pi_err *err)
{
	struct dirent **entries;
	int count = scandirat(fd, ".", &entries, NULL, alphasort);
	int rc = 0;

	if (count < 0)
		return pi_err_set(err, errno, "%s: %m", path);
	for (int i = 0; i < count; i++) {
		if (rc == 0)
			rc = add_entry(set, fd, path, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int pi_facts_load(struct pi_facts_set *set, const char *path,
		  struct pi_err *err)
{
	struct stat st;
	pi_auto_fd fd = -1;

	if (strcmp(path, "-") == 0)
		return add_open(set, NULL, "standard input", STDIN_FILENO, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return pi_err_set(err, errno, "%s: %m", path);
	if (S_ISDIR(st.st_mode))
		return add_directory(set, fd, path, err);
	return add_open(set, NULL, path, fd, err);
}
