/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option.c - sbatch --scratch[=SIZE] --scratch-keep */
#include "spank/option.h"

#include <stddef.h>

#include "lib/log.h"
#include "spank/value.h"

static int check_value(int val, const char *value, int remote);

static struct spank_option scratch_option = {
	.name = (char *) "scratch",
	.arginfo = (char *) "[SIZE]",
	.usage = (char *) "directory of the job's own on each node's card, in "
			  "SLURM_TMPDIR; SIZE (as 500M or 2G) is kept free "
			  "for it",
	.has_arg = 2,
	.cb = check_value,
};

static struct spank_option keep_option = {
	.name = (char *) "scratch-keep",
	.usage = (char *) "keep the scratch directory for a while if the job "
			  "fails (implies --scratch)",
};

/*
 * Slurm calls this in the user's command, and in each slurmstepd, where it must
 * not fail: that would drain the node for what a user wrote.
 */
static int check_value(int val, const char *value, int remote)
{
	struct pi_err err;
	uint64_t size;

	(void) val;
	if (remote || pi_value_parse(value, &size, &err) == 0)
		return 0;
	pi_error("%s", err.text);
	return -1;
}

int pi_option_register(spank_t spank)
{
	if (spank_option_register(spank, &scratch_option) != ESPANK_SUCCESS ||
	    spank_option_register(spank, &keep_option) != ESPANK_SUCCESS)
		return -1;
	return 0;
}

int pi_option_get(spank_t spank, struct pi_request *ret_request,
		  struct pi_err *err)
{
	char *value = NULL;

	*ret_request = (struct pi_request) { 0 };
	if (spank_option_getopt(spank, &keep_option, NULL) == ESPANK_SUCCESS)
		ret_request->used = ret_request->keep = true;
	if (spank_option_getopt(spank, &scratch_option, &value) !=
	    ESPANK_SUCCESS)
		return 0;
	ret_request->used = true;
	return pi_value_parse(value, &ret_request->size, err);
}
