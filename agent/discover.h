/* SPDX-License-Identifier: GPL-2.0-or-later */
/* discover.h - find the node's card */
#ifndef PI_DISCOVER_H
#define PI_DISCOVER_H

#include "lib/conf.h"
#include "lib/err.h"

/*
 * Wait for the card that the configuration describes, for CardWait at most, and
 * put the path of its whole disk into `path`.
 *
 * CardDevice names a device; else the card is a disk on the mmc bus, of type
 * SD, named mmcblkN, whose ID_PATH is one of CardPath's words. Where udevd
 * runs, the device counts once udevd has done with it.
 *
 * Returns 0, -ENODEV if there is none in time, or another negative errno.
 */
int pi_discover_card(const struct pi_conf *conf, char path[PI_CONF_PATH],
		     struct pi_err *err);

#endif
