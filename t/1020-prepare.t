#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-agent prepare and sweep: a blank card becomes scratch, nothing else is touched

# In a mount namespace of its own: mounts cannot outlive it.
[ "$(id -u)" -ne 0 ] || [ -n "${INSIDE:-}" ] ||
	INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/lib.sh"
need root loop mkfs.vfat mcopy sfdisk perl setpriv
cd "$W" || bail "$W"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/slurm-pi
mkdir scratch
at_exit eval 'until ! umount scratch 2>/dev/null; do :; done'

disk=''
# new_card [SIZE]: another card in the slot, and a configuration that names it
new_card() {
	umount scratch 2>/dev/null
	rm -rf /run/slurm-pi/*
	mkloop disk "${1:-64M}"
	conf "$disk"
}

conf() { printf 'ScratchDir = %s\nCardDevice = %s\nCardWait = 200ms\n' "$W/scratch" "$1" >conf; }
prepare() { run pi-agent --config=conf prepare "$@"; }
reboot_id() {
	umount /proc/sys/kernel/random/boot_id 2>/dev/null
	cat /proc/sys/kernel/random/uuid >boot_id
	mount --bind boot_id /proc/sys/kernel/random/boot_id
}
at_exit eval 'umount /proc/sys/kernel/random/boot_id 2>/dev/null'
report() {
	perl -MJSON::PP -0777 -ne 'print decode_json($_)->{$ARGV[0]} // "null"; last' \
		/run/slurm-pi/report.json "$1"
}
mounted() { grep -q " $W/scratch " /proc/self/mountinfo; }
bytes() { blockdev --flushbufs "$disk" && sha256sum "$(losetup -nO BACK-FILE "$disk")"; }

# --- a blank card

new_card 128M
before=$(bytes)
prepare --dry-run
is "$status" 0 'a dry run succeeds'
is "$(wc -l <<<"$out")" 4 'it prints four actions'
like "$out" '^write a GPT .*: because the card is blank' 'each with its reason'
is "$(bytes)" "$before" 'and changes nothing'
is "$(ls /run/slurm-pi)" '' 'no report either'

prepare
is "$status" 0 'a blank card is prepared'
is "$(wc -l <<<"$out")" 4 'the actions are printed'
like "$err" "$disk is ready on $W/scratch" 'and the end'
like "$(grep " $W/scratch " /proc/self/mountinfo)" 'rw,nosuid,nodev,noatime .* ext4 ' 'mounted nosuid, nodev, noatime'
table=$(sfdisk --json "$disk")
like "$table" '"label": *"gpt"' 'there is a GPT'
like "$table" '"start": *8192,' 'its partition begins at 4 MiB'
like "$table" '"type": *"C74F555E-94CF-4E7B-AE5D-1A6C447376F3"' 'with our type'
like "$table" '"name": *"slurm-pi-scratch"' 'and our name'
is "$(grep -c '"node"' <<<"$table")" 1 'and is the only one'
partition=$(cat "/sys/class/block/$(basename "$disk")p1/size")
super=$(dumpe2fs -h "${disk}p1" 2>/dev/null)
is "$(sed -n 's/^Block count: *//p' <<<"$super")" $((partition / 8 - 256)) 'ext4 is 1 MiB shorter than its partition'
is "$(sed -n 's/^Filesystem volume name: *//p' <<<"$super")" slurm-pi 'labelled'
is "$(sed -n 's/^Reserved block count: *//p' <<<"$super")" 0 'nothing is reserved'
is "$(sed -n 's/^Filesystem features: *//p' <<<"$super" | sed 's/needs_recovery //; s/orphan_present //' |
	tr ' ' '\n' | grep -vx 'quota\|project' | sort | xargs)" \
	'64bit dir_index dir_nlink ext_attr extent extra_isize filetype flex_bg has_journal huge_file large_file metadata_csum resize_inode sparse_super' \
	'with features that e2fsck of Debian 12 knows'
is "$(stat -c '%u:%g %a' scratch)" '0:0 755' 'its root is root'\''s'
is "$(stat -c '%u %a' scratch/.slurm-pi scratch/.slurm-pi/trash | xargs)" '0 700 0 700' 'so is our state'
is "$(cat scratch/.slurm-pi/boot_id)" "$(cat /proc/sys/kernel/random/boot_id)" 'this boot is noted on the card'
is "$(cat /run/slurm-pi/mounted)" "$W/scratch" 'and in /run that there is a card'
is "$(report verdict) $(grep -c '"done": true' /run/slurm-pi/report.json) $(report failure) $(report refused)" \
	'blank 4 null null' 'report.json says what was done'
