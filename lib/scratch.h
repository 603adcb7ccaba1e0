/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch.h - the card as the jobs see it: job directories, and the trash */
#ifndef PI_SCRATCH_H
#define PI_SCRATCH_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "lib/record.h"

/* Below ScratchDir, root's alone. */
#define PI_STATE_DIR ".slurm-pi"
#define PI_TRASH_DIR "trash"

enum { PI_TRASH_NAME = 48 };	/* a name in the trash, with its NUL */

/*
 * Open the card mounted on `path`.
 *
 * Returns a descriptor that the caller closes, or a negative errno:
 *   -ENODEV  nothing is mounted on `path`, or it does not exist
 *   -EROFS   it is mounted read-only
 *   -EPERM   others than root can write to it, so that names in it cannot be
 *            trusted
 * or what opening gave, -EIO for a card that died or was taken out.
 */
int pi_scratch_open(const char *path, struct pi_err *err);

/*
 * Whether `pi-agent prepare` mounted a card on `path` in this boot, so that
 * -ENODEV above means that it went away: 1 or 0.
 */
int pi_scratch_was_mounted(const char *path);

/* Say so: done by the agent after mounting. Returns 0 or a negative errno. */
int pi_scratch_note_mounted(const char *path, struct pi_err *err);

/*
 * The name of a job's directory: USER-JOBID, or UID-JOBID where `user` is NULL
 * or could not be a path component of its own (empty, too long, with a slash,
 * a blank, a control character or a dot in front).
 */
void pi_scratch_name(char name[PI_RECORD_NAME], const char *user, uid_t uid,
		     uint32_t jobid);

/*
 * Make the directory that *record names on the card open at `card_fd`, mode
 * 0700, owned by the record's user and by `gid`, in the record's quota project
 * with its size and `inodes` (0: any number) as limits. What has that name
 * already, a leftover of an earlier job, goes to the trash first. On failure
 * nothing of that name remains.
 */
int pi_scratch_make(int card_fd, const struct pi_record *record, gid_t gid,
		    uint64_t inodes, struct pi_err *err);

/*
 * Open the card's trash, made if missing with mode 0700. Returns a descriptor
 * that the caller closes, or a negative errno.
 */
int pi_scratch_open_trash(int card_fd, struct pi_err *err);

/*
 * Move `name` from the card's root into the trash, whatever it holds, in
 * constant time; in `trash_name` what it is called there.
 *
 * Returns 0, -ENOENT if there is no such name (with *err untouched), or another
 * negative errno: -EBUSY if it is a mount point.
 */
int pi_scratch_discard(int card_fd, int trash_fd, const char *name,
		       uint32_t jobid, char trash_name[PI_TRASH_NAME],
		       struct pi_err *err);

#endif
