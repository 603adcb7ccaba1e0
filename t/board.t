#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016 # commands for the board
# The agent on a Raspberry Pi 4 that is emulated: arm64, Debian 13's kernel and
# udev, and the card in the board's own slot. $B/pi-agent must be built for it;
# make check-pi does that.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/board.sh"
need root mmdebstrap cpio setpriv sfdisk e2fsck dumpe2fs mkfs.ext4 mkfs.vfat mcopy
[ -x "$B/pi-agent" ] || bail "no $B/pi-agent: make check-pi"
board_image

boot() { # CARD [LINE-OF-SLURM-PI.CONF...]
	board_boot "$@"
	board_up || bail 'the board does not boot'
}

# An emulated processor needs a minute or more for the controller's driver.
patience='CardWait = 5min'

card=$W/card
blank_card() { truncate -s 0 "$card" && truncate -s 256M "$card"; }
written() { echo $(($(stat -c '%b * %B' "$card") / 1024)); } # KiB of its file

# On this side the card is a file; its file system begins at 4 MiB.
sound() { e2fsck -f -n "$card?offset=4194304"; }

at() { # OFFSET: standard input into the card's file
	dd of="$card" bs=1M seek=$(($1 >> 20)) conv=notrunc,sparse status=none
}

# As a camera leaves it
camera_card() {
	blank_card
	sfdisk -q "$card" <<<'label: dos
		start=8192, type=c'
	truncate -s 252M "$W/part"
	mkfs.vfat -F 32 -n CAMERA "$W/part"
	echo 'a photo' >"$W/photo"
	mcopy -i "$W/part" "$W/photo" ::
	at $((4 << 20)) <"$W/part"
} >"$W/camera.log" 2>&1

pi_os_card() {
	blank_card
	sfdisk -q "$card" <<<'label: dos
		start=8192, size=131072, type=c
		start=139264, type=83'
	truncate -s 64M "$W/boot"
	truncate -s 188M "$W/root-fs"
	mkfs.vfat -n bootfs "$W/boot"
	mkfs.ext4 -q -L rootfs "$W/root-fs"
	at $((4 << 20)) <"$W/boot"
	at $((68 << 20)) <"$W/root-fs"
} >"$W/pi-os.log" 2>&1

# Another card into the slot, or the same again: for pi-agent a new boot
exchange() { # COMMAND...: makes the card
	board_run 'umount /scratch 2>/dev/null; rm -rf /run/slurm-pi'
	board_card_out
	"$@"
	board_card_in
}

left_alone() { # VERDICT WHAT
	local sum
	sum=$(sha256sum <"$card")
	run board_run 'pi-agent inspect'
	like "$out" "^verdict: +$1\$" "$2: inspect says $1"
	is "$status" 4 "$2: with the status for it"
	run board_run 'pi-agent prepare'
	is "$status" 4 "$2: prepare leaves it alone"
	like "$err" "^pi-agent: /dev/mmcblk[01] is left alone: .*; " "$2: and says what would permit it"
	run board_run 'grep -c " /scratch " /proc/mounts; cat /run/slurm-pi/report.json; sync'
	like "$out" '^0$' "$2: nothing is mounted"
	like "$out" "\"verdict\": \"$1\"" "$2: the report has the verdict"
	is "$(sha256sum <"$card")" "$sum" "$2: the card is as it was, to the bit"
}

# --- a blank card, and the power fails while it is made -----------------------

blank_card
boot "$card" "$patience"
run board_run 'pi-agent inspect; echo $?; cat /sys/block/mmcblk[01]/device/cid; ls /dev/mmcblk[01]
	ls -l /dev/disk/by-path/platform-fe340000.mmc'
