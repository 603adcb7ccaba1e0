/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect.c - look at a card without changing anything */
#include "agent/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/blank.h"
#include "agent/fat.h"
#include "agent/mark.h"
#include "agent/order.h"
#include "agent/probe.h"
#include "agent/verdict.h"

static int read_superblocks(int fd, struct pi_findings *f, struct pi_err *err)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < f->partitions &&
	     i < PI_PARTITIONS; i++) {
		struct pi_partition *p = &f->partition[i];

		if (p->start < f->card.size &&
		    p->size <= f->card.size - p->start)
			rc = pi_ext4_read(fd, p->start, p->size, &p->ext4);
	}
	if (rc == 0 && f->partitions == 0 && f->card.size > PI_LAYOUT_START)
		rc = pi_ext4_read(fd, PI_LAYOUT_START,
				  f->card.size - PI_LAYOUT_START,
				  &f->at_our_place);
	return rc < 0 ? pi_err_set(err, -rc, "%s: read: %m", f->card.path) : 0;
}

/* Samples cost reads; only a card without signatures can be blank. */
static int read_samples(int fd, struct pi_findings *f, struct pi_err *err)
{
	if (f->partitions > 0 ||
	    (f->signatures > 0 && f->mark == PI_MARK_NONE))
		return 0;
	return pi_blank_sample(fd, f, err);
}

static void look_for_factory(int fd, struct pi_findings *f)
{
	const struct pi_partition *p = &f->partition[0];

	if (f->partitions == 1 && strcmp(f->table, "dos") == 0)
		f->fat = pi_fat_look(fd, p->start, p->size);
}

/* Nothing else that lies on such a card could change the verdict. */
static bool is_plainly_ours(const struct pi_findings *f)
{
	char why[PI_WHY];

	return f->mark == PI_MARK_NONE && pi_verdict_our_partition(f) &&
	       pi_verdict_of(f, why) == PI_OURS;
}

static int look_at_content(int fd, enum pi_inspect_how how,
			   struct pi_findings *f, struct pi_err *err)
{
	int rc = pi_probe_table(fd, f, err);

	if (rc == 0)
		rc = read_superblocks(fd, f, err);
	if (rc == 0)
		rc = pi_mark_read(fd, f, err);
	if (rc < 0 || (how == PI_INSPECT_ENOUGH && is_plainly_ours(f)))
		return rc;
	rc = pi_probe_signatures(fd, f, err);
	if (rc == 0)
		rc = read_samples(fd, f, err);
	if (rc == 0)
		rc = pi_order_read_content(fd, f, err);
	if (rc == 0)
		look_for_factory(fd, f);
	return rc;
}

int pi_inspect(int fd, const struct pi_card *card, enum pi_inspect_how how,
	       struct pi_findings *ret, struct pi_err *err)
{
	struct pi_findings f = { .card = *card };
	int rc = pi_card_find_holder(card, f.holder, f.mounted_on, err);

	if (rc < 0)
		return rc;
	f.is_held = rc > 0;
	/* The disk's cache does not see what is written to its partitions. */
	(void) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	rc = card->size > 0 ? look_at_content(fd, how, &f, err) : 0;
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		f.read_error = -rc;
	*ret = f;
	return 0;
}
