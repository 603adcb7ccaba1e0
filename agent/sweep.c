/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sweep.c - empty the card's trash */
#include "agent/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kept.h"
#include "lib/limit.h"
#include "lib/log.h"
#include "lib/quota.h"
#include "lib/record.h"
#include "lib/rmtree.h"
#include "lib/scratch.h"

#define STUCK_DIR "stuck"

struct sweep {
	int state_fd;		/* .slurm-pi */
	int trash_fd;
	unsigned removed, stuck;
	int rc;			/* the first failure, with *err */
	struct pi_err *err;
};

/* What a visit to a record needs. */
struct visit {
	const char *scratch_dir;
	int card_fd, trash_fd, jobs_fd;
};

static void set_aside(struct sweep *sweep, const char *name)
{
	char path[sizeof(STUCK_DIR) + 1 + NAME_MAX + 1];

	(void) snprintf(path, sizeof(path), STUCK_DIR "/%s", name);
	if ((mkdirat(sweep->state_fd, STUCK_DIR, 0700) < 0 &&
	     errno != EEXIST) ||
	    renameat(sweep->trash_fd, name, sweep->state_fd, path) < 0)
		pi_warn("%s stays in the trash: %s, ignoring", name,
			strerror(errno));
}

static void remove_one(struct sweep *sweep, const char *name)
{
	struct pi_err err;
	int rc = pi_rmtree_at(sweep->trash_fd, name, 0, &err);

	if (rc == 0) {
		sweep->removed++;
		return;
	}
	sweep->stuck++;
	pi_warn("cannot remove %s: %s", name, err.text);
	if (sweep->rc == 0)
		sweep->rc = pi_err_set(sweep->err, -rc, "the trash could not "
				       "be emptied: %s", err.text);
	set_aside(sweep, name);
}

/* Returns whether it found anything to do. A dying card ends it all. */
static bool sweep_once(struct sweep *sweep)
{
	unsigned before = sweep->removed;
	struct dirent *entry;
	int fd = openat(sweep->trash_fd, ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pi_auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		sweep->rc = pi_err_set(sweep->err, errno, "list the trash: %m");
		return false;
	}
	while (sweep->rc != -EIO && sweep->rc != -EROFS &&
	       (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			remove_one(sweep, entry->d_name);
	return sweep->removed > before;
}

/* What an epilog that was killed, or failed, has left to do. */
static int end_job(const struct pi_record *record, void *data)
{
	char trash_name[PI_TRASH_NAME];
	struct visit *visit = data;
	struct pi_err err;
	int rc = 0;

	if (!record->ended || strcmp(record->base, visit->scratch_dir) != 0)
		return 0;
	if (record->name[0])
		rc = pi_scratch_discard(visit->card_fd, visit->trash_fd,
					record->name, record->jobid, trash_name,
					&err);
	if (rc == 0 || rc == -ENOENT)
		rc = pi_record_remove(visit->jobs_fd, record->jobid, &err);
	if (rc < 0)
		pi_warn("job %lu: %s", (unsigned long) record->jobid, err.text);
	return 0;
}

/*
 * What lay in the trash came on top of its users' limits; it is gone. Else who
 * leaves a quota's project could use that much more than he was promised.
 */
static int renew_limit(const struct pi_record *record, void *data)
{
	struct visit *visit = data;
	struct pi_err err;

	if (record->project &&
	    pi_limit_update_user(visit->card_fd, visit->jobs_fd, record->uid,
				 &err) < 0)
		pi_warn("job %lu: %s", (unsigned long) record->jobid, err.text);
	return 0;
}

/* Visit each record, while no prolog and no epilog changes any. */
static void visit_records(pi_record_visitor *visitor, struct visit *visit)
{
	struct pi_err err;
	pi_auto_fd jobs_fd = pi_record_open_jobs(&err);
	int rc = jobs_fd < 0 ? jobs_fd : pi_record_lock(jobs_fd, &err);

	visit->jobs_fd = jobs_fd;
	if (rc == 0)
		rc = pi_record_each(jobs_fd, visitor, visit, &err);
	if (rc < 0)
		pi_warn("%s, ignoring", err.text);
}

int pi_sweep(const struct pi_conf *conf, struct pi_err *err)
{
	struct sweep sweep = { .err = err };
	struct visit visit;
	struct pi_err other;
	pi_auto_fd card_fd = pi_scratch_open(conf->scratch_dir, err);

	if (card_fd == -ENODEV && !pi_scratch_was_mounted(conf->scratch_dir)) {
		pi_info("no card is mounted on %s; nothing to sweep",
			conf->scratch_dir);
		return 0;
	}
	if (card_fd < 0)
		return card_fd;
	pi_auto_fd trash_fd = pi_scratch_open_trash(card_fd, err);
	if (trash_fd < 0)
		return trash_fd;
	pi_auto_fd state_fd = openat(trash_fd, "..", O_RDONLY | O_DIRECTORY |
				     O_NOFOLLOW | O_CLOEXEC);
	if (state_fd < 0)
		return pi_err_set(err, errno, PI_STATE_DIR ": %m");
	if (pi_kept_expire(card_fd, conf->keep_time_ms, &other) < 0)
		pi_warn("%s, ignoring", other.text);
	visit = (struct visit) {
		.scratch_dir = conf->scratch_dir,
		.card_fd = card_fd,
		.trash_fd = trash_fd,
	};
	visit_records(end_job, &visit);
	sweep.trash_fd = trash_fd;
	sweep.state_fd = state_fd;
	while (sweep_once(&sweep))
		;
	if (sweep.removed > 0)
		visit_records(renew_limit, &visit);
	if (pi_quota_lift_unused(card_fd, &other) < 0)
		pi_warn("%s, ignoring", other.text);
	if (sweep.removed > 0 || sweep.stuck > 0)
		pi_info("removed %u from the trash, %u could not be",
			sweep.removed, sweep.stuck);
	return sweep.rc;
}
