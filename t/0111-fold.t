#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-nodes' hostlists mean to Slurm what they mean to pi-nodes
. "$(dirname "$0")/lib.sh"
need scontrol

export SLURM_CONF=$W/slurm.conf
printf '%s\n' ClusterName=x SlurmctldHost=localhost >"$SLURM_CONF"
shape='CPUs=1 Boards=1 SocketsPerBoard=1 CoresPerSocket=1 ThreadsPerCore=1 RealMemory=1000'
RANDOM=20261122

# names TEST-NUMBER: some nodes, each once, with holes and changes of width
names() {
	local prefix number=$((RANDOM % 90)) width=$((RANDOM % 4)) i
	for prefix in b rack-2n x10y; do
		for ((i = 0; i < 40; i++)); do
			number=$((number + 1 + (RANDOM % 5 == 0 ? RANDOM % 60 : 0)))
			printf "$prefix%0*d\n" "$width" "$number"
		done
	done | sort -u
}

bad=
for ((round = 1; round <= 25; round++)); do
	names | shuf --random-source="$TOP/LICENSE" >"$W/names"
	number=0
	while read -r name; do
		number=$((number + 1))
		echo "$name ip=10.$((RANDOM % 3)).$((number / 250)).$((number % 250 + 1))" >>"$W/nodes.new"
		echo "NodeName=$name $shape" >>"$W/reports.new"
	done <"$W/names"
	mv "$W/nodes.new" "$W/nodes"
	mv "$W/reports.new" "$W/reports"
	line=$(pi-nodes render --nodes "$W/nodes" --from "$W/reports" | sed 1d)
	read -r list addresses _ <<<"$line"
	list=${list#NodeName=} addresses=${addresses#NodeAddr=}
	paste -d ' ' <(scontrol show hostnames "$list") <(scontrol show hostnames "$addresses") |
		sort >"$W/got"
	sed 's/ip=//' "$W/nodes" | sort >"$W/wanted"
	cmp -s "$W/got" "$W/wanted" || bad+="$line"$'\n'
done
is "$bad" '' 'names and addresses, folded, are the same ones to Slurm, side by side'

# -w: what is accepted means the same; what releases read differently is refused
for list in b02 b02,b03 'b[02-05]' 'b[2-11]' 'b[08-11]' 'b[02-03,07],c1' 'b[2-4,2]'; do
	scontrol show hostnames "$list" >"$W/slurm"
	sort -u "$W/slurm" | awk '{print $1, "ip=10.0.0." NR}' >"$W/nodes"
	sed 's/^/NodeName=/; s/$/ '"$shape"'/' "$W/slurm" | sort -u >"$W/reports"
	run pi-nodes render --nodes "$W/nodes" --from "$W/reports" -w "$list"
	is "$status" 0 "-w $list: taken"
	is "$(scontrol show hostnames "$(sed -n 's/^NodeName=\([^ ]*\) .*/\1/p' <<<"$out" | paste -sd ,)" |
		sort)" "$(sort -u "$W/slurm")" "-w $list: means the same"
done
echo 'b02 ip=10.0.0.2' >"$W/nodes"
for list in 'b[02-04]-eth' 'b[10-02]' 'b[02' 'b 02' 'b{01..03}' 'b[1-70000]' '' 'rack[1-2]b[1-2]'; do
	run pi-nodes render --nodes "$W/nodes" --from "$W/reports" -w "$list"
	like "$status $err" '^4 pi-nodes: -w ' "-w '$list': refused"
done
run pi-nodes render --nodes "$W/nodes" --from "$W/reports" -w b09
like "$status $err" '^4 pi-nodes: -w: b09 is not in ' '-w: a node that is not in the inventory is named'
run pi-nodes apply --nodes "$W/nodes" -w b02
is "$status" 2 'apply -w: usage'
done_testing
