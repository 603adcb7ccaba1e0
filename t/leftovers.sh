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

# When a process started, which tells it from a later one with its number. Nobody
# may have waited for a dead one: that does not count.
born() {
	local stat
	read -r stat <"/proc/$1/stat" && stat=${stat##*) } && [ "${stat%% *}" != Z ] &&
		cut -d ' ' -f 20 <<<"$stat"
} 2>/dev/null

# Which processes, so namespaces, and loop devices does it have right now? All
# that it makes later dies with the first process of its PID namespace.
note_belongings() {
	local pid born
	for pid in $(family "$player"); do
		born=$(born "$pid") && echo "process $pid $born $(name_of "$pid")"
	done >"$W/$1.belongings"
	cards >>"$W/$1.belongings"
}

name_of() { cat "/proc/$1/comm"; } 2>/dev/null

# The loop devices of everything that played, but this test's own
cards() {
	losetup --list --noheadings --raw --output NAME,BACK-FILE |
		grep -F -e "$B/tmp/$played." | grep -vF -e "$W/"
}

# What is still there of what was noted
left_behind() {
	local what pid time name
	while read -r what pid time name; do
		case $what in
		process) [ "$(born "$pid")" != "$time" ] || echo "process $pid $name" ;;
		*) losetup --list --noheadings --raw --output NAME,BACK-FILE | grep -xF -e "$what $pid" ;;
		esac
	done <"$W/$1.belongings"
}

# is_gone NAME WHEN: the kernel may take a moment
is_gone() {
	wait_for "[ -z \"\$(left_behind $1)\" ]" 10
	ok $? "$2: nothing is left behind" || diag "$(left_behind "$1" | head -n 20)"
}

folders() { find "$B/tmp" -maxdepth 1 -name "$played.*" ! -path "$W" | sort; }