is "$(tail -c 1 /run/slurm-pi/report.json | wc -l)" 1 'and ends with a whole line'
like "$(cat /run/slurm-pi/facts)" '^NodeName=[^ ]* CPUs=' 'facts begin with `slurmd -C`'
like "$(cat /run/slurm-pi/facts)" "^CardBytes=$((128 * 1024 * 1024))$" 'and have the size of the card'
[ "$(($(stat -c %b "$(losetup -nO BACK-FILE "$disk")") * 512))" -le $((8 * 1024 * 1024)) ]
ok $? 'at most 8 MiB of the card were written'

find scratch /run/slurm-pi -printf '%p %i %T@ %C@\n' | sort >listed
prepare
is "$status" 0 'a second run succeeds'
like "$err" 'mounted on .* already; nothing to do' 'says that there is nothing to do'
is "$(find scratch /run/slurm-pi -printf '%p %i %T@ %C@\n' | sort)" "$(cat listed)" 'and changes nothing'

run pi-agent --config=conf inspect
like "$out" '^verdict: +ours' 'the mounted card is ours'

# --- the same boot, mounted anew: jobs of this boot keep their directories

mkdir scratch/ada-7 && echo data >scratch/ada-7/file
umount scratch
prepare
is "$status" 0 'unmounted, the card is checked and mounted again'
like "$out" 'e2fsck -p' 'the check is printed'
is "$(cat scratch/ada-7/file)" data 'in the same boot nothing goes to the trash'

# --- the next boot

umount scratch
reboot_id
mkdir outside && echo mine >outside/mine
mount "${disk}p1" scratch
touch -d '2040-01-01' scratch/ada-7	# no clock on a Pi: times say nothing
ln -s "$W/outside" scratch/link-8
mkdir -p scratch/deep-9/a/b scratch/lost+found
umount scratch
prepare
is "$status" 0 'in the next boot'
is "$(find scratch -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)" '.slurm-pi lost+found' 'everything else is gone from the card'\''s root'
is "$(find scratch/.slurm-pi/trash -mindepth 1 -maxdepth 1 | grep -c .)" 3 'and lies in the trash'
is "$(cat scratch/.slurm-pi/trash/7-*/file)" data 'under its job'\''s number, unread and unremoved'
is "$(cat scratch/.slurm-pi/boot_id)" "$(cat boot_id)" 'the card knows the new boot'

run pi-agent --config=conf sweep
is "$status" 0 'sweep succeeds'
is "$(ls scratch/.slurm-pi/trash)" '' 'and empties the trash'
is "$(cat outside/mine)" mine 'what a link pointed to is untouched'
run pi-agent --config=conf sweep
is "$status $err" '0 ' 'an empty trash is silence'

mkdir -p scratch/.slurm-pi/trash/1-x/mnt
mount -t tmpfs tmpfs scratch/.slurm-pi/trash/1-x/mnt
touch scratch/.slurm-pi/trash/1-x/mnt/mine scratch/.slurm-pi/trash/2-x
run pi-agent --config=conf sweep
is "$status" 1 'what cannot be removed is a failure'
is "$(ls scratch/.slurm-pi/trash)" '' 'yet the trash comes to rest'
[ -e scratch/.slurm-pi/stuck/1-x/mnt/mine ]
ok $? 'the rest is set aside, and what was mounted in it is untouched'
umount scratch/.slurm-pi/stuck/1-x/mnt

# --- a hostile user's state directory on a card without ours

umount scratch
mount "${disk}p1" scratch
rm -rf scratch/.slurm-pi
ln -s "$W/outside" scratch/.slurm-pi
umount scratch
prepare
is "$status" 0 'a link in the place of our state'
[ -d scratch/.slurm-pi ] && [ ! -L scratch/.slurm-pi ] && [ ! -e outside/trash ]
ok $? 'is replaced, not followed'
umount scratch
mount "${disk}p1" scratch
rm -rf scratch/.slurm-pi
mkdir -m 777 scratch/.slurm-pi
chown 1000 scratch/.slurm-pi
touch scratch/.slurm-pi/boot_id
umount scratch
prepare
is "$status $(stat -c '%u %a' scratch/.slurm-pi)" '0 0 700' 'a user'\''s directory there is replaced too'

# --- interrupted makings are finished

new_card
prepare
umount scratch
# put OFFSET: standard input into the card at this byte
put() { dd of="$disk" bs=512 oflag=seek_bytes seek="$1" conv=notrunc,fsync status=none; }
{ printf 'slurm-pi 1: making this card of %d bytes; unfinished\n' $((64 << 20))
	head -c 512 /dev/zero; } | head -c 512 | put $((3 << 20))