like "$out" '^verdict: +blank$' 'inspect says blank'
like "$out" '^0$' 'with the status for it'
like "$out" '^id-path: +platform-fe340000\.mmc$' 'it is found in the slot of the board'
is "$(sed -n 's/^card: *//p' <<<"$out")" "$(grep '^/dev/mmcblk' <<<"$out")" 'by whatever name the kernel gave it'
diag "$(grep '^card:' <<<"$out")"
is "$(sed -n 's/^cid: *//p' <<<"$out")" "$(grep -E '^[0-9a-f]{32}$' <<<"$out")" 'the CID is the card'\''s'
like "$out" '^size: +268435456 bytes$' 'the size is right'
like "$out" '^read-only: +no$' 'it can be written'
run board_run 'pi-agent inspect --json'
like "$out" '"id_path": "platform-fe340000.mmc"' 'the same as JSON'
like "$out" '"type": "SD"' 'which says that it is an SD card'

run board_run 'pi-agent prepare --dry-run'
is "$status" 0 'prepare --dry-run has a plan'
like "$out" '^make ext4 of 247 MiB, .*with quotas: because .*this kernel enforces quotas$' \
	'it says that this kernel has quotas'
is "$(board_run 'grep -c " /scratch " /proc/mounts; ls -d /run/slurm-pi') $(written)" '0 0' \
	'and nothing was written or mounted'

board_card_slow 200 # of the 850 sectors or so that it takes
board_ask 'pi-agent prepare'
lives wait_for '[ "$(written)" -ge 200 ]' 600 'prepare begins to make the card'
board_power_cut
diag "$(written) KiB were written when the power failed"
! sound >"$W/sound.log" 2>&1
ok $? 'which left no file system'

# --- the next boot ------------------------------------------------------------

boot "$card" "$patience"
run board_run 'pi-agent inspect'
like "$out" '^mark: +unfinished' 'the next boot sees a card that is half made'
run board_run 'pi-agent prepare'
is "$status" 0 'prepare makes a good one of it'
like "$err" '^pi-agent: /dev/mmcblk[01] is ready on /scratch$' 'and says so'
like "$(board_run 'cat /proc/mounts')" '^/dev/mmcblk[01]p1 /scratch ext4 rw,nosuid,nodev,noatime,' 'it is mounted'
run board_run 'cat /run/slurm-pi/facts'
is "$out" 'Serial=10000000c0ffee42
Model=Raspberry Pi 4 Model B Rev 1.4
CardBytes=268435456' 'the facts are those of the board and its card'

like "$(board_run 'quotaon -p -P /scratch')" '^project quota on /scratch .* is on$' \
	'the kernel enforces project quotas'
# What the plugin does for a job, by the tools for it
run board_run 'mkdir /scratch/pi-7 && chattr -p 7 +P /scratch/pi-7 && setquota -P 7 0 4096 0 0 /scratch &&
	chown 1000 /scratch/pi-7 && setpriv --reuid 1000 --clear-groups sh -c \
		"cd /scratch/pi-7 && dd if=/dev/zero of=big bs=1M count=8; ls -s big"'
like "$err" 'Disk quota exceeded' 'a user is stopped at the limit of his directory'
like "$out" '^4[01][0-9][0-9] big$' 'and not before'

run board_run 'pi-agent prepare'
like "$status $err" '^0 pi-agent: .*; nothing to do$' 'prepare again changes nothing'
board_run 'echo kept >/scratch/pi-7/synced; sync; echo lost >/scratch/pi-7/not-synced'
board_power_cut

run sfdisk --dump "$card"
like "$out" '^label: gpt$' 'the card has a GPT'
like "$out" 'start= *8192, size= *[0-9]+, type=C74F555E-94CF-4E7B-AE5D-1A6C447376F3,.* name="slurm-pi-scratch"' \
	'with one partition of our type and name at 4 MiB'
is "$(grep -c 'start=' <<<"$out")" 1 'and no other'
# Only its head: what its journal has still to put right may be half written.
like "$(dumpe2fs -h "$card?offset=4194304" 2>&1)" '^Filesystem volume name: +slurm-pi$' \
	'the file system is labelled'

# --- ours, after a power cut ----------------------------------------------------

