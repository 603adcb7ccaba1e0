/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target.c - the file that our lines go into, as it stands */
#include "head/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "head/block.h"
#include "head/child.h"
#include "head/site.h"
#include "head/textfile.h"
#include "lib/auto.h"
#include "lib/log.h"

enum { DIFF_MS = 30000 };

int pi_target_read(const struct pi_cluster *settings,
		   struct pi_target *ret_target, struct pi_err *err)
{
	struct pi_target target = { .path = settings->nodes_file };
	size_t begin = 0, end;
	int rc;

	target.is_block = strcmp(target.path, settings->slurm_conf) == 0;
	rc = pi_textfile_read(target.path, &target.text, &target.size, err);
	target.exists = rc == 0;
	if (rc == -ENOENT && !target.is_block)
		rc = 0;
	end = target.size;
	if (rc == 0 && target.is_block) {
		rc = pi_block_find(target.text, target.size, &begin, &end, err);
		if (rc < 0)
			pi_err_prefix(err, "%s", target.path);
	}
	if (rc < 0) {
		pi_target_finish(&target);
		return rc;
	}
	target.lines = target.text ? target.text + begin : "";
	target.lines_size = end - begin;
	*ret_target = target;
	return 0;
}

void pi_target_finish(struct pi_target *target)
{
	free(target->text);
	target->text = NULL;
}

int pi_target_merge(const struct pi_target *target, const char *lines,
		    size_t size, char **ret_text, size_t *ret_size,
		    struct pi_err *err)
{
	if (target->is_block)
		return pi_block_merge(target->text, target->size, lines, size,
				      ret_text, ret_size, err);
	*ret_text = malloc(size + 1);
	if (!*ret_text)
		return pi_err_set(err, ENOMEM, "%m");
	memcpy(*ret_text, lines, size);
	(*ret_text)[size] = '\0';
	*ret_size = size;
	return 0;
}

/* A file without a name, for a child to read: deliberately not close-on-exec. */
static int memory_file(const char *text, size_t size)
{
	int fd = memfd_create("lines", 0);

	while (fd >= 0 && size > 0) {
		ssize_t done = write(fd, text, size);

		if (done < 0) {
			(void) close(fd);
			return -1;
		}
		text += done;
		size -= (size_t) done;
	}
	return fd;
}

int pi_target_diff(const struct pi_target *target, const char *lines,
		   size_t size, bool quiet, struct pi_err *err)
{
	char old_path[32], new_path[32], label[PI_CLUSTER_PATH + 8];
	struct pi_child child;
	pi_auto_fd old = -1;
	pi_auto_fd new = -1;
	const char *argv[] = { "diff", "-u", "--label", target->path,
			       "--label", label, old_path, new_path, NULL };
	int rc;

	if (size == target->lines_size &&
	    memcmp(lines, target->lines, size) == 0)
		return 0;
	if (quiet)
		return 1;
	old = memory_file(target->lines, target->lines_size);
	new = memory_file(lines, size);
	if (old < 0 || new < 0)
		return pi_err_set(err, errno, "%m");
	(void) snprintf(old_path, sizeof(old_path), "/proc/self/fd/%d", old);
	(void) snprintf(new_path, sizeof(new_path), "/proc/self/fd/%d", new);
	(void) snprintf(label, sizeof(label), "%s (new)", target->path);
	rc = pi_child_run(argv, DIFF_MS, &child, err);
	if (rc < 0)
		return rc;
	(void) fwrite(child.said.bytes, 1, child.said.size, stdout);
	if (child.said.cut)
		puts("...");
	pi_child_finish(&child);
	if (fflush(stdout) != 0)
		return pi_err_set(err, errno, "standard output: %m");
	return rc == 1 ? 1 : pi_err_set(err, EIO, "diff ended with %d", rc);
}

enum pi_exit pi_diff_verb(struct pi_site *site)
{
	struct pi_target target = { 0 };
	struct pi_err err = { 0 };
	pi_auto_free char *lines = NULL;
	size_t size;
	int left_out, rc;

	rc = pi_site_load(site, &err);
	left_out = rc < 0 ? rc : pi_site_render(site, &lines, &size, &err);
	rc = left_out < 0 ? left_out : pi_target_read(&site->settings, &target,
						       &err);
	if (rc == 0)
		rc = pi_target_diff(&target, lines, size, site->options->quiet,
				    &err);
	pi_target_finish(&target);
	if (rc < 0) {
		pi_error("%s", err.text);
		return PI_EXIT_REFUSED;
	}
	if (rc > 0)
		return PI_EXIT_DIFFERS;
	return left_out > 0 ? PI_EXIT_PARTLY : PI_EXIT_OK;
}
