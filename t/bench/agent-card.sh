#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-agent prepare and inspect: time, and what is read from and written to the card,
# against e2fsck and mount by hand, and against a plain mkfs.ext4
[ -n "${INSIDE:-}" ] || INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/../lib.sh"
need root loop mkfs.ext4 e2fsck
cd "$W" || exit
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/slurm-pi scratch
at_exit eval 'until ! umount scratch 2>/dev/null; do :; done'
disk='' plain=''
runs=15

# Milliseconds of a command, and KiB read and written on a disk since `before`
stat_of() { awk '{ print int($3 / 2), int($7 / 2) }' "/sys/block/${1#/dev/}/stat"; }
cold() { sync; echo 3 >/proc/sys/vm/drop_caches; }
measure() { # DISK NAME COMMAND...
	local before after begin ms
	cold
	before=$(stat_of "$1")
	begin=${EPOCHREALTIME/./}
	"${@:3}" >run.log 2>&1 || bail "$2: $(cat run.log)"
	ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
	sync
	after=$(stat_of "$1")
	printf '%-44s %6d ms %8d KiB read %8d KiB written\n' "$2" "$ms" \
		$((${after% *} - ${before% *})) $((${after#* } - ${before#* }))
}
median() { sort -n | sed -n "$((runs / 2 + 1))p"; }
agent() { pi-agent --config=conf "$@"; }

mkloop disk 32G
printf 'ScratchDir = %s\nCardDevice = %s\n' "$W/scratch" "$disk" >conf
mkloop plain 32G
measure "$disk" 'inspect, blank card of 32 GiB' agent inspect
measure "$disk" 'prepare, blank card of 32 GiB' agent prepare
umount scratch
measure "$plain" 'mkfs.ext4 as in the guide, 32 GiB' mkfs.ext4 -q -F "$plain"
measure "$disk" 'inspect, card of ours, cold' agent inspect
measure "$disk" 'prepare, card of ours, cold' agent prepare
umount scratch

by_hand() {
	e2fsck -p "${disk}p1" && mount -o nodev,nosuid,noatime,errors=remount-ro "${disk}p1" scratch
}
times() { # COMMAND...: the median of some runs, in microseconds, card cold, programs warm
	local n begin
	for ((n = 0; n < runs; n++)); do
		blockdev --flushbufs "$disk"
		begin=${EPOCHREALTIME/./}
		"$@" >run.log 2>&1 || bail "$(cat run.log)"
		echo $((${EPOCHREALTIME/./} - begin))
		umount scratch
	done | median
}
hand=$(times by_hand)
ours=$(times agent prepare)
facts=$(for ((n = 0; n < runs; n++)); do
	begin=${EPOCHREALTIME/./}; slurmd -C >/dev/null 2>&1; echo $((${EPOCHREALTIME/./} - begin)); done | median)
printf 'card of ours: prepare %d us, e2fsck -p and mount by hand %d us; of prepare, slurmd -C is %d us: %d.%02d times\n' \
	"$ours" "$hand" "$facts" $(((ours - facts) / hand)) $(((ours - facts) * 100 / hand % 100))
