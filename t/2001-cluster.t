#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# the private cluster: jobs run on it, and nothing of it outlives the test
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"

nodes='b01 b02 b03'

# --- a cluster, as `2001-cluster.t play`: says on standard output where it is

moment() { echo "moment $*"; }

# By these names the test knows what must be gone.
say_what_exists() {
	local node
	readlink /proc/self/ns/{pid,net,mnt,uts}
	for node in $nodes; do
		readlink "/proc/${node_init[$node]}"/ns/{pid,net,mnt,uts,time_for_children}
		[ "$node" = b01 ] || cat "$CLUSTER/$node/card"
	done
}

play() {
	local node id
	cluster_enter play
	moment inside
	cluster_build b02 b03
	say_what_exists
	moment built
	for node in b02 b03; do node_exec "$node" pi-agent prepare >/dev/null; done
	moment prepared
	cluster_render
	cluster_start
	moment started
	id=$(as_student sbatch --parsable -N3 --wrap 'srun hostname; touch running; sleep 600')
	wait_for "[ -e '$CLUSTER/home/student/running' ]" 20
	moment running
	[ "${PLAY_LONG:-}" != 1 ] || wait_job "$id" 300
	node_exec b01 scancel "$id"
	wait_job "$id" 20
	grep -o '^b[0-9]*' "$CLUSTER/home/student/slurm-$id.out" | sort | sed 's/^/ran on /'
	exit 0
}

[ "${1:-}" != play ] || play

# --- from outside

need root loop namespaces slurm

# start NAME [VARIABLE=VALUE]: play in a session of its own, like a terminal's
start() {
	local name=$1
	shift
	mkfifo "$W/$name.pipe"
	setsid env --default-signal=INT,QUIT "$@" "$0" play >"$W/$name.pipe" 2>"$W/$name.err" &
	player=$!
	exec {said}<"$W/$name.pipe"
	: >"$W/$name.out"
}

# until_moment NAME MOMENT: read on, until this is said or the end
until_moment() {
	local line
	while read -r -t 60 -u "$said" line; do
		echo "$line" >>"$W/$1.out"
		[ "$line" != "moment $2" ] || return 0
	done
	return 1
}

at_exit eval 'jobs -p | xargs --no-run-if-empty kill -KILL'

finish() {
	until_moment "$1" 'never said'
	wait "$player"
	status=$?
	exec {said}<&-
}

# What is left of the one that wrote NAME.out: its namespaces while a process
# is in them, its loop devices, its mounts, its files
left_behind() {
	local what
	while read -r what; do
		case $what in
		*:\[*) find /proc/[0-9]*/ns -lname "${what//[][]/?}" 2>/dev/null ;;
		/dev/loop*) losetup --list --noheadings --output BACK-FILE "$what" 2>/dev/null |
			grep -F "$B/tmp/2001-cluster" ;;
		esac
	done <"$W/$1.out"
	grep -F "$B/tmp/2001-cluster" /proc/self/mounts
}

is_gone() {
	wait_for "[ -z \"\$(left_behind $1)\" ]" 10
	ok $? "$2: nothing is left behind" || diag "$(left_behind "$1" | head -n 20)"
}

folders() { find "$B/tmp" -maxdepth 1 -name '2001-cluster.*' ! -path "$W" | sort; }

# Two at once, and each has its own nodes, names and addresses.
before=$(folders)
start one
one=$player one_said=$said
start two
finish two
is "$status" 0 'a cluster starts, runs a job on all nodes, and ends' || diag "$(cat "$W/two.err")"
player=$one said=$one_said
finish one
is "$status" 0 'so does another at the same time' || diag "$(cat "$W/one.err")"
for name in one two; do
	is "$(grep '^ran on' "$W/$name.out" | paste -sd ' ')" \
		'ran on b01 ran on b02 ran on b03' "cluster $name: the job ran on every node"
	is_gone "$name" "cluster $name"
done
is "$(folders)" "$before" 'and no file'

# Interrupted at any moment by Ctrl-C, which reaches the whole session, ...
for moment in inside built prepared started running; do
	start "int-$moment" PLAY_LONG=1
	until_moment "int-$moment" "$moment"
	kill -INT -- "-$player"
	finish "int-$moment"
	is "$status" 130 "Ctrl-C when $moment ends it"
	is_gone "int-$moment" "Ctrl-C when $moment"
done
is "$(folders)" "$before" 'Ctrl-C leaves no file'

# ... or by the death of the test's first process alone
for moment in inside built running; do
	start "kill-$moment" PLAY_LONG=1
	until_moment "kill-$moment" "$moment"
	[ "$moment" = inside ] || like "$(left_behind "kill-$moment" | paste -sd ' ')" \
		'/ns/pid.*/ns/net.*/card\.img' "when $moment, it can be seen from here"
	kill -KILL "$player"
	finish "kill-$moment" 2>/dev/null
	is_gone "kill-$moment" "SIGKILL when $moment"
done
folders | xargs rmdir
ok $? 'SIGKILL leaves nothing in the build folder but an empty folder each'

done_testing
