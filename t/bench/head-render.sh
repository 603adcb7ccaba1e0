#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-nodes render of 10,000 nodes in 20 kinds: time and memory
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-$TOP/build}
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
nodes=${NODES:-10000} kinds=${KINDS:-20}

awk -v nodes="$nodes" -v kinds="$kinds" -v inventory="$W/nodes" -v reports="$W/reports" 'BEGIN {
	for (i = 0; i < nodes; i++) {
		name = sprintf("n%05d", i)
		printf "%s compute,ip=10.%d.%d.%d\n", name, i / 62500, i / 250 % 250, i % 250 + 1 >inventory
		printf "NodeName=%s CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=%d\n", \
			name, 1000 + int(i * kinds / nodes) * 100 >reports
		print "UpTime=0-00:15:18" >reports
	}
}'

median() { sort -n | sed -n "$((($1 + 1) / 2))p"; }

for ((i = 0; i < 9; i++)); do
	started=${EPOCHREALTIME/./}
	"$B/pi-nodes" render --nodes "$W/nodes" --from "$W/reports" >"$W/out"
	echo $((${EPOCHREALTIME/./} - started))
done >"$W/times"
[ "$(grep -c ^NodeName "$W/out")" -eq "$kinds" ]

# Where it goes: libgenders reads the inventory with a system call for each byte
${CC:-cc} -O2 -I"$TOP" -D_GNU_SOURCE -o "$W/phases" "$TOP/t/bench/head-render.c" \
	"$B/libhead.a" "$B/libpi.a" -lgenders -linih
for ((i = 0; i < 9; i++)); do
	"$W/phases" "$W/nodes" "$W/reports"
done | sort -n | sed -n 5p >"$W/phases.out"
read -r inventory facts rendering <"$W/phases.out"
for ((i = 0; i < 9; i++)); do
	command -v nodeattr >/dev/null || break
	started=${EPOCHREALTIME/./}
	nodeattr -f "$W/nodes" -n compute >"$W/names"
	echo $((${EPOCHREALTIME/./} - started))
done >"$W/genders"
rss=$("$W/phases" "$W/nodes" "$W/reports" rss)

total=$(median 9 <"$W/times")
printf 'render, %d nodes in %d kinds: %d ms in all, %d MiB\n' "$nodes" "$kinds" \
	$((total / 1000)) $((rss / 1024))
printf '  inventory by libgenders %d ms, reports %d ms, lines %d ms\n' \
	$((inventory / 1000)) $((facts / 1000)) $((rendering / 1000))
[ ! -s "$W/genders" ] ||
	printf '  nodeattr, for the same inventory alone: %d ms\n' $(($(median 9 <"$W/genders") / 1000))
