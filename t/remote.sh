# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# remote.sh - ssh between the machines of t/cluster.sh, which have no sshd
#
#	. "$(dirname "$0")/remote.sh"	# after cluster.sh
#	cluster_build b02 b03
#	remote_up b01 b02 b03		# `ssh NODE COMMAND` works on the head now
#	remote_down b03			# and hangs for this one
#
# The head's ssh hands the command through a FIFO in the shared /home to a shell
# that runs on the other machine: another transport, but the real command on
# the real node.

remote_up() {
	local node dir=$CLUSTER/home/.ssh-test
	mkdir -p "$dir" "$CLUSTER/b01/bin"
	cat >"$CLUSTER/home/.ssh-test/ssh" <<-'END'
		#!/bin/bash
		while [ "$1" != -- ]; do shift; done
		shift
		host=$1
		shift
		dir=/home/.ssh-test
		[ -p $dir/$host ] || { echo "ssh: Could not resolve hostname $host" >&2; exit 255; }
		reply=$dir/reply.$$
		mkfifo $reply
		trap 'rm -f $reply' EXIT
		printf '%s\n' "$reply" "$*" >$dir/$host
		{ read -r status; cat; } <$reply
		exit $status
	END
	cat >"$dir/serve" <<-'END'
		#!/bin/bash
		echo $$ >/home/.ssh-test/$1.pid
		exec 3<>/home/.ssh-test/$1
		while read -r -u 3 reply && read -r -u 3 command; do
			(
				out=$(bash -c "$command" 2>/dev/null 3<&-)
				printf '%s\n%s\n' $? "$out" >$reply
			) &
		done
	END
	chmod +x "$dir/ssh" "$dir/serve"
	for node; do
		mkfifo "$dir/$node"
		node_exec "$node" /home/.ssh-test/serve "$node" >/dev/null 2>&1 &
	done
}

# Whoever opens a FIFO that nobody reads waits, as for a machine that is off.
remote_down() { node_exec "$1" kill -KILL "$(cat "$CLUSTER/home/.ssh-test/$1.pid")"; }

# pi-nodes on the head, with this ssh
on_head() { node_exec b01 env PATH="/home/.ssh-test:$CLUSTER_PATH" "$@"; }
