#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# enter.sh - run a script as the first process of namespaces that die with it
#
#	setsid setpriv --pdeathsig KILL enter.sh outside CALLER-PID SCRIPT...
#
# CALLER's death kills unshare(1), whose death kills SCRIPT, whose death makes
# the kernel kill every process that it left. Two checks close the moments in
# which a parent could die before its child has asked to be told.
set -eu
stage=$1 parent=$2
shift 2

case $stage in
outside)
	[ "$PPID" = "$parent" ] || exit
	exec env --default-signal=INT,QUIT \
		unshare --net --mount --uts --pid --fork --kill-child \
		"$BASH" "$0" inside $$ "$@"
	;;
inside)
	# This /proc is still the one outside, and so are its process numbers.
	read -r _ _ _ ppid _ </proc/self/stat
	[ "$ppid" = "$parent" ] || exit
	mount -t proc proc /proc
	# What is written here goes away with the mount, whatever happens.
	mount -t tmpfs -o mode=755 tmpfs "$B/tmp"
	CLUSTER_INSIDE=1 exec "$BASH" "$@"
	;;
esac
