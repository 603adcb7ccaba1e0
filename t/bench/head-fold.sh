#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Folding 100,000 names: pi-nodes, ClusterShell's nodeset, Slurm's scontrol
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-$TOP/build}
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
export SLURM_CONF=$W/slurm.conf
printf '%s\n' ClusterName=x SlurmctldHost=localhost >"$SLURM_CONF"

${CC:-cc} -O2 -I"$TOP" -D_GNU_SOURCE -o "$W/fold" "$TOP/t/bench/head-fold.c" \
	"$TOP"/head/fold.c "$TOP"/lib/err.c

# every tenth name missing, so that there is something to fold and to part
names() { seq -f 'node%06.0f' 1 "$1" | awk 'NR % 10'; }

spent() { # microseconds of the best of three runs of a command on $W/names
	local i started best=
	for ((i = 0; i < 3; i++)); do
		started=${EPOCHREALTIME/./}
		"$@" <"$W/names" >"$W/out" 2>"$W/err" || return 1
		started=$((${EPOCHREALTIME/./} - started))
		[ -n "$best" ] && [ "$best" -le "$started" ] || best=$started
	done
	echo "$best"
}

with_scontrol() { paste -sd , >"$W/list" && scontrol show hostlist "$W/list"; }
with_nodeset() { nodeset -f; }

last=
for count in 12500 25000 50000 100000; do
	names $((count * 10 / 9 + 1)) | head -n "$count" >"$W/names"
	ours=$(spent "$W/fold")
	inside=$(cat "$W/err")
	printf 'fold %6d names: pi-nodes %6d us (%d us without reading)' "$count" "$ours" "$inside"
	[ -z "$last" ] || printf ', %d.%02d times the half' $((inside / last)) $((inside * 100 / last % 100))
	last=$inside
	if command -v nodeset >/dev/null; then
		printf '; nodeset -f %7d us' "$(spent with_nodeset)"
	fi
	if command -v scontrol >/dev/null; then
		printf '; scontrol %7d us' "$(spent with_scontrol || echo -1)"
	fi
	echo
done
