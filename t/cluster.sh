# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# cluster.sh - a private Slurm cluster on this machine, for t/2*.t and the demo
#
#	. "$(dirname "$0")/lib.sh"
#	. "$(dirname "$0")/cluster.sh"
#	cluster_enter "$@"		# from here on inside namespaces of its own
#	cluster_up b02 b03		# b01, the head, is always there
#	id=$(as_student sbatch --parsable -N2 --wrap hostname)
#	wait_job "$id" 20
#	is "$(cat "$CLUSTER/home/student/slurm-$id.out")" b02 'the job ran'
#	done_testing
#
# Every machine is a set of namespaces (t/node.sh) on a bridge: munged,
# slurmctld and slurmd are the real ones, and so are pi-nodes, pi-agent and the
# plugin, as `make install` puts them into /opt/slurm-pi; with PI_INSTALLED=1 in
# the environment, as Debian's packages have put them into this machine, loaded
# by the configuration that came with them. Each node but the head has a card: a
# loop device, named in its slurm-pi.conf.
#
# cluster_up takes the steps that a test may take by itself instead:
#	cluster_build NODE...		the image, the machines, switched on
#	node_exec NODE pi-agent prepare	for each node with a card
#	cluster_render			nodes.conf, by pi-nodes render
#	cluster_start			slurmctld, every slurmd; all idle
#
# What lies outside the machines, so that tests can look at it:
#	$CLUSTER/slurm/			/etc/slurm of all machines
#	$CLUSTER/home/			/home of all machines
#	$CLUSTER/NODE/slurm-pi/		/etc/slurm-pi of one machine
#	$CLUSTER/NODE/log/		/var/log of one machine
#	$CLUSTER/NODE/card.img, card	its card, and the card's device's name
#
# When the test ends, however it ends, the kernel kills every process of the
# cluster and takes mounts, network and loop devices with them.

CLUSTER=$W/cluster
CLUSTER_PATH=/opt/slurm-pi/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CLUSTER_PLUGIN=/opt/slurm-pi/lib/slurm/spank_scratch.so
[ -z "${PI_INSTALLED:-}" ] ||
	CLUSTER_PLUGIN=$(dpkg-query --listfiles slurm-pi-plugin | grep '/spank_scratch\.so$')
CARD_SIZE=512M
cluster_nodes=()
declare -A node_init node_off_since node_slot

# The whole test again, as the first process of namespaces that die with it
cluster_enter() {
	local outside
	if [ -n "${CLUSTER_INSIDE:-}" ]; then
		unset CLUSTER_INSIDE
		return
	fi
	need root loop namespaces slurm perl setpriv nsenter
	setsid setpriv --pdeathsig KILL "$TOP/t/enter.sh" outside $$ "$0" "$@" &
	outside=$!
	at_exit cluster_kill "$outside"
	wait "$outside"
	exit
}

# Kill what was started by cluster_enter, and return when it is gone.
cluster_kill() {
	local init
	jobs -p | grep -qx "$1" || return 0	# it has ended, and the number may be another's
	read -r init _ <"/proc/$1/task/$1/children" || init=$1
	kill -KILL "$init" && wait "$1"
	:
} 2>/dev/null

cluster_failed() {
	cluster_logs
	ok 1 "the private cluster: $*"
	done_testing
}

