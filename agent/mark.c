/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark.c - what we write between the table and the partition, in whole sectors */
#include "agent/mark.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void pi_mark_format(char mark[PI_MARK_SIZE], uint64_t card_size,
		    const char *order)
{
	memset(mark, 0, PI_MARK_SIZE);
	(void) snprintf(mark, PI_MARK_SIZE, "slurm-pi 1: making this card of "
			"%llu bytes; unfinished\n%s%s%s",
			(unsigned long long) card_size,
			order[0] ? "by order " : "", order,
			order[0] ? "\n" : "");
}

void pi_mark_format_spent(char spent[PI_MARK_SIZE], const char *order)
{
	memset(spent, 0, PI_MARK_SIZE);
	if (order[0])
		(void) snprintf(spent, PI_MARK_SIZE, "slurm-pi 1: order %s is "
				"spent\n", order);
}

/* What follows `key` in the sector, if it is 16 characters of an order. */
static void find_order(const char sector[PI_MARK_SIZE], const char *key,
		       char order[PI_CONTENT])
{
	const char *at = memmem(sector, PI_MARK_SIZE, key, strlen(key));

	order[0] = '\0';
	if (!at || at + strlen(key) + PI_CONTENT > sector + PI_MARK_SIZE)
		return;
	memcpy(order, at + strlen(key), PI_CONTENT - 1);
	order[PI_CONTENT - 1] = '\0';
	if (strspn(order, "0123456789abcdef") != PI_CONTENT - 1)
		order[0] = '\0';
}

static int read_sector(int fd, off_t offset, char sector[PI_MARK_SIZE])
{
	ssize_t n = pread(fd, sector, PI_MARK_SIZE, offset);

	if (n == PI_MARK_SIZE)
		return 0;
	return n < 0 ? -errno : -EIO;
}

int pi_mark_read(int fd, struct pi_findings *f, struct pi_err *err)
{
	char wanted[PI_MARK_SIZE], found[PI_MARK_SIZE];
	int rc;

	f->mark = PI_MARK_NONE;
	f->mark_order[0] = f->spent_order[0] = '\0';
	if (f->card.size < PI_MARK_END)
		return 0;
	rc = read_sector(fd, PI_MARK_OFFSET, found);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: read: %m", f->card.path);
	find_order(found, "by order ", f->mark_order);
	/* Formatted again and compared whole: nothing else passes. */
	pi_mark_format(wanted, f->card.size, f->mark_order);
	if (memcmp(found, wanted, sizeof(found)) == 0)
		f->mark = PI_MARK_MAKING;
	else
		f->mark_order[0] = '\0';
	rc = read_sector(fd, PI_SPENT_OFFSET, found);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: read: %m", f->card.path);
	find_order(found, "slurm-pi 1: order ", f->spent_order);
	return 0;
}
