#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-nodes on a cluster with trouble: dead nodes, failed restarts, kills
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/remote.sh"
cluster_enter "$@"
need strace

nodes_conf=$CLUSTER/slurm/nodes.conf
inventory=$CLUSTER/b01/slurm-pi/nodes
reconfigure_is_deadly() { case $(slurmd -V) in *' 22.'* | *' 23.02'*) ;; *) false ;; esac; }

head_build b02 b03 b04
cat >"$inventory" <<'END'
b01 head,ip=10.0.0.1
b02 ip=10.0.0.2,mac=02:00:0a:00:00:02
b03 ip=10.0.0.3
END
pi gather
is "$status $err" '0 ' 'gather before Slurm runs'
pi apply --no-activate
is "$status" 0 'the first file is written'
head_start b01 b02 b03
for node in b01 b02 b03; do
	wait_node "$node" idle 20
	ok $? "$node is idle with it"
done
is "$(node_exec b01 scontrol -o show node b01 | grep -o ' Weight=[0-9]*')" ' Weight=100' 'the head has weight 100'
pi status
is "$status $out$err" '0 ' 'status: no problem'

# What status sees
pi status -w b09
is "$status" 4 'status: a node that is not in the inventory'
remote_down b03
pi gather -t 1
is "$status" 3 'gather: a node that hangs'
like "$err" '^pi-nodes: b03: no answer in 1 s; using facts from' 'it is named'
pi status
like "$status $out" '1 b03: last gathering: no answer in 1 s' 'status: unreachable'
sed -i 's/02:00:0a:00:00:02/02:00:0a:00:00:22/' "$inventory"
pi gather -w b02
like "$status $err" "3 .*b02: MAC 02:00:0a:00:00:02 is not the inventory's 02:00:0a:00:00:22; report ignored" \
	'gather: another board'
pi status -w b02
like "$status $out" "1 b02: .*MAC 02:00:0a:00:00:02 is not" 'status: wrong MAC'
sed -i 's/02:00:0a:00:00:22/02:00:0a:00:00:02/' "$inventory"
node_exec b02 slurmd -C | sed "s/RealMemory=.*/RealMemory=1024/" | on_head pi-nodes gather -w b02 --from - 2>/dev/null
pi status -w b02
like "$status $out" '1 b02: last gathering: memory fell from [0-9]+ to 1024 MB' 'status: memory lost'
{ node_exec b02 slurmd -C | sed s/=b02/=pi/; echo Time=1000000000; } | sed 's/^/b02: /' | on_head pi-nodes gather -w b02 --from - 2>/dev/null
pi status -w b02
like "$out" '^b02: calls itself "pi", the inventory says b02' 'status: wrong name'
like "$out" '^b02: clock is [0-9]+ s off' 'status: wrong clock'
on_head pi-nodes gather -w b02
echo 'b04 ip=10.0.0.4' >>"$inventory"
pi status
like "$out" '^b04: no facts; run: pi-nodes gather -w b04' 'status: a node without facts'
like "$out" "^b04: not in slurmctld's configuration; run: pi-nodes apply" 'status: a node that slurmctld has not'
sed -i '/^b03/d' "$inventory"
pi status
like "$out" "^b03: in slurmctld's configuration, but not in /etc/slurm-pi/nodes" 'status: a node that the inventory has not'
echo 'b03 ip=10.0.0.3' >>"$inventory"

# Killed between writing and activating: the next run activates
pi gather -w b04
sed -i 's/^b02 .*/&,weight=7/' "$inventory"
n=0
while :; do # the child after which the file is new is the one that asks for the version
	n=$((n + 1))
	on_head strace -qq -o /dev/null -e trace=pidfd_open -e "inject=pidfd_open:signal=KILL:when=$n" \
		pi-nodes apply >/dev/null 2>&1
	[ -e "$nodes_conf.pending" ] || [ "$n" -ge 20 ] && break
