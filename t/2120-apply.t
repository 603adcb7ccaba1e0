#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-nodes apply: the running cluster takes the new lines, or stays as it was
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/remote.sh"
cluster_enter "$@"

nodes_conf=$CLUSTER/slurm/nodes.conf
inventory=$CLUSTER/b01/slurm-pi/nodes
shape='CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1'

memory_of() { node_exec b01 scontrol -o show node "$1" | sed 's/.* RealMemory=\([0-9]*\).*/\1/'; }
ctld_pid() { node_exec b01 cat /run/slurm/slurmctld.pid; }

head_build b02 b03 b04
real=$(node_exec b02 slurmd -C | sed -n 's/.*RealMemory=\([0-9]*\).*/\1/p')

# A cluster as somebody typed it: all of the memory, and a MiB more on b02
{
	echo "NodeName=b01 NodeAddr=10.0.0.1 $shape RealMemory=$real Weight=100"
	echo "NodeName=b02 NodeAddr=10.0.0.2 $shape RealMemory=$((real + 1))"
	echo "NodeName=b03 NodeAddr=10.0.0.3 $shape RealMemory=$real"
} >"$nodes_conf"
cat >"$inventory" <<'END'
b01 head,ip=10.0.0.1,mac=02:00:0a:00:00:01
b02 ip=10.0.0.2,mac=02:00:0a:00:00:02
b03 ip=10.0.0.3
END
cluster_nodes=(b01 b02 b03)
head_start b01 b02 b03
wait_node b01 idle 20 || cluster_failed 'b01 is not idle'
wait_node b02 inval 20
ok $? 'a MiB too much makes a node unusable'
wait_node b03 idle 20
node_exec b01 scontrol update nodename=b03 state=drain reason='Low on coffee'

pi gather
is "$status $err$out" '0 ' 'gather: all nodes answer'
pi status
is "$status" 1 'status: a problem is found'
like "$out" "^b02: .*Low RealMemory .reported:$real <" 'status: the unusable node, with the reason'
pi diff
is "$status" 1 'diff: the lines differ'
pi apply -n
is "$status" 1 'apply -n: says that they differ'
like "$out" "^\+NodeName=b\[02-03\] NodeAddr=10.0.0.\[2-3\] $shape RealMemory=" 'and shows it'
is "$(memory_of b01)" "$real" 'and changes nothing'
before=$(ctld_pid)
pi apply
is "$status" 0 'apply: done'
like "$err" '3 nodes, 2 lines, 3 changed; wrote /etc/slurm/nodes.conf' 'it says what changed'
like "$err" 'resumed b02' 'and resumes what it repaired'
case $(slurmd -V) in
*' 22.'* | *' 23.02'*) is "$(ctld_pid)" "$before" 'memory alone is taken by reconfigure' ;;
esac
wait_node b02 idle 10
ok $? 'the node is usable again'
is "$(node_state b03) $(node_reason b03)" 'drained Low on coffee' "an administrator's drain stays"
is "$(memory_of b01)" "$((real * 98 / 100 / 16 * 16))" 'slurmctld has the new memory'
ok "$([ -f "$nodes_conf~" ]; echo $?)" 'the old lines are kept beside'

inode=$(stat -c '%i %Y' "$nodes_conf")
pi apply
is "$status $out$err" '0 ' 'a second apply has nothing to do'
is "$(stat -c '%i %Y' "$nodes_conf")" "$inode" 'and leaves the file alone'
pi status
is "$status $out" '0 ' 'status: no problem is left'

# A new node: before 23.11 `scontrol reconfigure` would stop slurmctld
echo 'b04 ip=10.0.0.4' >>"$inventory"
cluster_nodes+=(b04)
pi gather -w b04
is "$status" 0 'gather: the new node alone'
pi apply
is "$status" 0 'apply: a node is added'
case $(slurmd -V) in
*' 22.'* | *' 23.02'*)
	like "$err" 'would stop it; restarting instead' 'by a restart, with the reason' ;;
*)
	unlike "$err" restarting 'by reconfigure' ;;
esac
node_start b04
wait_node b04 idle 20
ok $? 'the new node is idle'
is "$(node_state b02)" idle 'the others are too'
is "$(node_state b03)" drained 'and the drained one is drained'

# What slurmctld would not survive is not written
cp "$nodes_conf" "$W/before"
echo 'NodeName=b04 CPUs=1' >>"$CLUSTER/slurm/slurm.conf"
sed -i 's/^b04 .*/&,weight=5/' "$inventory"
pi apply
is "$status" 4 'apply: refused'
like "$err" '/slurm.conf:[0-9]+: Duplicated NodeName b04 .*also /etc/slurm/nodes.conf:[0-9]+.*Nothing changed' \
	'with both places'
cmp -s "$nodes_conf" "$W/before"
ok $? 'and nothing is written'
sed -i '$d' "$CLUSTER/slurm/slurm.conf"

# Facts that are wrong: the node becomes unusable, so all goes back
node_exec b02 slurmd -C | sed "s/RealMemory=.*/RealMemory=$((real * 2))/" >"$W/lie"
sed -i 's/,weight=5//' "$inventory"
on_head pi-nodes gather -w b02 --from - <"$W/lie"
pi apply
is "$status" 5 'apply: a node that becomes invalid rolls all back'
like "$err" 'activation failed: b02 .*Low RealMemory' 'it says why'
like "$err" 'rolled back' 'and that it went back'
cmp -s "$nodes_conf" "$W/before"
ok $? 'the old lines are back'
wait_node b02 idle 20
ok $? 'and the node is usable'

done_testing
