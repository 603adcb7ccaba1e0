/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.c - one word for what a card is, and why */
#include "agent/verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LINUX_TYPE "0fc63daf-8483-4772-8e79-3d69d8477de4"

const char *pi_verdict_name(enum pi_verdict verdict)
{
	static const char *const names[PI_VERDICTS] = {
		[PI_OURS] = "ours",
		[PI_BLANK] = "blank",
		[PI_ADOPTABLE] = "adoptable",
		[PI_FACTORY] = "factory",
		[PI_DAMAGED_OURS] = "damaged-ours",
		[PI_FOREIGN] = "foreign",
		[PI_UNKNOWN_DATA] = "unknown-data",
		[PI_AMBIVALENT] = "ambivalent",
		[PI_READ_ONLY] = "read-only",
		[PI_FAILING] = "failing",
		[PI_BUSY] = "busy",
		[PI_ABSENT] = "absent",
	};

	return names[verdict];
}

static enum pi_verdict say(enum pi_verdict verdict, char why[PI_WHY],
			   const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum pi_verdict say(enum pi_verdict verdict, char why[PI_WHY],
			   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void) vsnprintf(why, PI_WHY, format, args);
	va_end(args);
	return verdict;
}

const struct pi_partition *pi_verdict_our_partition(const struct pi_findings *f)
{
	const struct pi_partition *p = &f->partition[0];

	if (f->partitions == 1 && f->adopted)
		return p;
	if (f->partitions != 1 || strcmp(f->table, "gpt") != 0 ||
	    strcasecmp(p->type, PI_PARTITION_TYPE) != 0 ||
	    strcmp(p->name, PI_PARTITION_NAME) != 0)
		return NULL;
	return p;
}

static const struct pi_signature *first_in_partition(
	const struct pi_findings *f, int partition)
{
	for (unsigned i = 0; i < f->signatures && i < PI_SIGNATURES; i++)
		if (f->signature[i].partition == partition)
			return &f->signature[i];
	return NULL;
}

static enum pi_verdict judge_ours(const struct pi_findings *f,
				  const struct pi_partition *p,
				  char why[PI_WHY])
{
	const struct pi_signature *other = first_in_partition(f, p->number);

	if (p->ext4.state == PI_EXT4_NONE && other)
		return say(PI_FOREIGN, why, "our partition %d holds %s",
			   p->number, other->type);
	/* A half-made file system is worth nothing, unless it was used since. */
	if (f->mark == PI_MARK_MAKING &&
	    !(p->ext4.state == PI_EXT4_VALID && p->ext4.was_mounted))
		return say(PI_DAMAGED_OURS, why,
			   "pi-agent was interrupted while it made this card");
	if (p->ext4.state == PI_EXT4_NONE)
		return say(PI_DAMAGED_OURS, why, "our partition %d has no ext4 "
			   "superblock", p->number);
	if (p->ext4.state == PI_EXT4_DAMAGED)
		return say(PI_DAMAGED_OURS, why, "the ext4 superblock of our "
			   "partition %d is damaged", p->number);
	if (strcmp(p->ext4.label, PI_EXT4_OUR_LABEL) != 0)
		return say(PI_FOREIGN, why, "our partition %d holds another "
			   "file system, labelled '%s'", p->number,
			   p->ext4.label);
	if (f->table_is_backup || f->table_is_unprotected)
		return say(PI_DAMAGED_OURS, why, "our file system is sound, "
			   "the partition table before it is not (%s)",
			   f->table_is_backup ? "only its backup is left"
					      : "no protective MBR");
	return say(PI_OURS, why, "partition %d %s, and ext4 labelled %s",
		   p->number, f->adopted ? "was adopted, with its MBR"
					 : "has our type and name",
		   PI_EXT4_OUR_LABEL);
}

/* The first signature beside the table, for the message. */
static const struct pi_signature *first_content(const struct pi_findings *f)
{
	for (unsigned i = 0; i < f->signatures && i < PI_SIGNATURES; i++)
		if (!f->signature[i].is_table)
			return &f->signature[i];
	return NULL;
}

/* " in partition 2", or "" for the disk itself. */
static const char *place(int partition, char text[PI_TYPE_NAME])
{
	text[0] = '\0';
	if (partition > 0)
		(void) snprintf(text, PI_TYPE_NAME, " in partition %d",
				partition);
	return text;
}

