#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The epilog with 1 to a million files in the directory, against rm -rf in its place
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../cluster.sh"
. "$(dirname "$0")/../hooks.sh"
CARD_SIZE=20G
cluster_enter "$@"
cluster_up b02
hooks_capture b02
cat >"$CLUSTER/b02/log/bench" <<'END'
fill() { perl -e 'my ($d, $n) = @ARGV; for (1 .. $n) { open my $f, ">", "$d/$_" or die $! }' "$1" "$2"; sync; echo 3 >/proc/sys/vm/drop_caches; }
now() { echo "${EPOCHREALTIME/./}"; }
took() { printf '%10.1f' "$((($(now) - $1) / 100))e-1"; }
printf '%10s %14s %14s\n' files 'epilog, ms' 'rm -rf, ms'
for files in 1 1000 100000 1000000; do
	/run/hooks/hook prolog 1000
	fill /scratch/student-1000 "$files"
	begin=$(now)
	/run/hooks/hook epilog 1000
	ours=$(took "$begin")
	/opt/slurm-pi/sbin/pi-agent sweep 2>/dev/null
	mkdir /scratch/theirs
	fill /scratch/theirs "$files"
	begin=$(now)
	rm -rf /scratch/theirs
	printf '%10d %14s %14s\n' "$files" "$ours" "$(took "$begin")"
done
END
node_exec b02 bash /var/log/bench
