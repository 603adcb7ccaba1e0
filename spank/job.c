/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.c - what the hooks ask SPANK and its plugstack line about */
#include "spank/job.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"

static const char conf_word[] = "conf=";

int pi_job_get(spank_t spank, struct pi_job *ret_job, struct pi_err *err)
{
	struct pi_job job;

	if (spank_get_item(spank, S_JOB_ID, &job.jobid) != ESPANK_SUCCESS ||
	    spank_get_item(spank, S_JOB_UID, &job.uid) != ESPANK_SUCCESS ||
	    spank_get_item(spank, S_JOB_GID, &job.gid) != ESPANK_SUCCESS)
		return pi_err_set(err, EIO, "Slurm does not say which job this "
				  "is");
	*ret_job = job;
	return 0;
}

int pi_job_check_arguments(int ac, char *argv[])
{
	for (int i = 0; i < ac; i++) {
		if (strncmp(argv[i], conf_word, strlen(conf_word)) != 0) {
			pi_error("plugstack.conf: unknown word %s; "
				 "conf=PATH is the only one", argv[i]);
			return -EINVAL;
		}
	}
	return 0;
}

int pi_job_read_conf(int ac, char *argv[], struct pi_conf *ret_conf,
		     struct pi_err *err)
{
	const char *path = PI_CONF_FILE;

	for (int i = 0; i < ac; i++)
		if (strncmp(argv[i], conf_word, strlen(conf_word)) == 0)
			path = argv[i] + strlen(conf_word);
	return pi_conf_read(path, ret_conf, err);
}

int pi_job_prolog_was_skipped(void)
{
	return SLURM_VERSION_NUMBER < SLURM_VERSION_NUM(24, 5, 0);
}

int pi_job_is_card_fault(int rc)
{
	switch (-rc) {
	case EIO:
	case EROFS:
	case EUCLEAN:
	case ENXIO:
	case ENOMEDIUM:
	case ESHUTDOWN:
		return 1;
	default:
		return 0;
	}
}
