/* SPDX-License-Identifier: GPL-2.0-or-later */
/* order.c - the order to erase one card, once */
#include "agent/order.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/mark.h"
#include "lib/auto.h"

enum { RANGE = 64 << 10 };

/* FNV-1a, 64 bits. */
#define SUM_START UINT64_C(0xcbf29ce484222325)
#define SUM_PRIME UINT64_C(0x100000001b3)

static bool is_mark(uint64_t at)
{
	return at >= PI_MARK_OFFSET && at < PI_MARK_END;
}

static int add_range(int fd, const struct pi_findings *f, uint64_t start,
		     uint8_t *buffer, uint64_t *sum)
{
	size_t length = RANGE;
	ssize_t n;

	if (start >= f->card.size)
		return 0;
	if (length > f->card.size - start)
		length = f->card.size - start;
	n = pread(fd, buffer, length, (off_t) start);
	if (n != (ssize_t) length)
		return n < 0 ? -errno : -EIO;
	/* Our mark is written first, and must not change the sum. */
	for (size_t i = 0; i < length; i++)
		*sum = (*sum ^ (is_mark(start + i) ? 0 : buffer[i])) * SUM_PRIME;
	return 0;
}

static bool is_constant(const uint8_t *data, size_t length)
{
	return (data[0] == 0x00 || data[0] == 0xFF) &&
	       memcmp(data, data + 1, length - 1) == 0;
}

static int add_all(int fd, struct pi_findings *f, uint8_t *buffer,
		   uint64_t *sum)
{
	int rc = add_range(fd, f, 0, buffer, sum);

	f->starts_blank = rc == 0 && is_constant(buffer, f->card.sector);
	for (unsigned i = 0; rc == 0 && i < f->partitions &&
	     i < PI_PARTITIONS; i++)
		rc = add_range(fd, f, f->partition[i].start, buffer, sum);
	if (rc == 0 && f->constant_known && !f->constant)
		rc = add_range(fd, f, f->data_at, buffer, sum);
	return rc;
}

int pi_order_read_content(int fd, struct pi_findings *f, struct pi_err *err)
{
	pi_auto_free uint8_t *buffer = NULL;
	uint64_t sum = SUM_START;
	int rc;

	if (f->card.cid[0])
		(void) snprintf(f->identity, sizeof(f->identity), "%s",
				f->card.cid);
	else
		(void) snprintf(f->identity, sizeof(f->identity), "bytes-%llu",
				(unsigned long long) f->card.size);
	if (f->card.size < RANGE)
		return 0;
	buffer = calloc(1, RANGE);
	if (!buffer)
		return pi_err_set(err, ENOMEM, "%m");
	rc = add_all(fd, f, buffer, &sum);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: read: %m", f->card.path);
	(void) snprintf(f->content, sizeof(f->content), "%016llx",
			(unsigned long long) sum);
	return 0;
}

bool pi_order_permits(const char *order, const char *node,
		      const struct pi_findings *f,
		      char ret_content[PI_CONTENT])
{
	char for_node[PI_CONF_NAME], card[PI_CONF_NAME], content[PI_CONTENT];

	if (sscanf(order, "%64s %64s %16s", for_node, card, content) != 3 ||
	    strcmp(for_node, node) != 0 || strcmp(card, f->identity) != 0 ||
	    strcmp(content, f->spent_order[0]) == 0 ||
	    strcmp(content, f->spent_order[1]) == 0)
		return false;
	/* An unfinished wipe goes on, unless somebody has used the card since. */
	if (strcmp(content, f->content) != 0 &&
	    !(f->mark == PI_MARK_MAKING && strcmp(content, f->mark_order) == 0 &&
	      (f->starts_blank || strcmp(f->table, "PMBR") == 0)))
		return false;
	strcpy(ret_content, content);
	return true;
}
