#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a person can permit: adopting, repairing, wiping by order, an ephemeral
# card. Each does what it says, once, and to no other card.

# In a mount namespace of its own: mounts cannot outlive it.
[ "$(id -u)" -ne 0 ] || [ -n "${INSIDE:-}" ] ||
	INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/lib.sh"
need root loop sfdisk sgdisk mkfs.vfat mcopy strace perl
cd "$W" || bail "$W"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/slurm-pi scratch
at_exit eval 'until ! umount scratch 2>/dev/null; do :; done'
at_exit eval 'umount /proc/sys/kernel/random/boot_id 2>/dev/null'
node=$(uname -n | cut -d. -f1)
disk='' image=''

# new_card [IMAGE]: another card in the slot
new_card() {
	[ -z "$disk" ] || drop_card
	image=${1:-card.img}
	if [ $# -eq 0 ]; then rm -f card.img; truncate -s 64M card.img; fi
	disk=$(losetup --find --show --partscan "$image") || bail 'losetup'
	conf
}
drop_card() {
	umount scratch 2>/dev/null
	rm -f conf
	losetup --detach "$disk"
	disk=''
}
at_exit eval '[ -z "$disk" ] || drop_card'
conf() { printf '%s\n' "ScratchDir = $W/scratch" "CardDevice = $disk" 'CardWait = 1s' "$@" >conf; }
agent() { run pi-agent --config=conf "$@"; }
verdict() { pi-agent inspect "$disk" | sed -n 's/^verdict: *//p'; }
put() { dd of="$disk" bs=64K oflag=seek_bytes seek="$1" conv=notrunc,fsync status=none; }
fill() { head -c "$2" /dev/zero | put "$1"; }
new_boot() {
	umount scratch
	umount /proc/sys/kernel/random/boot_id 2>/dev/null
	rm -rf /run/slurm-pi/*
	cat /proc/sys/kernel/random/uuid >boot_id
	mount --bind boot_id /proc/sys/kernel/random/boot_id
}
# same NAME COMMAND...: which must fail and change nothing on the card
same() {
	local before
	blockdev --flushbufs "$disk"
	before=$(sha256sum "$image")
	agent "${@:2}"
	unlike "$status" '^0$' "$1: refused"
	blockdev --flushbufs "$disk"
	is "$(sha256sum "$image")" "$before" "$1: not a byte changes"
}

# cut_short IMAGE VERB SYSCALL NUMBER [LINE]: a card with the content of IMAGE, on
# which the verb is killed at that call; then the machine boots again
cut_short() {
	[ -z "$disk" ] || drop_card
	cp --sparse=always "$1" try.img
	new_card try.img
	conf "${@:5}"
	strace --follow-forks --seccomp-bpf --quiet=all --output=trace --trace="$3" \
		--inject="$3:signal=KILL:when=$4" pi-agent --config=conf "$2" >run.log 2>&1
	umount scratch 2>/dev/null
	rm -rf /run/slurm-pi/*
}

# --- adopt

new_card
sfdisk -q --no-tell-kernel "$disk" <<<'label: gpt
,'
partx --add --nr 1 "$disk"
mkfs.ext4 -q -L mine "${disk}p1"
mount "${disk}p1" scratch
mkdir scratch/ada-7
echo thesis >scratch/ada-7/chapter
ln -s nowhere scratch/link
umount scratch
agent prepare
is "$status" 4 'a card made by hand is left alone'
like "$err" 'to keep its files: pi-agent adopt; to erase it: WipeOrder = ' 'and both ways out are said'
same 'adopt --dry-run with a wrong verb' adopt surplus
agent adopt --dry-run
is "$status $(verdict)" '0 adoptable' 'a dry run adopts nothing'
agent adopt
is "$status" 0 'adopt succeeds'
is "$(verdict)" ours 'the card is ours'
is "$(cat scratch/ada-7/chapter) $(readlink scratch/link)" 'thesis nowhere' 'with its files'
mkdir scratch/bob-8
new_boot
agent prepare
is "$status" 0 'the next boot takes it'
is "$(cat scratch/ada-7/chapter) $(readlink scratch/link)" 'thesis nowhere' 'and leaves its files where they are'
[ ! -e scratch/bob-8 ]
ok $? 'but not those of later jobs'
umount scratch
same 'a card that is ours' adopt

new_card
same 'a blank card' adopt
mkfs.vfat "$disk" >/dev/null 2>&1
same 'a foreign card' adopt

# by_hand LABEL [WHERE]: a card as the guide has people make it, with fdisk's
# defaults, on which files reach the last block of the disk
by_hand() {
	new_card
	sfdisk -q --no-tell-kernel "$disk" <<<"label: $1
${2-,}"
	partx --add "$disk"
	mkfs.ext4 -q -m 0 "${disk}p1"
	mount "${disk}p1" scratch
	fallocate -l 6M scratch/room
	fallocate -l $(($(df --output=avail -k scratch | tail -n 1) - 2048))K scratch/much
	head -c 4M /dev/urandom >scratch/filling 2>/dev/null
	rm scratch/room
	(cd scratch && mkdir ada-7 && echo thesis >ada-7/chapter && sha256sum filling >ada-7/sum)
	umount scratch
}
files_are_there() {
	(cd scratch && sha256sum --quiet --check ada-7/sum && [ "$(cat ada-7/chapter)" = thesis ])
} 2>/dev/null

by_hand dos
table=$(sfdisk --dump "$disk")
agent adopt
is "$status" 0 'a card with an MBR is adopted'
is "$(verdict)" ours 'and is ours'
files_are_there
ok $? 'with its files, which fill the card to its end'
is "$(sfdisk --dump "$disk")" "$table" 'and its partition table as it was'
mkdir scratch/bob-8
new_boot
agent prepare
is "$status" 0 'the next boot takes it'
files_are_there && [ ! -e scratch/bob-8 ]
ok $? 'and leaves the adopted files where they are'
umount scratch
drop_card
cp --sparse=always card.img adopted.img

new_card adopted.img
partx --add "$disk"
mkfs.ext4 -q "${disk}p1"
is "$(verdict)" adoptable 'formatted by hand it is ours no more'
drop_card
truncate -s 128M adopted.img
new_card adopted.img
sfdisk -q --no-tell-kernel --append "$disk" <<<'start=131072, type=83'
is "$(verdict)" foreign 'nor with a second partition'
drop_card
cp --sparse=always card.img adopted.img
new_card adopted.img
partx --add "$disk"
mkfs.vfat "${disk}p1" >/dev/null 2>&1
is "$(verdict)" foreign 'nor with FAT in it'
drop_card
cp --sparse=always card.img adopted.img
new_card adopted.img
conf 'CardMode = ephemeral'
rm -rf /run/slurm-pi/*
agent prepare
is "$status $(verdict)" '0 ours' 'in mode ephemeral it is made anew'
like "$out" '^write a GPT with one partition' 'as a card of our own'
new_boot
agent prepare
is "$status $(verdict)" '0 ours' 'and again at the next boot'

by_hand dos
echo 'a boot loader' | put $((512 * 1024))
same 'a card that has something where adoption is noted' adopt
like "$err" 'something lies in the sector at byte 524288' 'and why is said'
by_hand dos 'start=63'
same 'a card without room before its partition' adopt

# Interrupted at any change, adopting again keeps the files.
for label in gpt dos; do
	by_hand $label
	drop_card
	cp --sparse=always card.img hand.img
	lost=0 tried=0
	for call in pwrite64 write fsync mount umount2 mkdirat openat renameat; do
		for number in 1 2 3 5 8; do
			cut_short hand.img adopt "$call" "$number"
			pi-agent --config=conf prepare >run.log 2>&1 || pi-agent --config=conf adopt >run.log 2>&1
			tried=$((tried + 1))
			if ! files_are_there; then
				lost=$((lost + 1))
				diag "$call $number: $(cat run.log)"
			fi
		done
	done 2>killed.log
	[ "$lost" -eq 0 ] || grep '^#' killed.log >&2
	is "$lost" 0 "$label: killed at $tried places, adopting again keeps the files"
done

# --- repair

new_card
agent prepare
umount scratch
drop_card
cp --sparse=always card.img ours.img
# damaged NAME: a card of ours, damaged by the commands on standard input
damaged() {
	[ -z "$disk" ] || drop_card
	cp --sparse=always ours.img card.img
	new_card card.img
	eval "$(cat)"
	blockdev --flushbufs "$disk"
	same "$1" prepare
	like "$err" 'to repair it: pi-agent prepare --repair' "$1: what would repair it is said"
	agent prepare --repair
	is "$status" 0 "$1: repaired when asked to"
	is "$(verdict)" ours "$1: ours again"
	umount scratch
	agent prepare
	is "$status" 0 "$1: and good at the next boot"
	umount scratch
}
damaged 'the primary GPT lost' <<<'fill 512 512'
damaged 'the protective MBR lost' <<<'fill 0 512'
damaged 'no partition table left' <<<'fill 0 $((1 << 20)); fill $((63 << 20)) $((1 << 20))'
damaged 'the superblock lost' <<<'fill $((4 << 20)) 4096'
damaged 'the superblock wrong' <<<'printf A | put $(((4 << 20) + 1224))'

drop_card
cp --sparse=always ours.img card.img
new_card card.img
fill 512 512
conf 'Repair = yes'
agent prepare
is "$status $(verdict)" '0 ours' 'Repair = yes repairs without being asked'

# --- wipe by order

new_card
sfdisk -q --no-tell-kernel "$disk" <<<'start=8192, type=c'
partx --add --nr 1 "$disk"
mkfs.vfat -n PHOTOS "${disk}p1" >/dev/null 2>&1
seq 1 20000 | mcopy -i "${disk}p1" - ::PICTURE.JPG 2>/dev/null
blockdev --flushbufs "${disk}p1"
drop_card
cp --sparse=always card.img photos.img
new_card card.img
agent prepare
order=$(sed -n 's/.*to erase it: //p' <<<"$err")
like "$order" "^WipeOrder = $node bytes-67108864 [0-9a-f]{16}\$" 'the order that would permit it is printed'
content=${order##* }
for wrong in "WipeOrder = other bytes-67108864 $content" "WipeOrder = $node bytes-1 $content" \
	"WipeOrder = $node bytes-67108864 ${content//[0-9]/a}"; do
	conf "$wrong"
	same "the order $(cut -d' ' -f3- <<<"$wrong")" prepare
done
for malformed in yes "$node bytes-67108864" "$node bytes-67108864 $content more" "$node x ABCDEF"; do
	conf "WipeOrder = $malformed"
	same "the malformed order '$malformed'" prepare
	is "$status" 2 'which is an error of the configuration'
done
conf "$order"
agent prepare --dry-run
like "$out" '^erase the start and the end of .*: because WipeOrder names this node, this card and' 'a dry run says what the order does'
agent prepare
is "$status" 0 'the order is carried out'
is "$(verdict)" ours 'the card is ours'
umount scratch
agent prepare
is "$status" 0 'at the next boot the order stands, and nothing is wiped'
unlike "$out" 'erase' 'nor said to be'
umount scratch
# A camera formats the card, to the byte as before but for what we keep.
dd if=photos.img of="$disk" bs=1M count=3 conv=notrunc status=none
dd if=photos.img of="$disk" bs=1M skip=4 seek=4 conv=notrunc status=none
same 'the same content on the same card again' prepare
drop_card
# An image is written to the card again, sector by sector, and ends before the card does.
cp --sparse=always photos.img card.img
new_card card.img
conf "$order"
agent prepare
is "$status $(verdict)" '0 ours' 'the order is good for another card that is the same'
drop_card
dd if=photos.img of=card.img bs=1M count=48 conv=notrunc status=none
new_card card.img
conf "$order"
same 'the same image on the same card again' prepare
drop_card

# Partitions that the kernel has read are in nobody's way.
new_card
sfdisk -q --no-tell-kernel "$disk" <<<'label: dos
start=8192, size=65536, type=c
start=73728, type=83'
partx --add "$disk"
mkfs.vfat "${disk}p1" >/dev/null 2>&1
mkfs.ext4 -q "${disk}p2"
agent prepare
conf "$(sed -n 's/.*to erase it: //p' <<<"$err")"
agent prepare
is "$status $(verdict)" '0 ours' 'a card with two partitions is wiped by order'
is "$(echo "$disk"p*)" "${disk}p1" 'and the kernel knows the new one only'
drop_card

# Cut short anywhere, the order still ends in a good card, and fires once.
bad=0 tried=0
for call in pwrite64 fsync ioctl write mount; do
	for number in 1 2 3 4 5 6 8 10 13 17; do
		cut_short photos.img prepare "$call" "$number" "$order"
		tried=$((tried + 1))
		if ! pi-agent --config=conf prepare >run.log 2>&1 || [ "$(verdict)" != ours ]; then
			bad=$((bad + 1))
			diag "$call $number: $(cat run.log)"
		fi
	done
done 2>killed.log
[ "$bad" -eq 0 ] || grep '^#' killed.log >&2
is "$bad" 0 "cut short at $tried places, the order ends in a good card"

# --- an ephemeral card

new_card
conf 'CardMode = ephemeral'
agent prepare
is "$status" 0 'an ephemeral card is made'
unlike "$(dumpe2fs -h "${disk}p1" 2>/dev/null)" has_journal 'without a journal'
mkdir scratch/ada-7
umount scratch
agent prepare
is "$status" 0 'in the same boot'
[ -d scratch/ada-7 ]
ok $? 'it keeps what jobs have on it'
uuid=$(blkid -p -o value -s UUID "${disk}p1")
new_boot
agent prepare
is "$status" 0 'in the next boot'
like "$out" '^make ext4 .* without journal.*: because CardMode is ephemeral' 'it is made anew'
isnt=$(blkid -p -o value -s UUID "${disk}p1")
[ "$uuid" != "$isnt" ] && [ "$(find scratch | wc -l)" -eq 5 ]
ok $? 'and empty, trash and all'
new_boot
conf
agent prepare
is "$status" 0 'back in mode keep'
like "$(dumpe2fs -h "${disk}p1" 2>/dev/null)" has_journal 'it gets a journal'
done_testing
