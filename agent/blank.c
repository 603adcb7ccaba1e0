/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blank.c - is there nothing on the card? */
#include "agent/blank.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/mark.h"
#include "lib/auto.h"

enum {
	HEAD = 4 << 20,
	TAIL = 2 << 20,
	SAMPLE = 16 << 10,
	NEAR_SAMPLES = 32,	/* ever farther apart */
	FAR_SAMPLES = 64,	/* evenly spread */
	GPT_SECTORS = 34,	/* protective MBR, header, entries */
};

static bool is_ours_to_ignore(const struct pi_findings *f, uint64_t at)
{
	uint64_t sector = f->card.sector;

	if (f->mark == PI_MARK_NONE)
		return false;
	return (at < sector && strcmp(f->table, "PMBR") == 0) ||
	       (at >= sector && at < GPT_SECTORS * sector) ||
	       at >= f->card.size - (GPT_SECTORS - 1) * sector ||
	       (at >= PI_MARK_OFFSET && at < PI_MARK_END);
}

static bool is_constant(const uint8_t *data, size_t length)
{
	return (data[0] == 0x00 || data[0] == 0xFF) &&
	       memcmp(data, data + 1, length - 1) == 0;
}

/* Byte by byte, for the blocks that the short cut above does not settle. */
static bool find_data(const uint8_t *data, size_t length, uint64_t at,
		      struct pi_findings *f)
{
	int fill = -1;

	for (size_t i = 0; i < length; i++) {
		if (is_ours_to_ignore(f, at + i))
			continue;
		if (fill < 0 && (data[i] == 0x00 || data[i] == 0xFF))
			fill = data[i];
		if (data[i] != fill) {
			f->constant = false;
			f->data_at = at + i;
			return true;
		}
	}
	return false;
}

/* Returns 0, 1 once there is data, or a negative errno. */
static int sample(int fd, uint8_t *buffer, uint64_t at, uint64_t length,
		  struct pi_findings *f)
{
	for (uint64_t done = 0; done < length; done += SAMPLE) {
		uint64_t left = length - done < SAMPLE ? length - done : SAMPLE;
		ssize_t n;

		if (at + done >= f->card.size)
			return 0;
		if (left > f->card.size - at - done)
			left = f->card.size - at - done;
		n = pread(fd, buffer, left, (off_t) (at + done));
		if (n != (ssize_t) left) {
			f->read_error_at = at + done;
			return n < 0 ? -errno : -EIO;
		}
		if (!is_constant(buffer, left) &&
		    find_data(buffer, left, at + done, f))
			return 1;
	}
	return 0;
}

/* Where ext4 with blocks of 1 and 4 KiB keeps copies of its superblock. */
static int sample_backups(int fd, uint8_t *buffer, uint64_t start,
			  struct pi_findings *f)
{
	static const unsigned groups[] = { 1, 3, 5, 7, 9, 25, 27, 49 };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < 8; i++) {
		uint64_t of_4k = start + ((uint64_t) groups[i] << 27);
		uint64_t of_1k = start + ((uint64_t) groups[i] << 23);

		rc = sample(fd, buffer, of_4k, 4096, f);
		if (rc == 0)
			rc = sample(fd, buffer, of_1k, 4096, f);
	}
	return rc;
}

static int sample_between(int fd, uint8_t *buffer, struct pi_findings *f)
{
	uint64_t size = f->card.size, at = HEAD, step = SAMPLE;
	int rc = 0;

	for (int i = 0; rc == 0 && i < NEAR_SAMPLES; i++) {
		rc = sample(fd, buffer, at, SAMPLE, f);
		at += step;
		step += step / 2;
	}
	for (uint64_t i = 1; rc == 0 && i <= FAR_SAMPLES; i++)
		rc = sample(fd, buffer, size / (FAR_SAMPLES + 1) * i /
			    SAMPLE * SAMPLE, SAMPLE, f);
	return rc;
}

int pi_blank_sample(int fd, struct pi_findings *f, struct pi_err *err)
{
	static const uint64_t starts[] = { 0, 1 << 20, PI_LAYOUT_START };
	pi_auto_free uint8_t *buffer = malloc(SAMPLE);
	uint64_t size = f->card.size;
	int rc;

	if (!buffer)
		return pi_err_set(err, ENOMEM, "%m");
	f->constant = true;
	rc = sample(fd, buffer, 0, HEAD, f);
	if (rc == 0 && size > TAIL)
		rc = sample(fd, buffer, size - TAIL, TAIL, f);
	for (unsigned i = 0; rc == 0 && i < 3; i++)
		rc = sample_backups(fd, buffer, starts[i], f);
	if (rc == 0)
		rc = sample_between(fd, buffer, f);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: read at byte %llu: %m",
				  f->card.path,
				  (unsigned long long) f->read_error_at);
	f->constant_known = true;
	return 0;
}
