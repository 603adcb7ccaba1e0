#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-agent sweep against rm -rf, cold cache, on the same card: time, what is written
# to the card, and the most memory
[ -n "${INSIDE:-}" ] || INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/../lib.sh"
need root loop mkfs.ext4 perl
cd "$W" || exit
mkdir -p /run/slurm-pi
mount -t tmpfs -o mode=755 tmpfs /run/slurm-pi
mkdir scratch
at_exit eval 'until ! umount scratch 2>/dev/null; do :; done'
disk=''
mkloop disk 4G
echo "ScratchDir = $W/scratch" >conf

new_card() {
	umount scratch 2>/dev/null
	mkfs.ext4 -q -F -N 2000000 -E nodiscard,lazy_itable_init=0 "$disk"
	mount -t ext4 -o nodev,nosuid,noatime "$disk" scratch
	mkdir -m 700 scratch/.slurm-pi scratch/.slurm-pi/trash scratch/.slurm-pi/trash/7-1
}

fill() {
	perl -e '
	my ($kind, $dir) = @ARGV; chdir $dir or die;
	sub touch { open my $f, ">", $_[0] or die $! }
	if ($kind eq "flat") { touch($_) for 1 .. 100_000 }
	elsif ($kind eq "directories") { for my $d (1 .. 500) { mkdir $d; touch("$d/$_") for 1 .. 200 } }
	elsif ($kind eq "chain") { for (1 .. 10_000) { mkdir "d" or die; touch("f"); chdir "d" or die } }
	else { for my $d (1 .. 1000) { mkdir $d; for my $e (1 .. 10) { mkdir "$d/$e"; touch("$d/$e/$_") for 1 .. 99 } } }
	' "$1" scratch/.slurm-pi/trash/7-1
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

written() { awk '{ print int($7 / 2048) }' "/sys/block/${disk#/dev/}/stat"; }

# measure KIND NAME COMMAND...
measure() {
	local before begin end
	new_card
	fill "$1"
	before=$(written)
	begin=${EPOCHREALTIME/./}
	"${@:3}" 2>peak
	sync -f scratch
	end=${EPOCHREALTIME/./}
	printf '%-12s %-16s %8d ms %6d MiB written\n' "$1" "$2" $(((end - begin) / 1000)) $(($(written) - before))
}

for kind in ${KINDS:-flat directories chain million}; do
	measure "$kind" 'pi-agent sweep' pi-agent --config=conf sweep
	measure "$kind" 'rm -rf' rm -rf scratch/.slurm-pi/trash/7-1
done
new_card
fill flat
/bin/bash -c 'pi-agent --config=conf sweep 2>/dev/null & p=$!; m=0
	while s=$(awk "/VmHWM/ { print \$2 }" /proc/$p/status 2>/dev/null) && [ -n "$s" ]; do m=$s; done
	echo "pi-agent sweep: at most $m KiB resident"'
