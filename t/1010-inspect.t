#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-agent inspect: a verdict with its evidence, and nothing changed

# In a mount namespace of its own: mounts cannot outlive it.
[ "$(id -u)" -ne 0 ] || [ -n "${INSIDE:-}" ] ||
	INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/lib.sh"
need root loop setpriv mkfs.vfat sfdisk mkswap perl
public_work
cd "$W" || bail "$W"

card() { truncate -s "${2:-64M}" "$1"; }
verdict() { sed -n 's/^verdict: *//p' <<<"$out"; }
field() {
	perl -MJSON::PP -0777 -e '
		$v = decode_json <STDIN>;
		$v = ref $v eq "ARRAY" ? $v->[$_] : $v->{$_} for @ARGV;
		print $v // "null"' "$@" <<<"$out"
}

# --- image files, by an ordinary user

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
cp "$B/pi-agent" agent

card blank.img
run as_nobody ./agent inspect blank.img
is "$status $(verdict)" '0 blank' 'a card of zeros is blank, said to an ordinary user without configuration'
like "$out" 'because: +no signature, and every sample is all zeros or all ones' 'with the reason'

head -c 64M /dev/zero | tr '\0' '\377' >ff.img
run ./agent inspect ff.img
is "$status $(verdict)" '0 blank' 'so is one of ones'

card photos.img
sfdisk -q photos.img <<<'start=8192, type=c'
mkfs.vfat --offset 8192 -n PHOTOS photos.img 57344 >/dev/null 2>&1
before=$(sha256sum photos.img)
run as_nobody ./agent inspect --json photos.img
is "$status" 4 'a card with FAT is left alone: status 4'
is "$(field verdict)" factory 'no file on it: as from the shop'
is "$(field table)" dos 'JSON has the table'
is "$(field partitions 0 start)" 4194304 'and the partition'
is "$(field partitions 0 type)" 0x0c 'with its type'
is "$(field signatures 1 type) $(field signatures 1 offset)" 'vfat 4194358' 'each signature has its offset'
is "$(field signatures 1 label)" PHOTOS 'and its label'
is "$(sha256sum photos.img)" "$before" 'not a byte was changed'

card sample.img
printf x | dd of=sample.img bs=1 seek=$((64 * 1024 * 1024 - 100)) conv=notrunc status=none
run ./agent inspect --json sample.img
is "$status $(field verdict)" '4 unknown-data' 'a single byte near the end is data'
is "$(field because)" "no known signature, but data at byte $((64 * 1024 * 1024 - 100))" 'and named'

: >empty.img
run ./agent inspect empty.img
is "$status $(verdict)" '5 failing' 'an empty file is no card'

# --- devices

disk='' short=''
card loop.img
mkloop disk loop.img
run ./agent inspect "$disk"
is "$status $(verdict)" '0 blank' 'a disk is inspected like an image'
like "$out" '^diskseq: +[1-9]' 'its DISKSEQ is shown'

blockdev --setro "$disk"
run ./agent inspect "$disk"
is "$status $(verdict)" '5 read-only' 'a read-only card'
blockdev --setrw "$disk"

mkfs.ext4 -q "$disk"
mkdir mnt
mount "$disk" mnt
run ./agent inspect "$disk"
is "$status $(verdict)" '5 busy' 'a mounted card is busy'
like "$out" "in use: +mounted on $W/mnt" 'with the place'
umount mnt

mkswap -q "$disk"
if swapon "$disk" 2>/dev/null; then
	at_exit eval "swapoff $disk 2>/dev/null || :"
	run ./agent inspect "$disk"
	is "$status $(verdict)" '5 busy' 'swap is busy'
	like "$out" 'in use: +used as swap' 'and said to be swap'
	swapoff "$disk"
fi

# The file ends before the disk does: reading past it fails.
card short.img
mkloop short short.img
truncate -s 32M short.img
run ./agent inspect "$short"
is "$status $(verdict)" '5 failing' 'a card that cannot be read is failing'
like "$out" 'because: +cannot be read' 'and the reason is the read'

sfdisk -q --no-tell-kernel --force "$disk" <<<'label: gpt
,' && partx --add --nr 1 "$disk" 2>/dev/null
run ./agent inspect "${disk}p1"
is "$status" 1 'a partition is refused'
like "$err" 'is a partition; name the whole disk' 'with what to do'

# --- what cannot be inspected

for case in '/nowhere:No such file' '/dev/null:neither a disk nor an image' "$W:neither a disk nor"; do
	run ./agent inspect "${case%%:*}"
	is "$status" 1 "${case%%:*} is refused"
	like "$err" "${case#*:}" 'and the line says why'
	is "$(wc -l <<<"$err")" 1 'in one line'
done

printf 'CardDevice = %s\nCardWait = 100ms\n' "$W/no-card" >conf
run ./agent --config=conf inspect
is "$status $(verdict)" '3 absent' 'no card is absent, status 3'
run ./agent --config=conf inspect --json
is "$(field verdict) $(field card)" 'absent null' 'in JSON too'
printf 'CardDevice = %s\n' "$disk" >conf
run ./agent --config=conf inspect
like "$out" "^card: +$disk" 'CardDevice is inspected without an operand'
done_testing
