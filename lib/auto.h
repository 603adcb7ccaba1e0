/* SPDX-License-Identifier: GPL-2.0-or-later */
/* auto.h - descriptors, memory and streams released at the end of a scope */
#ifndef PI_AUTO_H
#define PI_AUTO_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Declare these where the value is acquired; errno survives the release. */
#define pi_auto_fd   __attribute__((cleanup(pi_auto_close_fd))) int
#define pi_auto_free __attribute__((cleanup(pi_auto_free_memory)))
#define pi_auto_file __attribute__((cleanup(pi_auto_close_file))) FILE
#define pi_auto_dir  __attribute__((cleanup(pi_auto_close_dir))) DIR

void pi_auto_close_fd(int *fd);
void pi_auto_free_memory(void *pointer);
void pi_auto_close_file(FILE **file);
void pi_auto_close_dir(DIR **dir);

/* Hand the descriptor in *fd over to the caller's receiver: *fd becomes -1. */
int pi_take_fd(int *fd);

#endif
