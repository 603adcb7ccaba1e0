/* SPDX-License-Identifier: GPL-2.0-or-later */
/* order.h - the order to erase one card, once */
#ifndef PI_ORDER_H
#define PI_ORDER_H

#include <stdbool.h>

#include "agent/findings.h"
#include "lib/conf.h"
#include "lib/err.h"

/*
 * Fill f->identity, f->content and f->starts_blank: which card this is, by its
 * CID, and what lies on it, as a sum over its first 64 KiB, the first 64 KiB of
 * each partition, and the first data that samples found. So an order names a
 * card as it is now; the wipe itself makes it another one, and so does
 * formatting the card elsewhere. This guards against mistakes, not against
 * forgery: whoever writes orders is root.
 */
int pi_order_read_content(int fd, struct pi_findings *f, struct pi_err *err);

/*
 * Does the order, "NODE CARD CONTENT" or "", name this node and this card as it
 * is, or an earlier run's unfinished work on it? `ret_content` gets the third
 * word if so. Pure.
 */
bool pi_order_permits(const char *order, const char *node,
		      const struct pi_findings *f,
		      char ret_content[PI_CONTENT]);

#endif