static bool is_made_by_hand(const struct pi_findings *f)
{
	const struct pi_partition *p = &f->partition[0];
	unsigned contents = 0;

	for (unsigned i = 0; i < f->signatures && i < PI_SIGNATURES; i++)
		if (f->signature[i].partition == p->number)
			contents++;
	return f->partitions == 1 && p->ext4.state == PI_EXT4_VALID &&
	       p->ext4.has_extents && contents == 1 &&
	       !f->table_is_backup && !f->table_is_unprotected &&
	       (strcasecmp(p->type, LINUX_TYPE) == 0 ||
		strcmp(p->type, "0x83") == 0);
}

static bool find_ambivalence(const struct pi_findings *f, int *ret_partition)
{
	*ret_partition = 0;
	if (f->ambivalent)
		return true;
	for (unsigned i = 0; i < f->partitions && i < PI_PARTITIONS; i++) {
		if (f->partition[i].ambivalent) {
			*ret_partition = f->partition[i].number;
			return true;
		}
	}
	return false;
}

static enum pi_verdict judge_signatures(const struct pi_findings *f,
					char why[PI_WHY])
{
	const struct pi_signature *s = first_content(f);
	char where[PI_TYPE_NAME];
	int partition;

	if (find_ambivalence(f, &partition))
		return say(PI_AMBIVALENT, why, "signatures contradict each "
			   "other%s", place(partition, where));
	if (is_made_by_hand(f))
		return say(PI_ADOPTABLE, why, "one ext4 partition, labelled "
			   "'%s', not made by pi-agent",
			   f->partition[0].ext4.label);
	if (f->partitions == 1 && f->fat == PI_FAT_EMPTY)
		return say(PI_FACTORY, why, "one partition with %s and no "
			   "files, as cards are sold", s ? s->type : "FAT");
	if (!s)
		return say(PI_FOREIGN, why, "a partition table (%s) with %u "
			   "partition%s of unknown content", f->table,
			   f->partitions, f->partitions == 1 ? "" : "s");
	return say(PI_FOREIGN, why, "holds %s%s%s%s%s", s->type,
		   s->label[0] ? " labelled '" : "", s->label,
		   s->label[0] ? "'" : "", place(s->partition, where));
}

static bool only_what_making_leaves(const struct pi_findings *f)
{
	for (unsigned i = 0; i < f->signatures && i < PI_SIGNATURES; i++)
		if (strcmp(f->signature[i].type, "PMBR") != 0)
			return false;
	return f->mark == PI_MARK_MAKING && f->constant;
}

static enum pi_verdict judge_nothing_known(const struct pi_findings *f,
					   char why[PI_WHY])
{
	if (f->mark == PI_MARK_MAKING && f->constant)
		return say(PI_DAMAGED_OURS, why,
			   "pi-agent was interrupted while it made this card");
	if (f->at_our_place.state == PI_EXT4_VALID &&
	    strcmp(f->at_our_place.label, PI_EXT4_OUR_LABEL) == 0)
		return say(PI_DAMAGED_OURS, why, "no partition table, but our "
			   "file system at 4 MiB");
	if (f->constant)
		return say(PI_BLANK, why, "no signature, and every sample is "
			   "all zeros or all ones");
	return say(PI_UNKNOWN_DATA, why, "no known signature, but data at "
		   "byte %llu", (unsigned long long) f->data_at);
}

static enum pi_verdict judge_content(const struct pi_findings *f,
				     char why[PI_WHY])
{
	const struct pi_partition *ours = pi_verdict_our_partition(f);

	if (ours)
		return judge_ours(f, ours, why);
	if (only_what_making_leaves(f) || f->signatures == 0)
		return judge_nothing_known(f, why);
	return judge_signatures(f, why);
}

enum pi_verdict pi_verdict_of(const struct pi_findings *f, char why[PI_WHY])
{
	enum pi_verdict verdict;

	if (f->absent)
		return say(PI_ABSENT, why, "no card was found");
	if (f->read_error)
		return say(PI_FAILING, why, "cannot be read at byte %llu: %s",
			   (unsigned long long) f->read_error_at,
			   strerror(f->read_error));
	if (f->card.size == 0)
		return say(PI_FAILING, why, "has no size");
	verdict = judge_content(f, why);
	if (f->is_held && !(verdict == PI_OURS && f->mounted_on[0]))
		return say(PI_BUSY, why, "in use: %s", f->holder);
	if (f->card.read_only && f->card.is_device)
		return say(PI_READ_ONLY, why, "the card is read-only");
	return verdict;
}
