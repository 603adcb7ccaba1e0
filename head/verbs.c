/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs.c - render and check: the verbs that only put parts together */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "head/check.h"
#include "head/site.h"
#include "head/target.h"
#include "head/textfile.h"
#include "lib/auto.h"
#include "lib/log.h"

static int write_lines(const char *path, const char *lines, size_t size,
		       struct pi_err *err)
{
	if (path && strcmp(path, "-") != 0)
		return pi_textfile_replace(path, lines, size, err);
	if (fwrite(lines, 1, size, stdout) != size || fflush(stdout) != 0)
		return pi_err_set(err, errno, "standard output: %m");
	return 0;
}

enum pi_exit pi_render_verb(struct pi_site *site)
{
	struct pi_err err = { 0 };
	pi_auto_free char *lines = NULL;
	size_t size;
	int left_out;
	int rc = pi_site_load(site, &err);

	left_out = rc < 0 ? rc : pi_site_render(site, &lines, &size, &err);
	rc = left_out < 0 ? left_out
			  : write_lines(site->options->output, lines, size, &err);
	if (rc < 0) {
		pi_error("%s", err.text);
		return PI_EXIT_REFUSED;
	}
	return left_out > 0 ? PI_EXIT_PARTLY : PI_EXIT_OK;
}

/* What is to be checked: the file of the command line, or what we render. */
static int make_lines(struct pi_site *site, char **ret_lines, size_t *ret_size,
		      struct pi_err *err)
{
	int rc;

	if (site->options->file)
		return pi_textfile_read(site->options->file, ret_lines,
					ret_size, err);
	rc = pi_site_load(site, err);
	return rc < 0 ? rc : pi_site_render(site, ret_lines, ret_size, err);
}

enum pi_exit pi_check_verb(struct pi_site *site)
{
	struct pi_target target = { 0 };
	struct pi_err err = { 0 };
	pi_auto_free char *lines = NULL;
	pi_auto_free char *text = NULL;
	size_t size, text_size;
	int left_out, rc;

	left_out = make_lines(site, &lines, &size, &err);
	rc = left_out < 0 ? left_out : pi_target_read(&site->settings, &target,
						       &err);
	if (rc == 0)
		rc = pi_target_merge(&target, lines, size, &text, &text_size,
				     &err);
	pi_target_finish(&target);
	if (rc == 0)
		rc = pi_check(&site->settings, text, text_size, &err);
	if (rc < 0) {
		pi_error("%s%s", rc == -EINVAL ? "refused: " : "", err.text);
		return PI_EXIT_REFUSED;
	}
	if (rc > 0)
		pi_warn("%s does not include %s yet", site->settings.slurm_conf,
			site->settings.nodes_file);
	return left_out > 0 ? PI_EXIT_PARTLY : PI_EXIT_OK;
}
