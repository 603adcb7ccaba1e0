/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_network.c - a network that nobody else is on */
#include "head/own_network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"

/*
 * With loopback alone getaddrinfo() finds nothing, not even 127.0.0.1: it
 * leaves out families for which the machine has no address of its own.
 */
static int raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	struct sockaddr_in *address = (void *) &request.ifr_addr;
	pi_auto_fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return errno;
	request = (struct ifreq) { .ifr_name = "lo:1" };
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(0xc0000201);	/* 192.0.2.1 */
	return ioctl(fd, SIOCSIFADDR, &request) < 0 ? errno : 0;
}

static int write_proc(const char *path, const char *text)
{
	pi_auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? errno : 0;
}

int pi_own_network_enter(void)
{
	char map[40];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int problem;

	if (uid == 0)
		return unshare(CLONE_NEWNET) < 0 ? errno : raise_loopback();
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return 0;
	(void) snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	problem = write_proc("/proc/self/uid_map", map);
	if (problem == 0)
		problem = write_proc("/proc/self/setgroups", "deny");
	(void) snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	if (problem == 0)
		problem = write_proc("/proc/self/gid_map", map);
	return problem ? problem : raise_loopback();
}
