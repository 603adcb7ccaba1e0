#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A power cut of AGENTS nodes (500): all agents ask one slurmctld at once. Time until
# all nodes are back, and what was asked, by type; and the same for one node.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../cluster.sh"
cluster_enter "$@"
agents=${AGENTS:-500}
last=$(printf %03d "$agents")

cluster_build b02
sed -i 's|^SlurmdSpoolDir=.*|SlurmdSpoolDir=/var/lib/slurm/slurmd.%n|
	s|^SlurmdPidFile=.*|SlurmdPidFile=/run/slurm/slurmd.%n.pid|
	s|^SlurmdLogFile=.*|SlurmdLogFile=/var/log/slurm/slurmd.%n.log|
	s|^PlugStackConfig=.*||' "$CLUSTER/slurm/slurm.conf"
printf '%s\n' MessageTimeout=60 TreeWidth=65533 SlurmdTimeout=3000 >>"$CLUSTER/slurm/slurm.conf"
: >"$CLUSTER/slurm/plugstack.conf"
cat >"$CLUSTER/slurm/nodes.conf" <<END
NodeName=n[001-$last] NodeHostname=b02 NodeAddr=10.0.0.2 Port=[7001-$((7000 + agents))] CPUs=1 State=UNKNOWN
END
cat >"$CLUSTER/b02/slurm-pi/boot" <<'END'
for ((n = 1; n <= $1; n++)); do
	name=$(printf n%03d "$n")
	mkdir -p "/var/lib/slurm/slurmd.$name"
	slurmd -N "$name"
done
END
cat >"$CLUSTER/b02/slurm-pi/agents" <<'END'
for ((n = 1; n <= $1; n++)); do
	name=$(printf n%03d "$n")
	printf 'NodeName = %s\nResumeWait = 5min\n' "$name" >"/run/$name.conf"
	pi-agent --config="/run/$name.conf" resume >"/run/$name.log" 2>&1 &
done
failed=0
for job in $(jobs -p); do wait "$job" || failed=$((failed + 1)); done
echo "$failed"
END
boot() { node_exec b02 bash /etc/slurm-pi/boot "$agents" >/dev/null 2>&1; }
count() { node_exec b01 sinfo --noheader --format '%T %D' --nodes "n[001-$last]" | awk -v s="$1" '$1 == s { n += $2 } END { print n + 0 }'; }
until_all() { wait_for "[ \"\$(count $1)\" = $agents ]" "$2" || bail "not all are $1: $(node_exec b01 sinfo --format '%T %D')"; }
requests() {
	node_exec b01 sdiag | awk '/Remote Procedure Call statistics by message type/ { on = 1; next }
		/statistics by user/ { on = 0 } on && match($0, /count:[0-9]+/) { print $1, substr($0, RSTART + 6, RLENGTH - 6) }'
}

node_exec b01 slurmctld
boot
until_all idle 240
wait_for '[ "$(node_exec b02 cut -d. -f1 /proc/uptime)" -gt 10 ]' 20
node_crash b02
node_power_on b02
boot
until_all down 240
node_exec b01 sdiag --reset >/dev/null
begin=$EPOCHREALTIME
failed=$(node_exec b02 bash /etc/slurm-pi/agents "$agents")
end=$EPOCHREALTIME
until_all idle 60
printf '%d nodes after a power cut: all back %.1f s after their agents started, %d agents failed; requests:\n' \
	"$agents" "$(perl -e "print $end - $begin")" "$failed"
requests | sed 's/^/\t/'
node_exec b01 sdiag --reset >/dev/null
node_exec b02 pi-agent --config=/run/n001.conf resume >/dev/null 2>&1
echo 'one agent, its node in service; requests:'
requests | grep -v REGISTRATION | sed 's/^/\t/'
