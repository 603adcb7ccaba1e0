/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe.c - what libblkid sees on a card */
#include "agent/probe.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512 };	/* libblkid counts partitions in these */

/* A GPT whose start is lost counts, and so does a wrong checksum. */
enum {
	TABLE_FLAGS = BLKID_PARTS_FORCE_GPT | BLKID_PARTS_ENTRY_DETAILS |
		      BLKID_PARTS_MAGIC,
	SUPER_FLAGS = BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
		      BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM,
};

static void free_probe(blkid_probe *pr)
{
	blkid_free_probe(*pr);
}
#define auto_probe __attribute__((cleanup(free_probe))) blkid_probe

static blkid_probe make_probe(int fd, uint64_t start, uint64_t size,
			      int table_flags, int super_flags)
{
	blkid_probe pr = blkid_new_probe();

	if (!pr)
		return NULL;
	errno = EIO;
	if (blkid_probe_set_device(pr, fd, (blkid_loff_t) start,
				   (blkid_loff_t) size) != 0 ||
	    blkid_probe_enable_partitions(pr, table_flags != 0) != 0 ||
	    blkid_probe_set_partitions_flags(pr, table_flags) != 0 ||
	    blkid_probe_enable_superblocks(pr, super_flags != 0) != 0 ||
	    blkid_probe_set_superblocks_flags(pr, super_flags) != 0) {
		blkid_free_probe(pr);
		return NULL;
	}
	return pr;
}

/* Text from the disk: whatever is not printable must not reach a terminal. */
static void copy_printable(char *to, size_t size, const char *from)
{
	(void) snprintf(to, size, "%s", from ? from : "");
	for (; *to; to++)
		if ((unsigned char) *to < ' ' || *to == 0x7f)
			*to = '?';
}

static const char *get_value(blkid_probe pr, const char *name)
{
	const char *value;

	return blkid_probe_lookup_value(pr, name, &value, NULL) == 0 ? value
								     : NULL;
}

static void copy_partition(blkid_partition from, struct pi_partition *to)
{
	const char *type = blkid_partition_get_type_string(from);

	*to = (struct pi_partition) {
		.number = blkid_partition_get_partno(from),
		.start = (uint64_t) blkid_partition_get_start(from) * SECTOR,
		.size = (uint64_t) blkid_partition_get_size(from) * SECTOR,
	};
	if (type)
		copy_printable(to->type, sizeof(to->type), type);
	else
		(void) snprintf(to->type, sizeof(to->type), "0x%02x",
				(unsigned) blkid_partition_get_type(from));
	copy_printable(to->name, sizeof(to->name),
		       blkid_partition_get_name(from));
	copy_printable(to->uuid, sizeof(to->uuid),
		       blkid_partition_get_uuid(from));
}

static void list_partitions(blkid_probe pr, struct pi_findings *f)
{
	blkid_partlist list = blkid_probe_get_partitions(pr);
	int count = list ? blkid_partlist_numof_partitions(list) : 0;

	for (int i = 0; i < count; i++, f->partitions++)
		if (f->partitions < PI_PARTITIONS)
			copy_partition(blkid_partlist_get_partition(list, i),
				       &f->partition[f->partitions]);
}

/* Without FORCE_GPT libblkid wants the protective MBR first. */
static int is_protected(int fd, const struct pi_findings *f)
{
	auto_probe pr = make_probe(fd, 0, f->card.size,
				   BLKID_PARTS_ENTRY_DETAILS, 0);
	const char *table;

	if (!pr || blkid_do_probe(pr) != 0)
		return 0;
	table = get_value(pr, "PTTYPE");
	return table && strcmp(table, "gpt") == 0;
}

