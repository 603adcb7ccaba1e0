#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which of a Raspberry Pi's devices is the card: devices as a Pi's kernel and udev
# describe them, played back to libudev by umockdev.

# umockdev knows no udevd; a real one's traces would make the agent wait for it.
if [ -e /run/udev/control ] && [ "$(id -u)" -eq 0 ] && [ -z "${INSIDE:-}" ]; then
	# shellcheck disable=SC2016
	INSIDE=1 exec unshare --mount --propagation private \
		bash -c 'mount -t tmpfs tmpfs /run/udev && exec "$0" "$@"' "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
need umockdev-run
[ ! -e /run/udev/control ] || skip_all 'a udevd runs here'
cd "$W" || bail "$W"

# slot HOST-NUMBER CONTROLLER CARD-TYPE ID_PATH DISK...: an mmc host with one card
slot() {
	local host=/devices/platform/emmc2bus/$2/mmc_host/mmc$1 disk minor=0
	printf 'P: %s\nE: SUBSYSTEM=mmc_host\n\n' "$host"
	printf 'P: %s/mmc%d:4567\nE: SUBSYSTEM=mmc\nE: MMC_TYPE=%s\nA: type=%s\\n\nA: cid=aa585151454d552101deadbeef0134%02d\\n\n\n' \
		"$host" "$1" "$3" "$3" "$1"
	for disk in "${@:5}"; do
		printf 'P: %s/mmc%d:4567/block/%s\nN: %s\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\nE: DEVNAME=/dev/%s\n' \
			"$host" "$1" "$disk" "$disk" "$disk"
		printf 'E: ID_PATH=%s\nE: MAJOR=179\nE: MINOR=%d\nA: size=131072\\n\nA: ro=0\\n\n\n' \
			"$4" $((minor += 8))
	done
}
other() { # NAME ID_PATH: a disk that is on no mmc bus
	printf 'P: /devices/platform/usb/block/%s\nN: %s\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\nE: DEVNAME=/dev/%s\n' \
		"$1" "$1" "$1"
	printf 'E: ID_PATH=%s\nE: MAJOR=8\nE: MINOR=0\nA: size=131072\\n\n\n' "$2"
}
conf() { printf '%s\n' 'CardWait = 100ms' "$@" >conf; }
# finds WANTED NAME, of the devices on standard input: a device, or none
finds() {
	cat >devices
	run env ASAN_OPTIONS=verify_asan_link_order=0 umockdev-run --device devices -- pi-agent --config=conf inspect
	# From umockdev 0.19 on it is a block device, of which the size is asked in vain.
	is "$(sed -n 's/^card: *//p; s/^pi-agent: \(.*\): Inappropriate ioctl.*/\1/p' <<<"$out$err")" \
		"${1#none}" "$2"
}
pi4=platform-fe340000.mmc

conf
finds /dev/mmcblk1 'the card in the slot of a Pi 4' < <(slot 1 fe340000.mmc SD $pi4 mmcblk1)
finds /dev/mmcblk0 'under another number' < <(slot 0 fe340000.mmc SD $pi4 mmcblk0)
finds /dev/mmcblk0 'as older kernels call the slot' < <(slot 0 fe340000.emmc2 SD platform-fe340000.emmc2 mmcblk0)
finds none 'not a card in another slot' < <(slot 0 7e202000.mmc SD platform-7e202000.mmc mmcblk0)
finds none 'not the soldered eMMC of a compute module' < <(slot 0 fe340000.mmc MMC $pi4 mmcblk0 mmcblk0boot0 mmcblk0boot1)
finds none 'nor anything that is not mmcblk and a number' < <(slot 0 fe340000.mmc SD $pi4 mmcblk0boot0)
finds none 'nor a slot whose name only begins alike' < <(slot 0 fe340000.mmc SD $pi4-more mmcblk0)
finds /dev/mmcblk1 'not a USB disk, whatever its path' < <(other sda $pi4; slot 1 fe340000.mmc SD $pi4 mmcblk1)
finds none 'a USB disk alone is no card' < <(other sda platform-usb)
finds none 'an empty slot' < <(:)
is "$status" 3 'is status 3'
like "$out" '^because: +no card at platform-fe340000.mmc platform-fe340000.emmc2 within 100 ms' 'and says where a card was looked for'

conf "CardPath = platform-other platform-7e202000.mmc"
finds /dev/mmcblk0 'CardPath names another slot' < <(slot 0 7e202000.mmc SD platform-7e202000.mmc mmcblk0)
finds none 'and then the default is not looked at' < <(slot 1 fe340000.mmc SD $pi4 mmcblk1)
done_testing
