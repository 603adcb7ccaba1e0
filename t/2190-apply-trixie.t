#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# t/2110, 2120 and 2121 once more, inside a tree of Debian 13 with its Slurm 24.11
. "$(dirname "$0")/lib.sh"
need root loop namespaces mmdebstrap flock

tree() { nice "$TOP/scripts/tree" --bind "$TOP" --bind "$B" trixie "$@"; }

version=$(tree slurmctld -V 2>"$W/log") || skip_all "no tree of Debian 13 here: $(tail -n 1 "$W/log")"
for script in 2110-check.t 2120-apply.t 2121-faults.t; do
	tree env B="$B" "$TOP/t/$script" >"$W/tap" 2>"$W/log"
	ok $? "$script passes: $version, $(grep -c '^ok' "$W/tap") tests" ||
		diag "$(grep -h '^not ok\|^#\|^Bail' "$W/tap" "$W/log"; tail -n 20 "$W/log")"
done
done_testing
