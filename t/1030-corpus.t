#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A corpus of cards, made by the tools that make them: for each the verdict, and
# after `pi-agent prepare` each that is somebody's is the same, bit by bit.

# In a mount namespace of its own: mounts cannot outlive it.
[ "$(id -u)" -ne 0 ] || [ -n "${INSIDE:-}" ] ||
	INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/lib.sh"
need root loop sfdisk sgdisk mkfs.ext4 mkfs.vfat mkfs.exfat mcopy mkntfs mkfs.xfs mkfs.btrfs \
	mkfs.f2fs mkfs.nilfs2 mkudffs mkfs.erofs mksquashfs xorriso mkswap cryptsetup pvcreate perl
cd "$W" || bail "$W"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/slurm-pi scratch files
at_exit eval 'until ! umount scratch 2>/dev/null; do :; done'
echo 'a photo' >files/photo

MIB=$((1 << 20))
img=card.img

# --- building blocks; all work on $img

blank() { rm -f "$img" && truncate -s "${1:-64M}" "$img"; }
# put OFFSET: standard input into the card at this byte
put() { dd of="$img" bs=64K oflag=seek_bytes seek="$1" conv=notrunc status=none; }
# fill OFFSET LENGTH [OCTAL]: that many equal bytes, zeros if not said
fill() { head -c "$2" /dev/zero | tr '\0' "\\${3:-000}" | put "$1"; }
size() { stat -c %s "$img"; }
table() { sfdisk -q "$img" >/dev/null; }
one_fat() { table <<<'label: dos
start=8192, type=c'; }
gpt_linux() { table <<<'label: gpt
,'; }
# at OFFSET COMMAND... FILE: the command on a file of the card's size less the
# offset, put at that offset
at() {
	local offset=$1 n
	shift
	rm -f part.img
	truncate -s $(($(size) - offset - MIB)) part.img
	"${@:1:$#-1}" "${!#}" >tool.log 2>&1 || { n=$?; diag "$* gave $n: $(tail -n 3 tool.log)"; return "$n"; }
	dd if=part.img of="$img" bs=64K oflag=seek_bytes seek="$offset" conv=notrunc,sparse status=none
}
whole() { "$@" "$img" >tool.log 2>&1 || { diag "$*: $(tail -n 3 tool.log)"; return 1; }; }

# A card of ours, as prepare makes it; kept, and copied
ours() {
	if [ ! -e ours.img ]; then
		blank
		prepare_on "$img"
		umount scratch
		detach
		mv "$img" ours.img
	fi
	cp --sparse=always ours.img "$img"
}

# --- the machine under them

attach() {
	disk=$(losetup --find --show --partscan "$1") || bail "losetup $1"
	printf 'ScratchDir = %s\nCardDevice = %s\nCardWait = 1s\n' "$W/scratch" "$disk" >conf
}
detach() { losetup --detach "$disk"; }
at_exit eval 'losetup -n -O NAME,BACK-FILE | while read -r name file; do
	case $file in "$W"/*) losetup --detach "$name" ;; esac; done'
prepare_on() {
	attach "$1"
	run pi-agent --config=conf prepare
}
verdict() { sed -n 's/^verdict: *//p' <<<"$out"; }

# card VERDICT NAME: $img is that, and is left alone unless it is for prepare
card() {
	local status_wanted=4 got
	case $1 in
	busy | failing | read-only) status_wanted=5 ;;
	ours | blank | unfinished) status_wanted=0 ;;
	esac
	run pi-agent inspect "$img"
	got=$(verdict)
	[ "$1" != unfinished ] || got=${got/damaged-ours/unfinished}
	is "$got" "$1" "$2: $1"
	[ "$got" = "$1" ] || diag "$out"
	cp --sparse=always "$img" before.img
	prepare_on "$img"
	is "$status" "$status_wanted" "$2: prepare gives $status_wanted"
	[ "$status" = "$status_wanted" ] || diag "$err"
	if [ "$status_wanted" -eq 0 ]; then
		umount scratch
	else
		blockdev --flushbufs "$disk"
		cmp "$img" before.img >&2
		ok $? "$2: not a bit has changed"
	fi
	detach
}

# --- blank, and not quite

blank; card blank 'all zeros'
blank; fill 0 $((64 * MIB)) 377; card blank 'all ones'
blank; fill 0 $((64 * MIB)) 377; fill 0 $MIB; card blank 'ones after a first MiB of zeros'
blank; fill 0 $((64 * MIB)) 125; card unknown-data 'all 0x55'
blank; head -c 64M /dev/urandom | put 0; card unknown-data 'random data, as plain dm-crypt writes'
blank; tar cf - files | put 0; card unknown-data 'a tar archive'
blank; echo x | put $((64 * MIB - 2)); card unknown-data 'one byte at the end'
blank; echo x | put 1; card unknown-data 'one byte near the start'
blank; whole mkfs.ext4 -q -F; fill 0 4096; card unknown-data 'ext4 whose first 4 KiB are lost'
blank; whole mkfs.ext4 -q -F; wipefs -qa "$img"; card unknown-data 'ext4 after wipefs'

