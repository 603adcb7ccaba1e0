/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark.c - agent/mark and agent/order: what we write on a card about making it */
#include "t/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/mark.h"
#include "agent/order.h"
#include "lib/auto.h"

#define ORDER "0123456789abcdef"

enum { MIB = 1 << 20, SIZE = 8 * MIB };

static FILE *make_card(struct pi_findings *f)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(ftruncate(fileno(file), SIZE), 0);
	*f = (struct pi_findings) { .card = { .size = SIZE, .sector = 512 } };
	return file;
}

static void put(FILE *file, off_t offset, const void *data, size_t length)
{
	ck_assert_int_eq(pwrite(fileno(file), data, length, offset),
			 (ssize_t) length);
}

static void read_marks(FILE *file, struct pi_findings *f)
{
	struct pi_err err;

	ck_assert_int_eq(pi_mark_read(fileno(file), f, &err), 0);
}

START_TEST(mark_is_read_as_it_was_written)
{
	static const char *const orders[] = { "", ORDER };
	char sector[PI_MARK_SIZE];
	struct pi_findings f;

	for (size_t i = 0; i < PI_COUNT(orders); i++) {
		pi_auto_file *file = make_card(&f);

		read_marks(file, &f);
		ck_assert_int_eq(f.mark, PI_MARK_NONE);
		ck_assert_str_eq(f.spent_order[0], "");
		pi_mark_format(sector, SIZE, orders[i]);
		put(file, PI_MARK_OFFSET, sector, sizeof(sector));
		pi_mark_format_spent(sector, orders[i]);
		put(file, PI_SPENT_OFFSET, sector, sizeof(sector));
		read_marks(file, &f);
		ck_assert_int_eq(f.mark, PI_MARK_MAKING);
		ck_assert_str_eq(f.mark_order, orders[i]);
		ck_assert_str_eq(f.spent_order[0], orders[i]);
	}
}
END_TEST

START_TEST(spent_order_is_kept_behind_the_file_system_too)
{
	char sector[PI_MARK_SIZE];
	struct pi_findings f;
	pi_auto_file *file = make_card(&f);
	uint64_t place;

	ck_assert_uint_eq(pi_mark_second_spent(&f.card), 0);
	f.card.size = 64 * MIB;
	ck_assert_int_eq(ftruncate(fileno(file), 64 * MIB), 0);
	place = pi_mark_second_spent(&f.card);
	ck_assert_uint_gt(place, 59 * MIB);	/* where the file system ends */
	ck_assert_uint_lt(place, 60 * MIB);	/* and the partition */
	pi_mark_format_spent(sector, ORDER);
	put(file, (off_t) place, sector, sizeof(sector));
	read_marks(file, &f);
	ck_assert_str_eq(f.spent_order[0], "");
	ck_assert_str_eq(f.spent_order[1], ORDER);
}
END_TEST

START_TEST(mark_of_another_card_or_with_one_byte_changed_does_not_count)
{
	char sector[PI_MARK_SIZE];
	struct pi_findings f;
	pi_auto_file *file = make_card(&f);

	pi_mark_format(sector, SIZE + 512, "");
	put(file, PI_MARK_OFFSET, sector, sizeof(sector));
	read_marks(file, &f);
	ck_assert_int_eq(f.mark, PI_MARK_NONE);
	for (size_t i = 0; i < sizeof(sector); i++) {
		pi_mark_format(sector, SIZE, ORDER);
		sector[i] ^= 0x10;
		put(file, PI_MARK_OFFSET, sector, sizeof(sector));
		read_marks(file, &f);
		/* A changed order is another order, and as good a mark. */
		ck_assert_msg(f.mark == PI_MARK_NONE ||
			      strcmp(f.mark_order, ORDER) != 0, "byte %zu", i);
		if (f.mark == PI_MARK_NONE)
			ck_assert_str_eq(f.mark_order, "");
	}
}
END_TEST

START_TEST(adopted_is_the_partition_that_the_sector_names)
{
	static const char uuid[] = "01234567-89ab-cdef-0123-456789abcdef";
	char sector[PI_MARK_SIZE];
	struct pi_findings f;
	pi_auto_file *file = make_card(&f);

	f.partitions = 1;
	strcpy(f.table, "dos");
	f.partition[0] = (struct pi_partition) {
		.number = 1, .start = MIB,
		.ext4 = { .state = PI_EXT4_VALID },
	};
	strcpy(f.partition[0].ext4.uuid, uuid);
	read_marks(file, &f);
	ck_assert(!f.adopted && f.can_note_adoption);
	pi_mark_format_adopted(sector, &f.partition[0], uuid);
	put(file, PI_ADOPTED_OFFSET, sector, sizeof(sector));
	read_marks(file, &f);
	ck_assert(f.adopted && f.can_note_adoption);
	f.partition[0].ext4.uuid[0] = 'f';
	read_marks(file, &f);
	ck_assert_msg(!f.adopted && f.can_note_adoption, "formatted since");
	f.partition[0].ext4.state = PI_EXT4_DAMAGED;
	read_marks(file, &f);
	ck_assert_msg(f.adopted, "its superblock lost the UUID");
	f.partition[0].start += 512;
	read_marks(file, &f);
	ck_assert_msg(!f.adopted, "moved since");
	f.partition[0].start = PI_ADOPTED_OFFSET;
	read_marks(file, &f);
	ck_assert_msg(!f.can_note_adoption, "the sector lies in the partition");
	f.partition[0].start = MIB;
	for (size_t i = 0; i < sizeof(sector); i++) {
		f.partition[0].ext4.state = PI_EXT4_VALID;
		strcpy(f.partition[0].ext4.uuid, uuid);
		pi_mark_format_adopted(sector, &f.partition[0], uuid);
		sector[i] ^= 0x10;
		put(file, PI_ADOPTED_OFFSET, sector, sizeof(sector));
		read_marks(file, &f);
		ck_assert_msg(!f.adopted, "byte %zu", i);
	}
}
END_TEST

