/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark.c - what we write between the table and the partition, in whole sectors */
#include "agent/mark.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/plan.h"
#include "agent/verdict.h"

enum { SPENT_BEFORE_END = 4096 };

#define ADOPTED "slurm-pi 1: adopted: "

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
	(void) snprintf(spent, PI_MARK_SIZE, "slurm-pi 1: order %s is spent\n",
			order);
}

void pi_mark_format_adopted(char adopted[PI_MARK_SIZE],
			    const struct pi_partition *p, const char *uuid)
{
	memset(adopted, 0, PI_MARK_SIZE);
	(void) snprintf(adopted, PI_MARK_SIZE, ADOPTED "partition %d at byte "
			"%llu with file system %s is adopted\n", p->number,
			(unsigned long long) p->start, uuid);
}

/* What follows `key` in the sector, if it is size - 1 of these characters. */
static void find_word(const char sector[PI_MARK_SIZE], const char *key,
		      const char *characters, char *word, size_t size)
{
	const char *at = memmem(sector, PI_MARK_SIZE, key, strlen(key));

	word[0] = '\0';
	if (!at || at + strlen(key) + size > sector + PI_MARK_SIZE)
		return;
	memcpy(word, at + strlen(key), size - 1);
	word[size - 1] = '\0';
	if (strspn(word, characters) != size - 1)
		word[0] = '\0';
}

static void find_order(const char sector[PI_MARK_SIZE], const char *key,
		       char order[PI_CONTENT])
{
	find_word(sector, key, "0123456789abcdef", order, PI_CONTENT);
}

static int read_sector(int fd, off_t offset, char sector[PI_MARK_SIZE])
{
	ssize_t n = pread(fd, sector, PI_MARK_SIZE, offset);

	if (n == PI_MARK_SIZE)
		return 0;
	return n < 0 ? -errno : -EIO;
}

static int read_making(int fd, struct pi_findings *f)
{
	char wanted[PI_MARK_SIZE], found[PI_MARK_SIZE];
	int rc = read_sector(fd, PI_MARK_OFFSET, found);

	if (rc < 0)
		return rc;
	find_order(found, "by order ", f->mark_order);
	/* Formatted again and compared whole: nothing else passes. */
	pi_mark_format(wanted, f->card.size, f->mark_order);
	if (memcmp(found, wanted, sizeof(found)) == 0)
		f->mark = PI_MARK_MAKING;
	else
		f->mark_order[0] = '\0';
	return 0;
}

uint64_t pi_mark_second_spent(const struct pi_card *card)
{
	struct pi_layout layout;

	if (pi_plan_layout(card->size, card->erase_size, card->sector,
			   &layout) < 0)
		return 0;
	return layout.start + layout.size - SPENT_BEFORE_END;
}

static int read_spent(int fd, struct pi_findings *f)
{
	const uint64_t places[] = { PI_SPENT_OFFSET,
				    pi_mark_second_spent(&f->card) };
	char found[PI_MARK_SIZE];
	int rc;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i] == 0)
			continue;
		rc = read_sector(fd, (off_t) places[i], found);
		if (rc < 0)
			return rc;
		find_order(found, "slurm-pi 1: order ", f->spent_order[i]);
	}
	return 0;
}

static int read_adopted(int fd, struct pi_findings *f)
{
	static const char nothing[PI_MARK_SIZE];
	const struct pi_partition *p = &f->partition[0];
	char wanted[PI_MARK_SIZE], found[PI_MARK_SIZE], uuid[PI_EXT4_UUID];
	int rc;

	if (f->partitions != 1 || strcmp(f->table, "dos") != 0 ||
	    p->start < PI_ADOPTED_OFFSET + PI_MARK_SIZE)
		return 0;
	rc = read_sector(fd, PI_ADOPTED_OFFSET, found);
	if (rc < 0)
		return rc;
	f->can_note_adoption =
		memcmp(found, nothing, sizeof(found)) == 0 ||
		memcmp(found, ADOPTED, strlen(ADOPTED)) == 0;
	find_word(found, "file system ", "0123456789abcdef-", uuid,
		  sizeof(uuid));
	pi_mark_format_adopted(wanted, p, uuid);
	/* A damaged superblock may have lost its UUID. */
	f->adopted = memcmp(found, wanted, sizeof(found)) == 0 &&
		     (p->ext4.state != PI_EXT4_VALID ||
		      strcmp(p->ext4.uuid, uuid) == 0);
	return 0;
}

/* Adopted, for ours begin behind the marks: there lies what users write. */
static bool is_inside_our_partition(const struct pi_findings *f)
{
	const struct pi_partition *p = pi_verdict_our_partition(f);

	return p && p->start < PI_MARK_END;
}

int pi_mark_read(int fd, struct pi_findings *f, struct pi_err *err)
{
	int rc;

	f->mark = PI_MARK_NONE;
	f->mark_order[0] = f->spent_order[0][0] = f->spent_order[1][0] = '\0';
	f->adopted = f->can_note_adoption = false;
	if (f->card.size < PI_MARK_END)
		return 0;
	rc = read_adopted(fd, f);
	if (rc == 0 && !is_inside_our_partition(f))
		rc = read_making(fd, f);
	if (rc == 0)
		rc = read_spent(fd, f);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: read: %m", f->card.path);
	return 0;
}
