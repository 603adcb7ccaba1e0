/* SPDX-License-Identifier: GPL-2.0-or-later */
/* auto.c - descriptors, memory and streams released at the end of a scope */
#include "lib/auto.h"

#include <errno.h>

void pi_auto_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void) close(*fd);
	errno = saved;
}

void pi_auto_free_memory(void *pointer)
{
	int saved = errno;

	free(*(void **) pointer);
	errno = saved;
}

void pi_auto_close_file(FILE **file)
{
	int saved = errno;

	if (*file)
		(void) fclose(*file);
	errno = saved;
}

void pi_auto_close_dir(DIR **dir)
{
	int saved = errno;

	if (*dir)
		(void) closedir(*dir);
	errno = saved;
}

int pi_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
