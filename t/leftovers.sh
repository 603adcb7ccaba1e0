# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# leftovers.sh - is anything left of a program that used a private cluster?
#
#	played=demo				# what its folders are named after
#	. "$(dirname "$0")/leftovers.sh"
#	start run1 scripts/demo --no-setup	# its output goes to $W/run1.out
#	until_line run1 '^== 3'
#	note_belongings run1
#	kill -INT -- "-$player"
#	finish run1				# sets $status
#	is_gone run1 'Ctrl-C in chapter 3'

: "${played:?}"

# start NAME COMMAND...: in a session of its own, as at a terminal
start() {
	local name=$1
	shift
	mkfifo "$W/$name.pipe"
	setsid env --default-signal=INT,QUIT "$@" >"$W/$name.pipe" 2>"$W/$name.err" </dev/null &
	player=$!
	exec {said}<"$W/$name.pipe"
	: >"$W/$name.out"
	: >"$W/$name.belongings"
}
at_exit eval 'jobs -p | xargs --no-run-if-empty kill -KILL'

# until_line NAME REGEX: read its output until a line matches; 1 at the end of it
until_line() {
	local line
	while IFS= read -r -t 60 -u "$said" line; do
		echo "$line" >>"$W/$1.out"
		[[ ! $line =~ $2 ]] || return 0
	done
	return 1
}

# Wait for it to end; what it said before it was killed is read, too.
# shellcheck disable=SC2034 # the test reads the status
finish() {
	until_line "$1" '^never said$'
	wait "$player"
	status=$?
	exec {said}<&-
}

family() {
	local children child
	echo "$1"
	read -r -a children <"/proc/$1/task/$1/children"
	for child in "${children[@]}"; do family "$child"; done
} 2>/dev/null

# Which namespaces and loop devices does it have right now?
note_belongings() {
	local pid
	for pid in $(family "$player"); do
		readlink "/proc/$pid/ns/"{pid,net,mnt,uts,time}
	done 2>/dev/null | sort -u | grep -vxF -f <(readlink /proc/self/ns/*) >"$W/$1.belongings"
	cards >>"$W/$1.belongings"
}

# All loop devices of clusters with this build folder, but this test's own
cards() {
	losetup --list --noheadings --output NAME,BACK-FILE |
		grep -F -e "$B/tmp/$played." | grep -vF -e "$W/"
}

# What is still there of what was noted, and mounts of its folders
left_behind() {
	local what
	while read -r what; do
		case $what in
		*:\[*) find /proc/[0-9]*/ns -lname "${what//[][]/?}" 2>/dev/null ;;
		*) losetup --list --noheadings --output NAME,BACK-FILE | grep -xF -e "$what" ;;
		esac
	done <"$W/$1.belongings"
}

# is_gone NAME WHEN: the kernel may take a moment
is_gone() {
	wait_for "[ -z \"\$(left_behind $1)\" ]" 10
	ok $? "$2: nothing is left behind" || diag "$(left_behind "$1" | head -n 20)"
}

folders() { find "$B/tmp" -maxdepth 1 -name "$played.*" ! -path "$W" | sort; }
