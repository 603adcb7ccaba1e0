# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# lib.sh - what every t/*.t shares: TAP output, needs, conditions, clean-up
#
#	. "$(dirname "$0")/lib.sh"
#	need root loop			# skips the whole file, or fails under PI_MUST=1
#	is "$(printf x)" x 'printf prints'
#	run pi-agent inspect /nowhere	# sets $status, $out, $err
#	is "$status" 1 'a missing device is refused'
#	like "$err" 'nowhere' 'and named'
#	done_testing
#
# $W is a private directory, removed at the end however the test ends; further
# clean-up is added with `at_exit COMMAND...`, run in reverse order.

set -u
umask 022
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
export B TOP PATH="$B:$PATH:/usr/sbin:/sbin" LC_ALL=C
mkdir -p "$B/tmp"
W=$(mktemp -d "$B/tmp/$(basename "$0" .t).XXXXXX")

tests_run=0
tests_failed=0
exit_commands=()

at_exit() { exit_commands+=("$(printf '%q ' "$@")"); }

leave() {
	local rc=$? i
	trap - EXIT
	trap '' INT TERM HUP
	for ((i = ${#exit_commands[@]} - 1; i >= 0; i--)); do
		eval "${exit_commands[i]}" >&2
	done
	rm -rf --one-file-system "$W"
	exit "$rc"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Have $W where an ordinary user can reach it: not below /root, say.
public_work() {
	rmdir "$W"
	W=$(mktemp --directory --tmpdir=/tmp "slurm-pi-$(basename "$0" .t).XXXXXX")
	chmod 755 "$W"
}

diag() { printf '%s\n' "$*" | sed 's/^/# /' >&2; }

# What a failed test has to say; it stays failed: `is ... || diag ...` adds to that.
explain() {
	diag "$@"
	return 1
}

# ok CONDITION-STATUS NAME: `[ a = b ]; ok $? 'a is b'`
ok() {
	tests_run=$((tests_run + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$tests_run" "$2"
	else
		tests_failed=$((tests_failed + 1))
		printf 'not ok %d - %s\n' "$tests_run" "$2"
		return 1
	fi
}

# is GOT WANTED NAME
is() {
	[ "$1" = "$2" ]
	ok $? "$3" || explain "got:    $1" $'\n'"wanted: $2"
}

# isnt GOT UNWANTED NAME
isnt() {
	[ "$1" != "$2" ]
	ok $? "$3" || explain "got:    $1"
}

# like GOT EXTENDED-REGEX NAME, and its opposite
like() {
	grep -Eq -e "$2" <<<"$1"
	ok $? "$3" || explain "got:    $1" $'\n'"wanted: /$2/"
}

unlike() {
	! grep -Eq -e "$2" <<<"$1"
	ok $? "$3" || explain "got:    $1" $'\n'"unwanted: /$2/"
}

# lives COMMAND... (status 0), with the last argument as the test's name
lives() {
	local name=${!#}
	"${@:1:$#-1}" >"$W/lives.log" 2>&1
	ok $? "$name" || explain "$(tail -n 20 "$W/lives.log")"
}

# run COMMAND...: status, standard output and standard error for the tests after
# shellcheck disable=SC2034 # the test reads them
run() {
	"$@" >"$W/run.out" 2>"$W/run.err" </dev/null
	status=$?
	out=$(cat "$W/run.out")
	err=$(cat "$W/run.err")
}

done_testing() {
	printf '1..%d\n' "$tests_run"
	[ "$tests_failed" -eq 0 ]
	exit $?
}

bail() {
	printf 'Bail out!  %s\n' "$*"
	exit 1
}

# skip_all WHY: with PI_MUST=1 a skip is a failure
skip_all() {
	if [ "${PI_MUST:-0}" = 1 ]; then
		printf '1..1\nnot ok 1 - PI_MUST=1, and this cannot run here: %s\n' "$*"
		exit 1
	fi
	printf '1..0 # SKIP %s\n' "$*"
	exit 0
}

# need THING...: root, loop, slurm, namespaces, vm, or a command's name
need() {
	local thing
	for thing; do
		case $thing in
		root) [ "$(id -u)" -eq 0 ] || skip_all 'needs root' ;;
		loop) [ -e /dev/loop-control ] || skip_all 'needs loop devices' ;;
		namespaces)
			unshare --net --mount --uts --pid --fork --time true 2>/dev/null ||
				skip_all 'needs namespaces (net, mount, uts, pid, time)' ;;
		vm) need mmdebstrap dnsmasq rpcbind ganesha.nfsd ssh ssh-keygen ;;
		slurm) need slurmctld slurmd munged srun ;;
		*) command -v "$thing" >/dev/null || skip_all "needs $thing (scripts/setup installs it)" ;;
		esac
	done
}

# wait_for 'condition' SECONDS: poll until the condition holds; 1 at the deadline
wait_for() {
	local deadline=$((${EPOCHREALTIME/./} + $2 * 1000000))
	until eval "$1" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
		read -r -t 0.05 <> <(:) || :
	done
}

# mkloop VARIABLE SIZE|FILE: a loop device on a new sparse file of SIZE bytes
# (truncate's syntax), or on an existing file, in $VARIABLE; detached at the end
mkloop() {
	local file=$2 device
	if [ ! -e "$file" ]; then
		file=$(mktemp "$W/card.XXXXXX")
		truncate -s "$2" "$file"
	fi
	device=$(losetup --find --show --partscan "$file") || bail "losetup $file"
	at_exit losetup --detach "$device"
	printf -v "$1" %s "$device"
}