# --- partition tables

blank; table <<<'label: gpt'; card foreign 'an empty GPT'
blank; gpt_linux; card foreign 'a GPT with an empty partition'
blank; gpt_linux; fill 512 512; card foreign 'a GPT whose primary header is lost'
blank; gpt_linux; fill 0 512; card foreign 'a GPT without its protective MBR'
blank; gpt_linux; fill 0 $MIB; card foreign 'a GPT whose first MiB is lost, the backup intact'
blank; gpt_linux; fill 512 512; fill $((64 * MIB - 512)) 512; card foreign 'a protective MBR alone'
blank; table <<<'label: dos'; card foreign 'an empty MBR'
blank; table <<<'label: dos
,'; card foreign 'an MBR with an empty partition'
blank; table <<<'label: dos
start=2048, size=16384, type=83
start=18432, size=65536, type=5
start=20480, size=16384, type=83'; card foreign 'an MBR with a logical partition'
blank; whole sgdisk -n 1:0:+8M -n 2:0:+8M -n 3:0:0; card foreign 'a GPT with three partitions'

# --- file systems of others

blank; whole mkfs.vfat -n CAMERA; card foreign 'FAT without a table'
blank; one_fat; at $((4 * MIB)) mkfs.vfat -n CAMERA part.img; card factory 'MBR and FAT16 without files, as from the shop'
blank 1G; one_fat; at $((4 * MIB)) mkfs.vfat -F 32 part.img; card factory 'MBR and FAT32, as from the shop'
blank; one_fat; at $((4 * MIB)) mkfs.exfat part.img; card factory 'MBR and exFAT, as from the shop'
with_files() { mkfs.vfat part.img && mcopy -i "$1" files/photo ::; }
blank; one_fat; at $((4 * MIB)) with_files part.img; card foreign 'FAT with a photo'
with_deleted() { with_files "$1" && mdel -i "$1" ::photo; }
blank; one_fat; at $((4 * MIB)) with_deleted part.img; card foreign 'FAT with a deleted photo'
with_folder() { mkfs.vfat part.img && mmd -i "$1" '::System Volume Information' ::DCIM; }
blank; one_fat; at $((4 * MIB)) with_folder part.img; card foreign 'FAT with a folder'
with_windows() { mkfs.vfat part.img && mmd -i "$1" '::System Volume Information'; }
blank; one_fat; at $((4 * MIB)) with_windows part.img; card factory 'FAT that a PC has only looked at'
blank; table <<<'label: dos
start=8192, size=40960, type=c
start=49152, type=83'; at $((4 * MIB)) mkfs.vfat part.img; card foreign 'FAT beside another partition'
blank; whole mkfs.exfat; card foreign 'exFAT without a table'
blank; whole mkntfs -q -F; card foreign 'NTFS without a table'
blank; table <<<'label: dos
start=2048, type=7'; at $MIB mkntfs -q -F part.img; card foreign 'NTFS in a partition'
for kind in ext2 ext3 ext4; do
	blank; whole mkfs.$kind -q -F; card foreign "$kind without a table"
done
blank; gpt_linux; at $MIB mkfs.ext2 -q -F part.img; card foreign 'ext2 in a partition'
blank; whole mkfs.ext4 -q -F; fill $((1024 + 200)) 1 101; card foreign 'ext4 with a wrong checksum'
blank 512M; whole mkfs.xfs -q; card foreign XFS
blank 256M; whole mkfs.btrfs -q; card foreign Btrfs
blank 128M; whole mkfs.f2fs -q; card foreign F2FS
blank 256M; whole mkfs.nilfs2 -q; card foreign nilfs2
blank; whole mkudffs; card foreign UDF
blank; mksquashfs files sq.img -noappend -quiet >/dev/null 2>&1; put 0 <sq.img; card foreign squashfs
blank; mkfs.erofs -U 5c1a7d26-0001-4000-8000-000000000001 er.img files >/dev/null 2>&1; put 0 <er.img; card foreign EROFS
blank; xorriso -as mkisofs -quiet -o iso.img files 2>/dev/null; put 0 <iso.img; card foreign 'ISO 9660'
blank; whole mkswap -q; card foreign swap
blank; gpt_linux; at $MIB mkswap part.img; card foreign 'swap in a partition'

# --- containers

