/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filesystem.h - ext4 through the programs that make, check and change it */
#ifndef PI_FILESYSTEM_H
#define PI_FILESYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/* All below run one program on the partition `device`, which it claims itself;
 * `timeout_ms` is for each. They return 0 or a negative errno. */

struct pi_filesystem {
	uint64_t bytes;
	bool journal;
	bool quota;
};

/*
 * Make an ext4 with features that e2fsck of Debian 12 knows, whatever this
 * image's mke2fs.conf says, and read back past the cache that it is there.
 */
int pi_filesystem_make(const char *device, const struct pi_filesystem *wanted,
		       uint64_t timeout_ms, struct pi_err *err);

enum pi_filesystem_check {
	PI_CHECK_QUICK,		/* -p: the journal, and all if it is unclean */
	PI_CHECK_ALL,		/* -p -f: also if it says that it is clean */
	PI_CHECK_RESCUE,	/* -y -f: whatever it takes */
};

/* Check it, and repair what can be repaired. -EIO if errors are left. */
int pi_filesystem_check(const char *device, enum pi_filesystem_check how,
			uint64_t timeout_ms, struct pi_err *err);

enum pi_filesystem_change {
	PI_CHANGE_QUOTA_ON,
	PI_CHANGE_QUOTA_OFF,
	PI_CHANGE_JOURNAL_ON,
	PI_CHANGE_LABEL,	/* to ours */
};

/* Change one feature; the files in it stay. */
int pi_filesystem_change(const char *device, enum pi_filesystem_change change,
			 uint64_t timeout_ms, struct pi_err *err);

#endif
