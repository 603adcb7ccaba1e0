#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# foreign.sh - run a command where the programs of another machine run too
#
# usage: t/foreign.sh ARCHITECTURE COMMAND...	(Debian's word, arm64; needs root)
#
# Since Linux 6.7 each user namespace has its own list of what runs the programs
# of other machines. COMMAND gets a namespace in which everybody is who he was,
# with qemu-user-static on its list: nothing is registered on this machine, and
# nothing that COMMAND started or mounted outlives it. For an architecture whose
# programs run here anyway COMMAND just runs. Exit status: that of COMMAND, or 125.

set -eu
list=/proc/sys/fs/binfmt_misc

die() {
	echo "t/foreign.sh: $*" >&2
	exit 125
}

inside() { # RULE COMMAND...
	mount -t proc proc /proc
	mount -t binfmt_misc binfmt_misc "$list" 2>/dev/null ||
		die 'a list of its own takes Linux 6.7; see also systemd-binfmt.service(8)'
	cat "$1" >"$list/register" || die "$1: refused"
	shift
	exec "$@"
}

outside() { # RULE COMMAND...
	exec 5<&0 6>&1
	coproc child {
		# shellcheck disable=SC2016 # for the shell inside
		exec unshare --user "$BASH" -c \
			'echo ready && read -r _ && exec "$@" <&5 >&6 5<&- 6>&-' - \
			setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child \
			"$BASH" "$0" --inside "$@"
	}
	local pid=${child_PID:?}
	read -r _ <&"${child[0]}" || die 'no user namespaces'
	cat /proc/self/uid_map >"/proc/$pid/uid_map"
	cat /proc/self/gid_map >"/proc/$pid/gid_map"
	echo >&"${child[1]}"
	wait "$pid"
}

case ${1:-} in
--inside) shift && inside "$@" ;;
'' | -*) echo 'usage: t/foreign.sh ARCHITECTURE COMMAND...' >&2 && exit 125 ;;
"$(dpkg --print-architecture)") shift && exec "$@" ;;
*)
	machine=$(dpkg-architecture -A "$1" -q DEB_TARGET_GNU_CPU 2>/dev/null) ||
		die "$1: no architecture of Debian's"
	rule=/usr/lib/binfmt.d/qemu-$machine.conf
	[ -e "$rule" ] || die "no qemu-$machine-static: apt-get install qemu-user-static"
	shift
	! grep -qsx enabled "$list/qemu-$machine" || exec "$@"
	outside "$rule" "$@"
	exit
	;;
esac