int pi_probe_table(int fd, struct pi_findings *f, struct pi_err *err)
{
	const char *offset;
	int rc;
	auto_probe pr = make_probe(fd, 0, f->card.size, TABLE_FLAGS, 0);

	if (!pr)
		return pi_err_set(err, errno, "%s: libblkid: %m", f->card.path);
	errno = 0;
	rc = blkid_do_probe(pr);
	if (rc < 0)
		return pi_err_set(err, EIO, "%s: reading the partition "
				  "table: %m", f->card.path);
	if (rc > 0)
		return 0;
	copy_printable(f->table, sizeof(f->table), get_value(pr, "PTTYPE"));
	if (strcmp(f->table, "gpt") == 0) {
		offset = get_value(pr, "PTMAGIC_OFFSET");
		f->table_is_backup = !offset || strtoull(offset, NULL, 10) !=
						f->card.sector;
		f->table_is_unprotected = !is_protected(fd, f);
	}
	/* Last: it forgets the values above. */
	list_partitions(pr, f);
	return 0;
}

static void add_signature(blkid_probe pr, uint64_t start, int partition,
			  struct pi_findings *f)
{
	const char *type = get_value(pr, "TYPE");
	const char *offset = get_value(pr, "SBMAGIC_OFFSET");
	struct pi_signature *s;

	if (f->signatures++ >= PI_SIGNATURES)
		return;
	s = &f->signature[f->signatures - 1];
	*s = (struct pi_signature) { .partition = partition };
	if (!type) {
		s->is_table = true;
		type = get_value(pr, "PTTYPE");
		offset = get_value(pr, "PTMAGIC_OFFSET");
	}
	copy_printable(s->type, sizeof(s->type), type);
	copy_printable(s->label, sizeof(s->label), get_value(pr, "LABEL"));
	s->offset = start + (offset ? strtoull(offset, NULL, 10) : 0);
	s->bad_checksum = get_value(pr, "SBBADCSUM") != NULL;
}

static int list_signatures(int fd, uint64_t start, uint64_t size,
			   int partition, struct pi_findings *f)
{
	int rc;
	auto_probe pr = make_probe(fd, start, size, TABLE_FLAGS, SUPER_FLAGS);

	if (!pr)
		return -errno;
	while ((rc = blkid_do_probe(pr)) == 0)
		add_signature(pr, start, partition, f);
	return rc < 0 ? -EIO : 0;
}

/*
 * 1 if signatures contradict each other, 0 if not, or a negative errno. Until
 * 2.38 libblkid says -2 for that and -EIO for a read error; later -1 for both
 * and errno tells them apart.
 */
static int is_ambivalent(int fd, uint64_t start, uint64_t size)
{
	int rc;
	auto_probe pr = make_probe(fd, start, size, BLKID_PARTS_FORCE_GPT,
				   SUPER_FLAGS);

	if (!pr)
		return -errno;
	errno = 0;
	rc = blkid_do_safeprobe(pr);
	if (rc >= 0)
		return 0;
	if (rc == -EIO || errno == EIO)
		return -EIO;
	return rc == -2 || errno == 0 ? 1 : -EIO;
}

static int probe_range(int fd, uint64_t start, uint64_t size, int partition,
		       bool *ret_ambivalent, struct pi_findings *f,
		       struct pi_err *err)
{
	int rc = list_signatures(fd, start, size, partition, f);

	if (rc == 0) {
		rc = is_ambivalent(fd, start, size);
		*ret_ambivalent = rc > 0;
	}
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: looking for signatures from "
				  "byte %llu: %m", f->card.path,
				  (unsigned long long) start);
	return 0;
}

int pi_probe_signatures(int fd, struct pi_findings *f, struct pi_err *err)
{
	int rc = probe_range(fd, 0, f->card.size, 0, &f->ambivalent, f, err);

	for (unsigned i = 0; rc == 0 && i < f->partitions &&
	     i < PI_PARTITIONS; i++) {
		struct pi_partition *p = &f->partition[i];

		/* Extended partitions and those of truncated images. */
		if (p->size <= 2 * SECTOR || p->start >= f->card.size ||
		    p->size > f->card.size - p->start)
			continue;
		rc = probe_range(fd, p->start, p->size, p->number,
				 &p->ambivalent, f, err);
	}
	return rc;
}