boot "$card" "$patience"
run board_run 'pi-agent inspect'
is "$status" 0 'after a power cut the card is good for inspect'
like "$out" '^verdict: +ours$' 'ours, it says'
run board_run 'pi-agent prepare'
is "$status" 0 'and for prepare'
like "$out" '^check the file system \(e2fsck -p\): because ' 'which checks it'
unlike "$out" '^(write a GPT|make ext4)' 'but does not make it anew'
run board_run 'ls -A /scratch; cd /scratch/.slurm-pi && cat boot_id /proc/sys/kernel/random/boot_id; cat trash/*/synced'
like "$out" '^kept$' 'what the boot before left lies in the trash, whole'
is "$(grep -Evx 'kept|[-0-9a-f]{36}' <<<"$out" | paste -sd ' ')" '.slurm-pi lost+found' 'and nowhere else'
is "$(grep -Ex '[-0-9a-f]{36}' <<<"$out" | uniq | wc -l)" 1 'the card knows this boot'
is "$(board_run 'repquota -P -n /scratch' | awk '/^#[0-9]/ && $5 + $4 > 0')" '' 'no limit of that boot is left'
run board_run 'cat /run/slurm-pi/report.json'
like "$out" '"verdict": "ours"' 'the report has the verdict'
like "$out" '"failure": null' 'and no failure'
like "$out" '"id_path": "platform-fe340000.mmc"' 'and the slot'
run board_run 'pi-agent sweep; find /scratch/.slurm-pi/trash -mindepth 1'
is "$status$out" 0 'sweep empties the trash'
run board_run 'pi-agent check'
like "$err" munge 'check finds munge missing here'
unlike "$err" 'scratch|card' 'and the card good: it keeps what is written to it'
is "$(board_run 'dmesg --level emerg,alert,crit,err' | grep -E 'mmc[0-9]:|mmcblk|EXT4')" '' \
	'the kernel has nothing to say of it'

board_card_out
run board_run 'pi-agent check'
like "$err" '^pi-agent: .*card.* (pulled|taken out)$' 'a card that is pulled while mounted: check says so'
board_run 'umount /scratch'
board_card_in
run board_run 'rm -rf /run/slurm-pi; pi-agent prepare'
is "$status" 0 'put in again, it is good for prepare'

# --- read-only; other cards in the same slot ----------------------------------------

before=$(board_run 'umount /scratch; sync'; sha256sum <"$card")
board_run 'rm -rf /run/slurm-pi; echo 1 | tee /sys/block/mmcblk[01]/force_ro'
run board_run 'pi-agent inspect'
like "$out" '^verdict: +read-only$' 'a card that cannot be written is read-only'
is "$status" 5 'with the status for it'
run board_run 'pi-agent prepare'
is "$status" 5 'prepare does not use it'
is "$(sha256sum <"$card")" "$before" 'and changes nothing'
board_run 'echo 0 | tee /sys/block/mmcblk[01]/force_ro'

exchange camera_card
left_alone foreign "a camera's card"

exchange blank_card
run board_run 'pi-agent prepare'
is "$status" 0 'a blank card is made in one go'
like "$(board_run 'cat /run/slurm-pi/report.json')" '"diskseq": 4,' 'the fourth in this boot, for the kernel'
like "$(board_run 'pi-agent inspect')" '^verdict: +(ours|busy)$' 'and is ours'
board_run 'umount /scratch; sync'
board_power_cut
lives sound 'the file system is sound'

# --- booted with the card of somebody's Pi, and without a card --------------------------

pi_os_card
boot "$card" "$patience"
left_alone foreign 'the card of a Raspberry Pi OS'
board_power_cut

boot none
run board_run 'pi-agent prepare'
is "$status" 3 'without a card prepare ends by itself'
like "$err" '^pi-agent: absent: no card at platform-fe340000\.mmc .* within 10000 ms; this node has no scratch$' \
	'and says that there is none, and how long it waited'
run board_run 'pi-agent inspect; echo $?; cat /run/slurm-pi/report.json; echo; cat /run/slurm-pi/facts; ls /run/slurm-pi'
like "$out" '^verdict: +absent$' 'inspect says so too'
like "$out" '^3$' 'with the status for it'
like "$out" '"verdict": "absent"' 'as does the report'
like "$out" '^Serial=10000000c0ffee42$' 'the facts name the board'
unlike "$out" '^(CardBytes=|mounted$)' 'and no card'
done_testing
