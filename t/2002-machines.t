#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# the private cluster's machines: like diskless nodes, apart from each other
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_enter "$@"

boot_id() { node_exec "$1" cat /proc/sys/kernel/random/boot_id; }
uptime() { node_exec "$1" cut -d. -f1 /proc/uptime; }

cluster_build b02 b03
for node in b01 b02 b03; do
	is "$(node_exec "$node" cat /proc/sys/kernel/hostname)" "$node" "$node knows its name"
	like "$(node_exec "$node" ip -4 -br address show eth0)" " 10\.0\.0\.${node#b0}/24" 'and address'
done
node_exec b02 sh -c 'munge </dev/null' | node_exec b03 unmunge >/dev/null
ok $? 'the machines share a munge key'
node_exec b02 pgrep -u munge munged >/dev/null
ok $? 'munged runs as munge'

for path in /x /etc/x /usr/x /opt/slurm-pi/x /etc/slurm/x; do
	! node_exec b02 touch "$path" 2>/dev/null
	ok $? "a node cannot write $path"
done
for dir in /var /run /tmp /dev/shm; do
	path=$dir/${W##*/}	# a name that this machine's own folder has not
	node_exec b02 touch "$path" && ! node_exec b03 test -e "$path" && [ ! -e "$path" ]
	ok $? "$dir is the node's own"
done
node_exec b02 touch /home/student/x && node_exec b03 test -e /home/student/x
ok $? '/home is shared'
is "$(node_exec b02 cat /etc/slurm-pi/slurm-pi.conf)" "CardDevice = $(cat "$CLUSTER/b02/card")" \
	'a node knows its card'
isnt_same=$(node_exec b03 cat /etc/slurm-pi/slurm-pi.conf)
unlike "$isnt_same" "$(cat "$CLUSTER/b02/card")\$" 'and another node has another'
is "$(as_student id -un)@$(as_student pwd)" student@/home/student 'there is an ordinary user'
[ "$(uptime b02)" -lt 60 ] && [ "$(uptime b03)" -lt 60 ]
ok $? 'the machines have just booted'

first=$(boot_id b02)
other=$(boot_id b03)
unlike "$first" "$other" 'each boot has its own id'
node_exec b02 mount -t tmpfs tmpfs /scratch
node_crash b02
node_power_on b02
unlike "$(boot_id b02)" "$first" 'and so has the next boot of the same machine'
! node_exec b02 test -e "/run/${W##*/}" && ! node_exec b02 test -e "/var/${W##*/}"
ok $? 'a reboot empties /run and /var'
unlike "$(node_exec b02 cat /proc/mounts)" ' /scratch ' 'and mounts are gone'
is "$(boot_id b03)" "$other" 'while other machines run on'

done_testing
