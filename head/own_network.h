/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_network.h - a network that nobody else is on */
#ifndef PI_OWN_NETWORK_H
#define PI_OWN_NETWORK_H

/*
 * Move the calling process into a network namespace of its own, with loopback
 * up: a slurmctld there may believe whoever speaks to it. An ordinary user
 * needs a user namespace for that, as himself, and goes without where the
 * machine does not let him. Returns 0 or a positive errno.
 */
int pi_own_network_enter(void);

#endif
