/* SPDX-License-Identifier: GPL-2.0-or-later */
/* discover.c - find the node's card */
#include "agent/discover.h"

#include <errno.h>
#include <libudev.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct search {
	const struct pi_conf *conf;
	struct udev *udev;
	struct udev_monitor *monitor;
	bool has_udevd;
};

enum { POLL_MS = 100 };		/* without udevd nobody tells */

static uint64_t now_ms(void)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (; *words; words += strcspn(words, " \t")) {
		words += strspn(words, " \t");
		if (strcspn(words, " \t") == length && length > 0 &&
		    memcmp(words, word, length) == 0)
			return true;
	}
	return false;
}

static bool is_mmcblk(const char *name)
{
	static const char prefix[] = "mmcblk";
	size_t length = sizeof(prefix) - 1;

	return name && strncmp(name, prefix, length) == 0 && name[length] &&
	       strspn(name + length, "0123456789") == strlen(name + length);
}

static bool is_card(const struct search *search, struct udev_device *device)
{
	struct udev_device *mmc = udev_device_get_parent_with_subsystem_devtype(
		device, "mmc", NULL);
	const char *id_path = udev_device_get_property_value(device, "ID_PATH");
	const char *type = mmc ? udev_device_get_sysattr_value(mmc, "type")
			       : NULL;

	return is_mmcblk(udev_device_get_sysname(device)) &&
	       type && strcmp(type, "SD") == 0 &&
	       id_path && has_word(search->conf->card_path, id_path);
}

/* Is this the card, and is udevd done with it? */
static bool is_ready(const struct search *search, struct udev_device *device,
		     char path[PI_CONF_PATH])
{
	const char *node = udev_device_get_devnode(device);

	if (!node || strlen(node) >= PI_CONF_PATH ||
	    (search->has_udevd && !udev_device_get_is_initialized(device)) ||
	    !is_card(search, device))
		return false;
	strcpy(path, node);
	return true;
}

static bool enumerate(const struct search *search, char path[PI_CONF_PATH])
{
	struct udev_enumerate *list = udev_enumerate_new(search->udev);
	struct udev_list_entry *entry;
	bool found = false;

	if (!list)
		return false;
	(void) udev_enumerate_add_match_subsystem(list, "block");
	(void) udev_enumerate_add_match_property(list, "DEVTYPE", "disk");
	(void) udev_enumerate_scan_devices(list);
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list)) {
		struct udev_device *device = udev_device_new_from_syspath(
			search->udev, udev_list_entry_get_name(entry));

		found = device && is_ready(search, device, path);
		udev_device_unref(device);
		if (found)
			break;
	}
	udev_enumerate_unref(list);
	return found;
}

static bool named_device_is_there(const struct search *search)
{
	const char *path = search->conf->card_device;
	struct udev_device *device;
	struct stat st;
	bool ready;

	if (stat(path, &st) < 0)
		return false;
	if (!search->has_udevd || !S_ISBLK(st.st_mode))
		return true;
	device = udev_device_new_from_devnum(search->udev, 'b', st.st_rdev);
	ready = device && udev_device_get_is_initialized(device);
	udev_device_unref(device);
	return ready;
}

static bool look(const struct search *search, char path[PI_CONF_PATH])
{
	if (!search->conf->card_device[0])
		return enumerate(search, path);
	if (!named_device_is_there(search))
		return false;
	strcpy(path, search->conf->card_device);
	return true;
}

/* Any event about a disk is worth another look; so is a while without one. */
static void wait_for_change(struct search *search, uint64_t ms)
{
	struct pollfd poll_fd = { .fd = -1, .events = POLLIN };

	if (search->monitor)
		poll_fd.fd = udev_monitor_get_fd(search->monitor);
	if (ms > POLL_MS && !(search->monitor && search->has_udevd &&
			      !search->conf->card_device[0]))
		ms = POLL_MS;
	if (poll(&poll_fd, 1, (int) ms) > 0)
		udev_device_unref(
			udev_monitor_receive_device(search->monitor));
}

static int search_card(struct search *search, char path[PI_CONF_PATH],
		       struct pi_err *err)
{
	const struct pi_conf *conf = search->conf;
	uint64_t deadline = now_ms() + conf->card_wait_ms;
	uint64_t now;

	/* Monitor before looking: no card can appear unseen in between. */
	search->monitor = udev_monitor_new_from_netlink(search->udev, "udev");
	if (search->monitor &&
	    (udev_monitor_filter_add_match_subsystem_devtype(
		    search->monitor, "block", "disk") < 0 ||
	     udev_monitor_enable_receiving(search->monitor) < 0)) {
		udev_monitor_unref(search->monitor);
		search->monitor = NULL;
	}
	while (!look(search, path)) {
		now = now_ms();
		if (now >= deadline)
			return pi_err_set(err, ENODEV, "no card at %s within "
					  "%llu ms", conf->card_device[0] ?
					  conf->card_device : conf->card_path,
					  (unsigned long long)
					  conf->card_wait_ms);
		wait_for_change(search, deadline - now);
	}
	return 0;
}

int pi_discover_card(const struct pi_conf *conf, char path[PI_CONF_PATH],
		     struct pi_err *err)
{
	struct search search = {
		.conf = conf,
		.udev = udev_new(),
		.has_udevd = access("/run/udev/control", F_OK) == 0,
	};
	int rc;

	if (!search.udev)
		return pi_err_set(err, ENOMEM, "libudev: %m");
	rc = search_card(&search, path, err);
	udev_monitor_unref(search.monitor);
	udev_unref(search.udev);
	return rc;
}
