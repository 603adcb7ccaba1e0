#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the plugin weighs, and what it adds to srun
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../cluster.sh"
need strip
cluster_enter "$@"
cluster_up b02
strip -o "$W/stripped.so" "$B/spank_scratch.so"
printf 'spank_scratch.so, stripped: %d KiB\n' $(($(stat -c %s "$W/stripped.so") / 1024))

# 100 times `srun --help`, which loads the plugins and does no more
hundred() {
	local begin=${EPOCHREALTIME/./}
	node_exec b01 bash -c 'for i in {1..100}; do srun --help >/dev/null; done'
	echo $(((${EPOCHREALTIME/./} - begin) / 100))
}
hundred >/dev/null
with=$(hundred)
mv "$CLUSTER/slurm/plugstack.conf" "$W/"
: >"$CLUSTER/slurm/plugstack.conf"
without=$(hundred)
printf 'srun --help: %d us with the plugin, %d us without: %d us more\n' "$with" "$without" $((with - without))
