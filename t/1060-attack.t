#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A user fills the card with what looks like superblocks of RAID members and other
# file systems: the card stays ours, is mounted at the next boot, and is emptied.

# In a mount namespace of its own: mounts cannot outlive it.
[ "$(id -u)" -ne 0 ] || [ -n "${INSIDE:-}" ] ||
	INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/lib.sh"
need root loop sfdisk perl setpriv
cd "$W" || bail "$W"
chmod 755 "$W"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/slurm-pi scratch
at_exit eval 'until ! umount scratch 2>/dev/null; do :; done'
at_exit eval 'umount /proc/sys/kernel/random/boot_id 2>/dev/null'
disk='' adopted=''

# insert DEVICE: this card is in the slot
insert() {
	umount scratch 2>/dev/null
	umount /proc/sys/kernel/random/boot_id 2>/dev/null
	rm -rf /run/slurm-pi/*
	cat /proc/sys/kernel/random/uuid >boot_id
	mount --bind boot_id /proc/sys/kernel/random/boot_id
	printf 'ScratchDir = %s\nCardDevice = %s\n' "$W/scratch" "$1" >conf
}

forge() {
	setpriv --reuid 65534 --regid 65534 --clear-groups perl -e '
		my $md = pack "L<4 x16 L<8", 0xa92b4efc, 0, 90, 0, 1, 1, 32, 2, 0, 0, 0, 0;
		$md .= "\0" x (4096 - length $md);
		for my $n (map { $ARGV[0] + $_ } 1 .. 64) {
			open my $file, ">", "scratch/mallory-1/$n" or last;
			for (1 .. 256) { syswrite $file, $md x 16 or last; }
			1 while syswrite $file, $md and -s $file < 1 << 20;
		}' "$1"
	sync -f scratch
}

# attack [DEVICE]: blocks of 4 KiB, each an md 0.90 superblock, until the card is
# full, and, with a device, again in other places until libblkid falls for it
attack() {
	local round
	mkdir scratch/mallory-1
	chown 65534:65534 scratch/mallory-1
	forge 0
	[ "$(df --output=avail scratch | tail -n 1)" -le 64 ]
	ok $? 'the card is full of forged superblocks'
	for ((round = 1; $# > 0 && round < 20; round++)); do
		blockdev --flushbufs "$1"
		[ "$(blkid -p -o value -s TYPE "$1")" != linux_raid_member ] || break
		rm -f "scratch/mallory-1/$round" "scratch/mallory-1/$((round + 1))"
		forge $((100 * round))
	done
	umount scratch
}

# survives NAME DEVICE
survives() {
	run pi-agent inspect "$2"
	is "$status" 0 "$1: inspect"
	like "$out" '^verdict: +ours' "$1: still ours"
	insert "$2"
	run pi-agent --config=conf prepare
	is "$status" 0 "$1: mounted at the next boot"
	[ "$status" -eq 0 ] || diag "$err"
	[ ! -e scratch/mallory-1 ]
	ok $? "$1: and rid of the attack"
	run pi-agent --config=conf sweep
	is "$status" 0 "$1: sweep"
	[ "$(df --output=avail scratch | tail -n 1)" -gt 30000 ]
	ok $? "$1: the space is free again"
}

mkloop disk 64M
insert "$disk"
pi-agent --config=conf prepare >/dev/null 2>&1
attack
is "$(blkid -p -o value -s TYPE "${disk}p1")" ext4 'no forged superblock reaches where libblkid looks: the file system ends before'
survives 'a card made by pi-agent' "$disk"

# A card made by hand has its file system up to the end of the partition.
mkloop adopted 64M
insert "$adopted"
sfdisk -q --no-tell-kernel "$adopted" <<<'label: gpt
,'
partx --add --nr 1 "$adopted"
mkfs.ext4 -q -b 4096 -m 0 "${adopted}p1"
pi-agent --config=conf adopt >/dev/null 2>&1
attack "${adopted}p1"
is "$(blkid -p -o value -s TYPE "${adopted}p1")" linux_raid_member 'an adopted card fools libblkid'
survives 'an adopted card' "$adopted"
done_testing
