/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dirbatch.c - a directory's entries, many at a time, in the order of their inodes */
#include "lib/dirbatch.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHUNK = 16 << 10,	/* of one getdents64() */
	SMALLEST = 2 * CHUNK,
	DIRENT_MIN = 24,	/* the smallest struct dirent64 */
	ENTRY_USUAL = 16,	/* a struct pi_dirent with a short name */
};

int pi_dirbatch_init(struct pi_dirbatch *batch, int fd, size_t most)
{
	struct stat st;
	size_t size;

	if (fstat(fd, &st) < 0)
		return -errno;
	size = (size_t) st.st_size < most ? (size_t) st.st_size : most;
	if (size < SMALLEST)
		size = SMALLEST;
	*batch = (struct pi_dirbatch) {
		.fd = fd, .size = size, .room = size / ENTRY_USUAL,
	};
	batch->bytes = malloc(size);
	batch->offsets = malloc(batch->room * sizeof(*batch->offsets));
	if (!batch->bytes || !batch->offsets) {
		pi_dirbatch_finish(batch);
		return -ENOMEM;
	}
	(void) lseek(fd, 0, SEEK_SET);
	return 0;
}

void pi_dirbatch_finish(struct pi_dirbatch *batch)
{
	free(batch->bytes);
	free(batch->offsets);
	*batch = (struct pi_dirbatch) { .fd = -1 };
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void add_entry(struct pi_dirbatch *batch, const struct dirent64 *dirent)
{
	struct pi_dirent *entry = (void *) (batch->bytes + batch->used);

	entry->inode = dirent->d_ino;
	entry->type = dirent->d_type;
	strcpy(entry->name, dirent->d_name);
	batch->offsets[batch->count++] = (uint32_t) batch->used;
	batch->used += sizeof(*entry) + strlen(dirent->d_name) + 1;
}

/* One getdents64(): its number of bytes, 0 at the end, or -errno. */
static ssize_t read_chunk(struct pi_dirbatch *batch)
{
	char chunk[CHUNK] __attribute__((aligned(8)));
	ssize_t length = getdents64(batch->fd, chunk, sizeof(chunk));

	for (ssize_t at = 0; at < length; ) {
		const struct dirent64 *dirent = (const void *) (chunk + at);

		if (!is_dots(dirent->d_name))
			add_entry(batch, dirent);
		at += dirent->d_reclen;
	}
	return length < 0 ? -errno : length;
}

static int by_inode(const void *a, const void *b, void *batch)
{
	const char *bytes = ((const struct pi_dirbatch *) batch)->bytes;
	const struct pi_dirent *x = (const void *) (bytes + *(const uint32_t *) a);
	const struct pi_dirent *y = (const void *) (bytes + *(const uint32_t *) b);

	return (x->inode > y->inode) - (x->inode < y->inode);
}

int pi_dirbatch_read(struct pi_dirbatch *batch)
{
	ssize_t length;

	batch->used = 0;
	batch->count = 0;
	do {
		length = read_chunk(batch);
	} while (length > 0 && batch->size - batch->used >= CHUNK &&
		 batch->room - batch->count >= CHUNK / DIRENT_MIN);
	if (batch->count > 1)
		qsort_r(batch->offsets, batch->count, sizeof(*batch->offsets),
			by_inode, batch);
	return length < 0 ? (int) length : length > 0;
}

const struct pi_dirent *pi_dirbatch_entry(const struct pi_dirbatch *batch,
					  size_t i)
{
	return (const void *) (batch->bytes + batch->offsets[i]);
}
