#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# the private cluster: jobs run on it, and nothing of it outlives the test
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"

# --- a cluster, as `2001-cluster.t play`; with PLAY_LONG=1 its job takes long

moment() { echo "moment $*"; }

play() {
	local node id
	cluster_enter play
	moment inside
	cluster_build b02 b03
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
played=2001-cluster
. "$(dirname "$0")/leftovers.sh"
before=$(folders)

# Two at once, and each has its own nodes, names and addresses.
start one "$0" play
one=$player one_said=$said
start two "$0" play
finish two
is "$status" 0 'a cluster starts, runs a job on all nodes, and ends' || diag "$(cat "$W/two.err")"
player=$one said=$one_said
finish one
is "$status" 0 'so does another at the same time' || diag "$(cat "$W/one.err")"
for name in one two; do
	is "$(grep '^ran on' "$W/$name.out" | paste -sd ' ')" \
		'ran on b01 ran on b02 ran on b03' "cluster $name: the job ran on every node"
done
is "$(folders)" "$before" 'and no file is left'

# Interrupted at any moment by Ctrl-C, which reaches the whole session, ...
for moment in inside built prepared started running; do
	start "int-$moment" PLAY_LONG=1 "$0" play
	until_line "int-$moment" "^moment $moment$"
	note_belongings "int-$moment"
	kill -INT -- "-$player"
	finish "int-$moment"
	is "$status" 130 "Ctrl-C when $moment ends it"
	is_gone "int-$moment" "Ctrl-C when $moment"
done
is "$(folders)" "$before" 'Ctrl-C leaves no file'

# ... or by the death of the test's first process alone
for moment in inside built running; do
	start "kill-$moment" PLAY_LONG=1 "$0" play
	until_line "kill-$moment" "^moment $moment$"
	note_belongings "kill-$moment"
	seen=$(left_behind "kill-$moment")
	like "$seen" '^process .* unshare$' "when $moment, its processes can be seen from here"
	[ "$moment" = inside ] || like "$seen" '^/dev/loop.*card\.img$' 'and its cards'
	[ "$moment" != running ] || like "$seen" '^process .* slurmd$' 'and its daemons'
	kill -KILL "$player"
	finish "kill-$moment" 2>/dev/null
	is_gone "kill-$moment" "SIGKILL when $moment"
done
folders | xargs rmdir
ok $? 'SIGKILL leaves nothing in the build folder but an empty folder each'

done_testing
