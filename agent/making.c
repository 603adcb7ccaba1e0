/* SPDX-License-Identifier: GPL-2.0-or-later */
/* making.c - erase a card, and say on it how far its making has come */
#include "agent/making.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/mark.h"

enum {
	ERASE_HEAD = 8 << 20,	/* tables, and what lies where ours will */
	ERASE_TAIL = 8 << 20,	/* backup tables, RAID members */
	ERASE_CHUNK = 1 << 20,
};

static int write_sector(int fd, const struct pi_card *card, off_t offset,
			const char sector[PI_MARK_SIZE], struct pi_err *err)
{
	errno = EIO;
	if (pwrite(fd, sector, PI_MARK_SIZE, offset) != PI_MARK_SIZE ||
	    fsync(fd) < 0)
		return pi_err_set(err, errno, "%s: write: %m", card->path);
	return 0;
}

int pi_making_begin(int fd, const struct pi_card *card, const char *order,
		    struct pi_err *err)
{
	char mark[PI_MARK_SIZE];

	pi_mark_format(mark, card->size, order);
	return write_sector(fd, card, PI_MARK_OFFSET, mark, err);
}

static int spend(int fd, const struct pi_card *card, const char *order,
		 struct pi_err *err)
{
	uint64_t second = pi_mark_second_spent(card);
	char sector[PI_MARK_SIZE];
	int rc = 0;

	pi_mark_format_spent(sector, order);
	if (second > 0)
		rc = write_sector(fd, card, (off_t) second, sector, err);
	return rc < 0 ? rc : write_sector(fd, card, PI_SPENT_OFFSET, sector,
					  err);
}

int pi_making_end(int fd, const struct pi_card *card, const char *order,
		  struct pi_err *err)
{
	char sector[PI_MARK_SIZE];
	int rc;

	/* Spent first: between the two, the mark still finishes the job. */
	rc = order[0] ? spend(fd, card, order, err) : 0;
	memset(sector, 0, sizeof(sector));
	if (rc == 0)
		rc = write_sector(fd, card, PI_MARK_OFFSET, sector, err);
	return rc;
}

int pi_making_note_adopted(int fd, const struct pi_card *card,
			   const struct pi_partition *p, struct pi_err *err)
{
	char adopted[PI_MARK_SIZE];

	pi_mark_format_adopted(adopted, p, p->ext4.uuid);
	return write_sector(fd, card, PI_ADOPTED_OFFSET, adopted, err);
}

/* Zeros over a range, but never over the mark. */
static int erase_range(int fd, const struct pi_card *card, uint64_t from,
		       uint64_t to, struct pi_err *err)
{
	static const char zeros[ERASE_CHUNK];

	while (from < to) {
		uint64_t end = to;

		if (from < PI_MARK_OFFSET && end > PI_MARK_OFFSET)
			end = PI_MARK_OFFSET;
		else if (from == PI_MARK_OFFSET)
			from = PI_MARK_OFFSET + PI_MARK_SIZE;
		if (end - from > ERASE_CHUNK)
			end = from + ERASE_CHUNK;
		errno = EIO;
		if (pwrite(fd, zeros, end - from, (off_t) from) !=
		    (ssize_t) (end - from))
			return pi_err_set(err, errno, "%s: write: %m",
					  card->path);
		from = end;
	}
	if (fsync(fd) < 0)
		return pi_err_set(err, errno, "%s: write: %m", card->path);
	return 0;
}

int pi_making_erase(int fd, const struct pi_card *card, const char *order,
		    struct pi_err *err)
{
	uint64_t size = card->size;
	int rc = pi_making_begin(fd, card, order, err);

	if (rc == 0)
		rc = erase_range(fd, card, size > ERASE_HEAD + ERASE_TAIL ?
				 size - ERASE_TAIL : ERASE_HEAD, size, err);
	if (rc == 0)
		rc = erase_range(fd, card, 0, size < ERASE_HEAD ? size
				 : ERASE_HEAD, err);
	return rc;
}
