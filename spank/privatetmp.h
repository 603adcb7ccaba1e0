/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privatetmp.h - /tmp and /var/tmp of a task, on the card */
#ifndef PI_PRIVATETMP_H
#define PI_PRIVATETMP_H

#include <sys/types.h>

#include "lib/err.h"
#include "lib/record.h"

/*
 * Give the calling process a mount namespace of its own, in which /tmp and
 * /var/tmp are the directories .tmp and .var-tmp of the job's directory, made if
 * missing. To be called as root, in the process that becomes the task. The
 * directory is the user's, who may have put anything there: a name that is not
 * a directory of the user's is refused with -EPERM, a link is never followed.
 */
int pi_privatetmp_enter(const struct pi_record *record, gid_t gid,
			struct pi_err *err);

#endif
