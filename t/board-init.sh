#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# board-init.sh - the first process on the emulated board: udev, and a shell
#
# Reads commands from the serial line, each ended by a line "@@ NUMBER", and
# answers as t/board.sh expects: what a command writes to stdout, to stderr, and
# its status, between lines that begin with "@@ NUMBER".

export PATH=/usr/sbin:/usr/bin LC_ALL=C
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t devtmpfs -o mode=755 devtmpfs /dev
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
hostname b02

# As systemd does it, but only for the buses on the way to a card: an emulated
# processor takes minutes for the rest. Nobody waits for the card here.
/usr/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add --subsystem-match=platform --subsystem-match=mmc \
	--subsystem-match=block

stty -F /dev/console -echo -onlcr
dmesg --console-level 1		# from here on the line belongs to the two of us

answer() { # NUMBER
	sh -c "$commands" >/run/out 2>/run/err </dev/null
	status=$?
	printf '@@ %d out\n' "$1"
	cat /run/out
	printf '\n@@ %d err\n' "$1"
	cat /run/err
	printf '\n@@ %d status %d\n' "$1" "$status"
}

commands=
newline='
'
answer 0
while IFS= read -r line; do
	case $line in
	'@@ '*)
		answer "${line#@@ }"
		commands=
		;;
	*) commands=$commands$line$newline ;;
	esac
done
