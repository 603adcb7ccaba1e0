# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# remote.sh - ssh between the machines of t/cluster.sh, which have no sshd
#
#	. "$(dirname "$0")/remote.sh"	# after cluster.sh
#	head_build b02 b03		# a cluster whose head has pi-nodes and ssh
#	head_start b01 b02 b03		# slurmctld and these slurmds
#	remote_down b03			# ssh to this one hangs now
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

# A cluster of t/cluster.sh with nothing but pi-nodes, as there may be no compiler
# here, or another Slurm than the plugin is built for. Jobs are not the matter.
cluster_install() {
	[ -n "${PI_INSTALLED:-}" ] ||
		install -D "$B/pi-nodes" "$CLUSTER/image/opt/slurm-pi/sbin/pi-nodes"
}

head_build() {
	cluster_build "$@"
	: >"$CLUSTER/slurm/plugstack.conf"
	remote_up b01 "$@"
	restart_scripts
}

# As `systemctl restart slurmctld` does it
restart_scripts() {
	cat >"$CLUSTER/home/restart-slurmctld" <<-'END'
		#!/bin/bash
		pid=$(cat /run/slurm/slurmctld.pid 2>/dev/null) &&
			kill "$pid" 2>/dev/null && tail --pid="$pid" -f /dev/null
		exec slurmctld
	END
	cat >"$CLUSTER/home/restart-slurmd" <<-'END'
		#!/bin/bash
		pid=$(cat /run/slurm/slurmd.pid 2>/dev/null) &&
			kill "$pid" 2>/dev/null && tail --pid="$pid" -f /dev/null
		exec slurmd
	END
	chmod +x "$CLUSTER"/home/restart-slurm*
	cat >"$CLUSTER/b01/slurm-pi/cluster.conf" <<-'END'
		Timeout = 5s
		ActivateTimeout = 8s
		RestartController = /home/restart-slurmctld
		RestartNode = /home/restart-slurmd
	END
}

head_start() {
	local node
	node_exec b01 slurmctld || cluster_failed 'slurmctld did not start'
	for node; do
		node_start "$node" || cluster_failed "slurmd on $node did not start"
	done
}

# run pi-nodes on the head
pi() { run on_head pi-nodes "$@"; }

# A command on the head, with this ssh
on_head() { node_exec b01 env PATH="/home/.ssh-test:$CLUSTER_PATH" "$@"; }
