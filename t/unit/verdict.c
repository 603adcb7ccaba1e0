/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.c - agent/verdict: one word for what a card is, and why */
#include "t/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "agent/verdict.h"

enum { MIB = 1 << 20 };

/* A card without anything on it; each test puts something there. */
static struct pi_findings blank(void)
{
	return (struct pi_findings) {
		.card = { .path = "/dev/mmcblk0", .is_device = true,
			  .size = 64 * MIB, .sector = 512 },
		.constant_known = true,
		.constant = true,
	};
}

static struct pi_findings ours(void)
{
	struct pi_findings f = blank();

	f.constant_known = f.constant = false;
	strcpy(f.table, "gpt");
	f.partitions = 1;
	f.partition[0] = (struct pi_partition) {
		.number = 1, .start = 4 * MIB, .size = 56 * MIB,
		.type = PI_PARTITION_TYPE, .name = PI_PARTITION_NAME,
		.ext4 = { .state = PI_EXT4_VALID, .label = PI_EXT4_OUR_LABEL,
			  .has_extents = true, .was_mounted = true },
	};
	f.signatures = 2;
	f.signature[0] = (struct pi_signature) { .type = "gpt", .offset = 512,
						 .is_table = true };
	f.signature[1] = (struct pi_signature) { .type = "ext4",
						 .offset = 4 * MIB + 1080,
						 .partition = 1 };
	return f;
}

static void add(struct pi_findings *f, const char *type, int partition)
{
	struct pi_signature *s = &f->signature[f->signatures++];

	strcpy(s->type, type);
	s->partition = partition;
}

static void is_verdict(const struct pi_findings *f, enum pi_verdict wanted)
{
	char why[PI_WHY] = "";
	enum pi_verdict verdict = pi_verdict_of(f, why);

	ck_assert_msg(verdict == wanted, "%s, not %s: %s",
		      pi_verdict_name(verdict), pi_verdict_name(wanted), why);
	ck_assert_msg(why[0], "%s without a reason", pi_verdict_name(verdict));
}

START_TEST(verdict_blank_needs_constant_samples_and_no_signature)
{
	struct pi_findings f = blank();

	is_verdict(&f, PI_BLANK);
	f.constant = false;
	f.data_at = 12345;
	is_verdict(&f, PI_UNKNOWN_DATA);
	f = blank();
	add(&f, "vfat", 0);
	is_verdict(&f, PI_FOREIGN);
}
END_TEST

START_TEST(verdict_ours_needs_type_name_and_superblock)
{
	struct pi_findings f = ours();

	is_verdict(&f, PI_OURS);
	strcpy(f.partition[0].type, "0fc63daf-8483-4772-8e79-3d69d8477de4");
	is_verdict(&f, PI_ADOPTABLE);
	f = ours();
	strcpy(f.partition[0].name, "scratch");
	is_verdict(&f, PI_FOREIGN);
	f = ours();
	strcpy(f.partition[0].ext4.label, "photos");
	is_verdict(&f, PI_FOREIGN);
	f = ours();
	f.partitions = 2;
	f.partition[1] = f.partition[0];
	is_verdict(&f, PI_FOREIGN);
	f = ours();
	strcpy(f.table, "dos");
	is_verdict(&f, PI_FOREIGN);
	f.adopted = true;
	is_verdict(&f, PI_OURS);
	f.partitions = 2;
	f.partition[1] = f.partition[0];
	is_verdict(&f, PI_FOREIGN);
}
END_TEST

/* What a user writes into files shows as signatures inside our partition. */
START_TEST(verdict_ours_whatever_a_user_wrote_into_files)
{
	struct pi_findings f = ours();

	add(&f, "linux_raid_member", 1);
	f.partition[0].ambivalent = true;
	is_verdict(&f, PI_OURS);
}
END_TEST