# The ends of all logs, as diagnostics
cluster_logs() {
	local log
	for log in "$CLUSTER"/*.log "$CLUSTER"/b*/log/slurm/*.log; do
		[ -s "$log" ] || continue
		diag "==> ${log#"$CLUSTER/"}"
		diag "$(tail -n 25 "$log")"
	done
}

# --- building ---------------------------------------------------------------

cluster_build() {
	local node
	cluster_nodes=(b01 "$@")
	mkdir -p "$CLUSTER"/image/{etc,opt} "$CLUSTER"/{slurm,home}
	cluster_image >"$CLUSTER/image.log" 2>&1 || cluster_failed 'no image'
	cluster_slurm_conf >"$CLUSTER/slurm/slurm.conf"
	cluster_cgroup_conf >"$CLUSTER/slurm/cgroup.conf"
	cluster_plugstack
	ip link set lo up
	ip link add br0 type bridge
	ip link set br0 up
	for node in "${cluster_nodes[@]}"; do
		node_install "$node"
		node_power_on "$node"
	done
}

# The file system that every machine starts from: the host's, with an /etc and
# an /opt of the cluster's own
cluster_image() {
	local etc=$CLUSTER/image/etc user
	cp --archive /etc/. "$etc"
	rm -rf "$etc/slurm" "$etc/slurm-pi" "$etc/munge"
	mkdir "$etc/slurm" "$etc/slurm-pi"
	install -d -o munge -g munge -m 700 "$etc/munge"
	install -o munge -g munge -m 400 <(head -c 128 /dev/urandom) "$etc/munge/munge.key"
	cluster_addresses >"$etc/hosts"
	printf '%s: files\n' passwd group shadow hosts services protocols >"$etc/nsswitch.conf"
	sed -i '/^student2\{0,1\}:/d' "$etc/passwd" "$etc/shadow"
	sed -i '/^students:/d' "$etc/group"
	echo 'students:x:20000:' >>"$etc/group"
	for user in student:20001 student2:20002; do
		echo "${user/:/:x:}:20000:a student:/home/${user%:*}:/bin/bash" >>"$etc/passwd"
		echo "${user%:*}:*:20000::::::" >>"$etc/shadow"
		install -d -o "${user#*:}" -g 20000 -m 700 "$CLUSTER/home/${user%:*}"
	done
	cluster_install
}

cluster_plugstack() {
	if [ -n "${PI_INSTALLED:-}" ]; then
		cp -r /etc/slurm/plugstack.conf* "$CLUSTER/slurm"
	else
		echo "required $CLUSTER_PLUGIN" >"$CLUSTER/slurm/plugstack.conf"
	fi
}

# A test of one program alone may have a function of its own in place of this.
cluster_install() {
	if [ -n "${PI_INSTALLED:-}" ]; then
		dpkg --verify slurm-pi-plugin slurm-pi-agent slurm-pi-head
		return
	fi
	# Several tests may find at once that something has to be built.
	flock "$B/install.lock" \
		make --directory="$TOP" --no-print-directory install B="$B" \
		DESTDIR="$CLUSTER/image" prefix=/opt/slurm-pi sysconfdir=/opt/slurm-pi/etc \
		plugindir=/opt/slurm-pi/lib/slurm unitdir=/opt/slurm-pi/lib/systemd
}

cluster_addresses() {
	local node
	echo '127.0.0.1 localhost'
	for node in "${cluster_nodes[@]}"; do
		echo "$(node_address "$node") $node"
	done
}

cluster_slurm_conf() {
	cat <<-'END'
		ClusterName=pi
		SlurmctldHost=b01(10.0.0.1)
		SlurmUser=slurm
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		ReturnToService=1
		PrologFlags=Alloc
		SchedulerParameters=batch_sched_delay=0
		KillWait=2
		StateSaveLocation=/var/lib/slurm/slurmctld
		SlurmctldPidFile=/run/slurm/slurmctld.pid
		SlurmctldLogFile=/var/log/slurm/slurmctld.log
		SlurmdSpoolDir=/var/lib/slurm/slurmd
		SlurmdPidFile=/run/slurm/slurmd.pid
		SlurmdLogFile=/var/log/slurm/slurmd.log
		Include nodes.conf
		PartitionName=pmain Nodes=ALL Default=YES MaxTime=INFINITE State=UP
	END
}

# No machine here has cgroups; before 24.05 nothing but v1 starts without.
cluster_cgroup_conf() {
	case $(slurmd -V) in
	*' 22.'* | *' 23.'*) echo 'CgroupPlugin=cgroup/v1' ;;
	*) echo 'CgroupPlugin=disabled' ;;
	esac
}

# The inventory as the teacher writes it
cluster_inventory() {
	local node attributes
	for node in "${cluster_nodes[@]}"; do
		attributes=ip=$(node_address "$node")
		[ "$node" != b01 ] || attributes=head,$attributes,weight=100
		echo "$node $attributes"
	done
}

cluster_facts() {
	local node
	for node in "${cluster_nodes[@]}"; do
		node_exec "$node" slurmd -C | sed "s/^/$node: /"
	done
}

cluster_render() {
	cluster_inventory >"$CLUSTER/b01/slurm-pi/nodes"
	cluster_facts | node_exec b01 pi-nodes render --nodes /etc/slurm-pi/nodes --from - \
		>"$CLUSTER/slurm/nodes.conf" || cluster_failed 'pi-nodes render'
}

cluster_start() {
	local node
	node_exec b01 slurmctld || cluster_failed 'slurmctld did not start'
	for node in "${cluster_nodes[@]}"; do
		node_start "$node" || cluster_failed "slurmd on $node did not start"
	done
	for node in "${cluster_nodes[@]}"; do
		wait_node "$node" idle 20 || cluster_failed "$node is not idle"
	done
}

cluster_up() {
	local node
	cluster_build "$@"
	for node; do
		node_exec "$node" pi-agent prepare >"$CLUSTER/$node/log/prepare.log" 2>&1 ||
			cluster_failed "pi-agent prepare on $node"
	done
	cluster_render
	cluster_start
}

# --- machines ---------------------------------------------------------------

# b02 is 10.0.0.2
node_address() { echo "10.0.0.$((10#${1#b}))"; }

# What a machine owns before it is switched on for the first time
node_install() {
	local own=$CLUSTER/$1
	mkdir -p "$own"/{slurm-pi,log}
	touch "$own/slurm-pi/slurm-pi.conf"
	[ "$1" = b01 ] || node_card "$1"
}

# A new blank card in the machine's slot, instead of the one that was there
node_card() {
	local own=$CLUSTER/$1 said card
	[ -z "${node_slot[$1]:-}" ] || kill "${node_slot[$1]}"
	rm -f "$own/card.img"
	truncate -s "$CARD_SIZE" "$own/card.img"
	exec {said}< <(exec perl "$TOP/t/card.pl" "$own/card.img" 2>&1)
	node_slot[$1]=$!
	read -r -u "$said" card
	exec {said}<&-
	[ -b "$card" ] || cluster_failed "no card for $1: $card"
	echo "$card" >"$own/card"
	echo "CardDevice = $card" >"$own/slurm-pi/slurm-pi.conf"
}

# Switch on, up to munged; what follows (pi-agent prepare, slurmd) is up to you.
node_power_on() {
	local out up pid uptime
	# slurmctld counts in whole seconds: a node that came back within the second
	# of its last message, or of a rounded uptime, would not look rebooted.
	wait_for "[ \$EPOCHSECONDS -ge $((${node_off_since[$1]:-0} + 3)) ]" 5
	read -r uptime _ </proc/uptime
	exec {out}< <(exec unshare --net --mount --uts --pid --fork --kill-child \
		--time --boottime "-${uptime%.*}" \
		"$BASH" "$TOP/t/node.sh" "$1" "$(node_address "$1")" "$CLUSTER" \
		9</proc/self/ns/net 2>>"$CLUSTER/$1.log")
	read -r -u "$out" up pid
	[ "$up" = up ] || cluster_failed "$1 does not start"
	exec {out}<&-
	node_init[$1]=$pid
}

# Pull the plug.
node_crash() {
	kill -KILL "${node_init[$1]}"
	wait_for "[ ! -e '/proc/${node_init[$1]}' ]" 10
	ip link delete "$1" 2>/dev/null	# unless the kernel was faster
	node_off_since[$1]=$EPOCHSECONDS
	node_init[$1]=
}

# Off and on again as systemd would do it: the card first, then slurmd. To
# return to service takes `node_exec NODE pi-agent resume`.
node_reboot() {
	node_crash "$1"
	node_power_on "$1"
	[ ! -e "$CLUSTER/$1/card" ] ||
		node_exec "$1" pi-agent prepare >>"$CLUSTER/$1/log/prepare.log" 2>&1 || return
	node_start "$1"
}

node_start() { node_exec "$1" slurmd; }

# Stop slurmd alone, as `systemctl stop` does; jobs go on.
node_stop() { daemon_stop "$1" slurmd; }

# slurmctld alone
head_stop() { daemon_stop b01 slurmctld; }

# By number: reconfiguring changes the name of what runs from 23.11 on.
daemon_stop() {
	local pid
	pid=$(node_exec "$1" cat "/run/slurm/$2.pid")
	node_exec "$1" bash -c "kill $pid" && wait_for "! node_exec $1 test -e /proc/$pid" 30
}

# Run a command as root on a machine, with a root login's environment.
node_exec() {
	local node=$1
	shift
	nsenter --target "${node_init[$node]}" --net --mount --uts --pid --time \
		env -i PATH="$CLUSTER_PATH" HOME=/root USER=root LC_ALL=C "$@"
}

# Run a command as an ordinary user on the head, in the home directory.
as_user() {
	local user=$1
	shift
	node_exec b01 setpriv --reuid "$user" --regid students --init-groups \
		env --chdir="/home/$user" HOME="/home/$user" USER="$user" LOGNAME="$user" \
		SHELL=/bin/bash "$@"
}

as_student() { as_user student "$@"; }

# --- what Slurm says --------------------------------------------------------

# idle, mixed, down, drained, down*, ... as sinfo writes it
node_state() { node_exec b01 sinfo --noheader --Node --nodes "$1" --format %T; }

node_reason() { node_exec b01 sinfo --noheader --Node --nodes "$1" --format %E | sed 's/ *$//'; }

# wait_node NODE STATE SECONDS
wait_node() { wait_for "[ \"\$(node_state $1)\" = '$2' ]" "$3"; }

job_state() { node_exec b01 squeue --noheader --states all --jobs "$1" --format %T; }

# wait_job ID SECONDS: until the job, or each task of an array, has ended for good
# and its epilogs are done
wait_job() { wait_for "job_has_ended $1" "$2"; }

job_has_ended() {
	local states
	states=$(node_exec b01 squeue --noheader --states all --jobs "$1" --format %T) &&
		[ -n "$states" ] &&
		! grep -qvxE 'COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY' <<<"$states"
}