prepare
like "$err" 'labelled|ready' 'a marked card that was used since'
unlike "$out" 'write a GPT' 'is not made again'

# --- what is left alone: not a byte changes

# left_alone VERDICT STATUS NAME
left_alone() {
	local before
	before=$(bytes)
	prepare
	is "$status" "$2" "$3: status $2"
	like "$err" "left alone: $1: " "$3: left alone as $1"
	is "$(wc -l <<<"$err")" 1 "$3: in one line"
	is "$(bytes)" "$before" "$3: not a byte changes"
	! mounted
	ok $? "$3: nothing is mounted"
	is "$(report verdict)" "$1" "$3: the report says so"
}

new_card
sfdisk -q --no-tell-kernel "$disk" <<<'start=8192, type=c'
partx --add --nr 1 "$disk"
mkfs.vfat -n PHOTOS "${disk}p1" >/dev/null 2>&1
seq 1 20000 | mcopy -i "${disk}p1" - ::IMG_0001.JPG
left_alone foreign 4 'a card with a photo on it'
like "$err" 'PHOTOS' 'the evidence is named'
like "$err" "to erase it: WipeOrder = $(uname -n | cut -d. -f1) bytes-67108864 [0-9a-f]{16}$" 'and what would permit it'

new_card
head -c 64M /dev/urandom >"$disk"
left_alone unknown-data 4 'a card of random data'

new_card
mkfs.ext4 -q "$disk"
left_alone foreign 4 'ext4 on the whole disk'

new_card
blockdev --setro "$disk"
left_alone read-only 5 'a read-only card'
blockdev --setrw "$disk"

new_card
mkfs.ext4 -q "$disk"
mkdir -p elsewhere
mount "$disk" elsewhere
prepare
is "$status" 5 'a card that is mounted elsewhere is busy'
like "$err" "in use: mounted on $W/elsewhere" 'and where is said'
umount elsewhere

new_card
prepare
umount scratch
mount "${disk}p1" elsewhere
prepare
is "$status" 1 'our own card, mounted elsewhere, is left alone'
like "$err" "our card is mounted on $W/elsewhere" 'and where is said'
umount elsewhere

new_card
exec 8<"$disk"
flock 8
before=$(bytes)
prepare
is "$status" 1 'a card that another program keeps locked is not waited for for ever'
like "$err" 'another program keeps it locked' 'and that is said'
is "$(report verdict)" busy 'the report says so'
like "$(report failure)" 'another program keeps it locked' 'with the failure'
like "$(cat /run/slurm-pi/facts)" '^NodeName=' 'and the facts are there'
is "$(bytes)" "$before" 'not a byte changes'
exec 8<&-

new_card 16M
prepare
is "$status" 1 'a card that is too small is refused'
like "$err" 'too small: 16 MiB' 'and said to be'

# --- no card, no place, no sense

new_card
conf "$W/no-card"
prepare
is "$status" 3 'no card: status 3'
like "$err" "^pi-agent: absent: no card at $W/no-card within 200 ms" 'said with place and time'
like "$(cat /run/slurm-pi/facts)" '^NodeName=' 'the facts are written all the same'

conf "$(losetup -nO BACK-FILE "$disk")"
prepare
is "$status" 1 'an image file cannot be prepared'
like "$err" 'is an image file' 'and said to be one'

conf "$disk"
rmdir scratch
prepare
is "$status" 1 'without ScratchDir nothing is done'
like "$err" 'not a directory; make it in the node'\''s image' 'and said why'
is "$(blkid -p "$disk")" '' 'the blank card is still blank'
mkdir scratch
mount -t tmpfs tmpfs scratch
prepare
is "$status" 1 'with something else mounted there neither'
like "$err" 'something else is mounted on' 'and said why'
is "$(blkid -p "$disk")" '' 'the blank card is still blank'
umount scratch

echo 'Frobnicate = yes' >>conf
prepare
is "$status" 2 'an unknown key: status 2'
like "$err" 'conf:4: unknown key Frobnicate' 'named with its line'
echo 'ScratchDir' >conf
prepare
is "$status" 2 'a malformed line: status 2'
like "$err" 'conf:1: not' 'named with its line'
run pi-agent --config="$W/no-conf" prepare
is "$status" 2 'no configuration: status 2'
like "$err" "no-conf: No such file" 'named'
is "$(blkid -p "$disk")" '' 'nothing was done'
run setpriv --reuid 65534 --regid 65534 --clear-groups "$B/pi-agent" prepare
is "$status" 2 'an ordinary user is refused'
run pi-agent prepare surplus
is "$status" 2 'so is a surplus argument'
done_testing
