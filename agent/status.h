/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.h - what a person at the node wants to see, on one screen */
#ifndef PI_STATUS_H
#define PI_STATUS_H

#include <stdio.h>

#include "agent/prepare.h"
#include "lib/conf.h"

/*
 * Print the card and its verdict, where it is mounted and how full, how many
 * job directories and how much trash it has, whether munge and clock are well,
 * and what slurmctld says of this node. Changes nothing but a probe on the card.
 * Returns PI_FAILED if something that is printed is a fault.
 */
enum pi_outcome pi_status_print(const struct pi_conf *conf, FILE *stream);

#endif