done
ok "$([ -e "$nodes_conf.pending" ]; echo $?)" "killed with its child $n: written, not activated"
like "$(cat "$nodes_conf")" '^NodeName=b02 .*Weight=7' 'the new file is there'
unlike "$(node_exec b01 scontrol -o show node b02)" ' Weight=7' 'and slurmctld does not know it'
pi apply
is "$status" 0 'the next apply ends it'
like "$(node_exec b01 scontrol -o show node b02)" ' Weight=7' 'slurmctld knows it'
like "$(node_exec b01 scontrol -o show node b04)" 'NodeName=b04' 'and the new node'
ok "$([ ! -e "$nodes_conf.pending" ]; echo $?)" 'nothing is pending any more'
if reconfigure_is_deadly; then
	like "$err" 'b03: slurmd was not restarted: no answer' 'a slurmd that cannot be reached is named'
fi
node_start b04
wait_node b04 idle 20
ok $? 'the new node is idle'

# What the agent found at boot, and the card's size as a resource that is counted
node_exec b02 sh -c 'mkdir -p /run/slurm-pi; { slurmd -C; echo MAC=02:00:0a:00:00:02
	echo Serial=10000000abcdef12; echo Model=Raspberry Pi 4 Model B Rev 1.4
	echo CardBytes=31914983424; } >/run/slurm-pi/facts'
echo 'ScratchGres = yes' >>"$CLUSTER/b01/slurm-pi/cluster.conf"
pi gather -w b02
is "$status $err" '0 ' "gather takes the agent's facts"
pi apply
like "$status $err" "^4 .*Gres=scratch, but slurm.conf's GresTypes does not have it.*Nothing changed" \
	'a GRES that slurmctld would drop is refused'
sed -i '/^SelectType=/i GresTypes=scratch' "$CLUSTER/slurm/slurm.conf"
node_exec b01 /home/restart-slurmctld
pi apply
is "$status" 0 'with its type it is applied'
like "$(node_exec b01 scontrol -o show node b02)" ' Gres=scratch:28900' 'slurmctld counts the card'
wait_node b02 idle 20
ok $? 'and the node is idle with it'
sed -i '/ScratchGres/d' "$CLUSTER/b01/slurm-pi/cluster.conf"
pi apply
is "$status" 0 'and back'

# A node less
sed -i '/^b04/d' "$inventory"
pi apply
like "$status $err" '^4 .*b04 is in /etc/slurm/nodes.conf but not in .*--prune. Nothing changed' 'dropping a node takes --prune'
pi apply --prune
is "$status" 0 'with it, the node goes'
unlike "$(node_exec b01 scontrol -o show node)" 'NodeName=b04' 'slurmctld has it no more'
is "$(node_state b01)" idle 'and lives'

# slurmctld that does not come back
if reconfigure_is_deadly; then
	cp "$nodes_conf" "$W/before"
	echo 'b04 ip=10.0.0.4' >>"$inventory"
	mv "$CLUSTER/home/restart-slurmctld" "$CLUSTER/home/restart.good"
	cat >"$CLUSTER/home/restart-slurmctld" <<-'END'
		#!/bin/bash
		rm /home/fail-once 2>/dev/null && exit 7
		exec /home/restart.good
	END
	chmod +x "$CLUSTER/home/restart-slurmctld"
	touch "$CLUSTER/home/fail-once"
	pi apply
	is "$status" 5 'a restart that fails: rolled back'
	like "$err" 'activation failed: /home/restart-slurmctld ended with 7' 'with the reason'
	like "$err" 'rolled back: /etc/slurm/nodes.conf is as it was' 'and the end of it'
	cmp -s "$nodes_conf" "$W/before"
	ok $? 'the old file is back'
	is "$(node_state b01)" idle 'and slurmctld runs'
	mv "$CLUSTER/home/restart.good" "$CLUSTER/home/restart-slurmctld"

	# Why all this: what an administrator would have done by hand
	on_head pi-nodes render -o /etc/slurm/nodes.conf
	node_exec b01 scontrol reconfigure >/dev/null 2>&1
	wait_for '! node_exec b01 scontrol ping | grep -q " UP"' 10
	ok $? '`scontrol reconfigure` by hand would have stopped slurmctld'
fi
done_testing