luks() { echo secret | cryptsetup luksFormat -q --type "$1" --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$2" -; }
blank; whole luks luks1; card foreign LUKS1
blank; whole luks luks2; card foreign LUKS2
blank; whole luks luks2; fill 0 4096; card foreign 'LUKS2 whose first header is lost'
blank; attach "$img"; pvcreate -qq -ff -y --nolocking "$disk" >tool.log 2>&1 || diag "$(cat tool.log)"; detach
card foreign 'an LVM physical volume'
# The kernel may have no md; its superblocks are these few bytes.
md090() { perl -e 'print pack "L<4 x16 L<8", 0xa92b4efc, 0, 90, 0, 1, 1, 32, 2, 0, 0, 0, 0; print "\0" x 4048'; }
md1() { perl -e '
	my $sector = shift; my @words = unpack "L<64", my $s = pack "L<4 a16 a32 Q< l< L< Q< L<2 x28 Q<6 L<8 Q<3 L<2 x32",
		0xa92b4efc, 1, 0, 0, "0123456789abcdef", "pi:0", 1, 1, 0, 100000, 0, 2;
	substr($s, 144, 8) = pack "Q<", $sector;
	$s = substr $s . "\0" x 256, 0, 256; my $sum = 0; $sum += $_ for unpack "L<64", $s;
	substr($s, 216, 4) = pack "L<", ($sum & 0xffffffff) + ($sum >> 32); print $s' "$1"; }
blank; md090 | put $((64 * MIB - 65536)); card foreign 'a member of an md 0.90 array'
blank; md1 8 | put 4096; card foreign 'a member of an md 1.2 array'
blank; md1 0 | put 0; card foreign 'a member of an md 1.1 array'

# --- cards from other people's desks

blank; gpt_linux; at $MIB mkfs.ext4 -q -F part.img; card adoptable 'made by hand, as in the guide'
blank; table <<<'label: dos
,'; at $MIB mkfs.ext4 -q -F part.img; card adoptable 'made by hand, with an MBR'
blank 128M
table <<<'label: dos
start=8192, size=65536, type=c
start=73728, type=83'
at $((36 * MIB)) mkfs.ext4 -q -F -L rootfs part.img
truncate -s 32M boot.img; mkfs.vfat -n bootfs boot.img >/dev/null 2>&1; put $((4 * MIB)) <boot.img
card foreign 'Raspberry Pi OS'
truncate -s 70M "$img"; card foreign 'Raspberry Pi OS on a smaller card'

# --- two signatures

blank 512M; whole mkfs.xfs -q; truncate -s 512M ext.img; mkfs.ext4 -q -F ext.img
dd if=ext.img bs=1024 skip=1 count=1 status=none | put 1024; card ambivalent 'XFS under an ext4 superblock'
blank; whole mkfs.vfat; dd if=ext.img bs=1024 skip=1 count=1 status=none | put 1024; card ambivalent 'FAT under an ext4 superblock'

# --- ours, and damaged

ours; card ours 'ours'
ours; fill $((64 * MIB - 512)) 512; card ours 'ours without the backup GPT'
ours; truncate -s 128M "$img"; card ours 'ours, copied to a larger card'
ours; fill 512 512; card damaged-ours 'ours without the primary GPT header'
ours; fill 0 512; card damaged-ours 'ours without the protective MBR'
ours; fill 0 $MIB; card damaged-ours 'ours without its first MiB'
ours; fill 0 $MIB; fill $((63 * MIB)) $MIB; card damaged-ours 'ours without any partition table'
ours; fill $((4 * MIB)) 4096; card damaged-ours 'ours without its superblock'
ours; fill $((4 * MIB + 1024 + 200)) 1 101; card damaged-ours 'ours with a wrong checksum'
ours; fill $((4 * MIB + 1024 + 4)) 4 377; card damaged-ours 'ours with an impossible size'
ours; truncate -s 40M "$img"; card foreign 'ours, copied to a smaller card'
ours; whole sgdisk -c 1:other; card foreign 'our type under another name'
ours; whole sgdisk -t 1:8300; card adoptable 'our name under another type'
ours; whole sgdisk -n 2:2048:4095; card foreign 'ours beside another partition'
ours; rm -f part.img; dd if="$img" of=part.img bs=1M skip=4 status=none; e2label part.img photos; put $((4 * MIB)) <part.img
card foreign 'our partition with another file system in it'
ours; rm -f part.img; truncate -s 56M part.img; mkfs.vfat part.img >/dev/null 2>&1; fill $((4 * MIB)) $((8 * MIB)); put $((4 * MIB)) <part.img
card foreign 'our partition with FAT in it'

# --- half-made by pi-agent: the only ones beside ours and blank that are written to

mark() { { printf 'slurm-pi 1: making this card of %d bytes; unfinished\n' "$(size)"; head -c 512 /dev/zero; } | head -c 512 | put $((3 * MIB)); }
blank; mark; card unfinished 'the mark alone'
ours; dd if="$img" of=tail.img bs=512 skip=$((64 * 2048 - 33)) status=none; blank; mark; put $((64 * MIB - 33 * 512)) <tail.img
card unfinished 'the mark and the backup GPT'
ours; fill 512 $MIB; fill $((63 * MIB)) $MIB; fill $((4 * MIB)) $((60 * MIB)); mark; card unfinished 'the mark and the protective MBR'
ours; fill $((4 * MIB)) 4096; mark; card unfinished 'the mark and the GPT'
blank; mark; seq 100000 | put 5000000; card unknown-data 'the mark, and somebody'\''s data'
blank; one_fat; at $((4 * MIB)) mkfs.vfat part.img; mark; card factory 'the mark on a card that a camera has formatted'
blank; one_fat; at $((4 * MIB)) with_files part.img; mark; card foreign 'the mark on a card with photos'
blank 65M; mark; truncate -s 64M "$img"; card unknown-data 'the mark of another card'
done_testing