START_TEST(verdict_damaged_ours)
{
	struct pi_findings f = ours();

	f.partition[0].ext4.state = PI_EXT4_DAMAGED;
	is_verdict(&f, PI_DAMAGED_OURS);
	f.partition[0].ext4.state = PI_EXT4_NONE;
	f.signatures = 1;
	is_verdict(&f, PI_DAMAGED_OURS);
	add(&f, "vfat", 1);
	is_verdict(&f, PI_FOREIGN);
	f = ours();
	f.table_is_backup = true;
	is_verdict(&f, PI_DAMAGED_OURS);
	f = ours();
	f.table_is_unprotected = true;
	is_verdict(&f, PI_DAMAGED_OURS);
	f = blank();
	f.constant = false;
	f.at_our_place = ours().partition[0].ext4;
	is_verdict(&f, PI_DAMAGED_OURS);
}
END_TEST

START_TEST(verdict_of_an_interrupted_making)
{
	struct pi_findings f = blank();

	f.mark = PI_MARK_MAKING;
	is_verdict(&f, PI_DAMAGED_OURS);
	add(&f, "PMBR", 0);
	is_verdict(&f, PI_DAMAGED_OURS);
	f = ours();
	f.mark = PI_MARK_MAKING;
	f.partition[0].ext4.was_mounted = false;
	is_verdict(&f, PI_DAMAGED_OURS);
	f.partition[0].ext4.state = PI_EXT4_NONE;
	f.signatures = 1;
	is_verdict(&f, PI_DAMAGED_OURS);
	/* Used since, so somebody's data may be there. */
	f = ours();
	f.mark = PI_MARK_MAKING;
	is_verdict(&f, PI_OURS);
	/* Our mark on a card that somebody else has used since. */
	f = blank();
	f.mark = PI_MARK_MAKING;
	f.constant = false;
	is_verdict(&f, PI_UNKNOWN_DATA);
	f = blank();
	f.mark = PI_MARK_MAKING;
	add(&f, "vfat", 0);
	is_verdict(&f, PI_FOREIGN);
}
END_TEST

START_TEST(verdict_by_hand_factory_and_ambivalent)
{
	struct pi_findings f = ours();

	strcpy(f.table, "dos");
	strcpy(f.partition[0].type, "0x83");
	is_verdict(&f, PI_ADOPTABLE);
	f.partition[0].ext4.has_extents = false;
	is_verdict(&f, PI_FOREIGN);
	f = ours();
	strcpy(f.table, "dos");
	strcpy(f.partition[0].type, "0x0c");
	f.partition[0].ext4.state = PI_EXT4_NONE;
	f.fat = PI_FAT_EMPTY;
	is_verdict(&f, PI_FACTORY);
	f.fat = PI_FAT_FILES;
	is_verdict(&f, PI_FOREIGN);
	f.fat = PI_FAT_EMPTY;
	f.partitions = 2;
	is_verdict(&f, PI_FOREIGN);
	f.partitions = 1;
	f.partition[0].ambivalent = true;
	is_verdict(&f, PI_AMBIVALENT);
	f = blank();
	f.ambivalent = true;
	add(&f, "xfs", 0);
	is_verdict(&f, PI_AMBIVALENT);
}
END_TEST

START_TEST(verdict_of_the_device_comes_first)
{
	struct pi_findings f = ours();

	f.card.read_only = true;
	is_verdict(&f, PI_READ_ONLY);
	f.is_held = true;
	is_verdict(&f, PI_BUSY);
	/* Ours, on its mount point: that is how it should be. */
	f.card.read_only = false;
	strcpy(f.mounted_on, "/scratch");
	is_verdict(&f, PI_OURS);
	f.read_error = EIO;
	is_verdict(&f, PI_FAILING);
	f.absent = true;
	is_verdict(&f, PI_ABSENT);
	f = blank();
	f.card.size = 0;
	is_verdict(&f, PI_FAILING);
	f = blank();
	f.card.is_device = false;
	f.card.read_only = true;
	is_verdict(&f, PI_BLANK);
}
END_TEST

START_TEST(verdict_names_are_distinct)
{
	for (int i = 0; i < PI_VERDICTS; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(pi_verdict_name(i), pi_verdict_name(j));
}
END_TEST

PI_UNIT_MAIN("verdict", verdict_blank_needs_constant_samples_and_no_signature,
	     verdict_ours_needs_type_name_and_superblock,
	     verdict_ours_whatever_a_user_wrote_into_files,
	     verdict_damaged_ours, verdict_of_an_interrupted_making,
	     verdict_by_hand_factory_and_ambivalent,
	     verdict_of_the_device_comes_first, verdict_names_are_distinct)