START_TEST(mark_inside_an_adopted_partition_does_not_count)
{
	static const char uuid[] = "01234567-89ab-cdef-0123-456789abcdef";
	char sector[PI_MARK_SIZE];
	struct pi_findings f;
	pi_auto_file *file = make_card(&f);

	pi_mark_format(sector, SIZE, "");
	put(file, PI_MARK_OFFSET, sector, sizeof(sector));
	f.partitions = 1;
	f.partition[0] = (struct pi_partition) { .number = 1, .start = MIB };
	strcpy(f.table, "dos");
	read_marks(file, &f);
	ck_assert_msg(f.mark == PI_MARK_MAKING, "it was being wiped by order");
	pi_mark_format_adopted(sector, &f.partition[0], uuid);
	put(file, PI_ADOPTED_OFFSET, sector, sizeof(sector));
	read_marks(file, &f);
	ck_assert_msg(f.mark == PI_MARK_NONE, "a user wrote it");
	strcpy(f.table, "gpt");
	strcpy(f.partition[0].type, PI_PARTITION_TYPE);
	strcpy(f.partition[0].name, PI_PARTITION_NAME);
	read_marks(file, &f);
	ck_assert_msg(f.mark == PI_MARK_NONE, "the same, adopted with a GPT");
	f.partition[0].start = PI_LAYOUT_START;
	read_marks(file, &f);
	ck_assert_msg(f.mark == PI_MARK_MAKING, "ours from the beginning");
}
END_TEST

static void content_of(FILE *file, struct pi_findings *f)
{
	struct pi_err err;

	ck_assert_int_eq(pi_order_read_content(fileno(file), f, &err), 0);
	ck_assert_uint_eq(strlen(f->content), PI_CONTENT - 1);
}

START_TEST(content_changes_with_the_card_but_not_with_our_mark)
{
	char first[PI_CONTENT], sector[PI_MARK_SIZE];
	struct pi_findings f;
	pi_auto_file *file = make_card(&f);

	f.partitions = 1;
	f.partition[0].start = 3 * MIB - 512;	/* the mark lies in its start */
	content_of(file, &f);
	strcpy(first, f.content);
	ck_assert_str_eq(f.identity, "bytes-8388608");
	ck_assert(f.starts_blank);
	pi_mark_format(sector, SIZE, ORDER);
	put(file, PI_MARK_OFFSET, sector, sizeof(sector));
	content_of(file, &f);
	ck_assert_str_eq(f.content, first);
	put(file, 3 * MIB - 512, "x", 1);
	content_of(file, &f);
	ck_assert_str_ne(f.content, first);
	strcpy(first, f.content);
	put(file, 100, "x", 1);
	content_of(file, &f);
	ck_assert_str_ne(f.content, first);
	ck_assert(!f.starts_blank);
	strcpy(f.card.cid, "00112233445566778899aabbccddeeff");
	content_of(file, &f);
	ck_assert_str_eq(f.identity, f.card.cid);
}
END_TEST

START_TEST(order_needs_all_three_words)
{
	static const struct {
		const char *order;
		bool permits;
	} cases[] = {
		{ "b02 CARD " ORDER, true },
		{ "", false },
		{ "b02", false },
		{ "b02 CARD", false },
		{ "b03 CARD " ORDER, false },
		{ "b02 CARE " ORDER, false },
		{ "b02 CARD 0123456789abcdee", false },
		{ "b02 CARD 0123456789abcde", false },
	};
	struct pi_findings f = { .identity = "CARD", .content = ORDER };

	for (size_t i = 0; i < PI_COUNT(cases); i++) {
		char content[PI_CONTENT] = "";

		ck_assert_msg(pi_order_permits(cases[i].order, "b02", &f,
					       content) == cases[i].permits,
			      "'%s'", cases[i].order);
		ck_assert_str_eq(content, cases[i].permits ? ORDER : "");
	}
}
END_TEST

PI_UNIT_MAIN("mark", mark_is_read_as_it_was_written,
	     spent_order_is_kept_behind_the_file_system_too,
	     mark_of_another_card_or_with_one_byte_changed_does_not_count,
	     adopted_is_the_partition_that_the_sector_names,
	     mark_inside_an_adopted_partition_does_not_count,
	     content_changes_with_the_card_but_not_with_our_mark,
	     order_needs_all_three_words)
