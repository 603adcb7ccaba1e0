#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# board-image.sh - make what an emulated Raspberry Pi 4 boots, and its emulator
#
# usage: t/board-image.sh DIRECTORY
#
# Makes in DIRECTORY, which must not exist, from packages of Debian 13 of which
# none is installed: qemu/, an emulator that knows the board, as Debian 12's does
# not, with device-tree-compiler and kmod; vmlinuz; board.dtb; and board.cpio, an
# initramfs with udev, the programs that pi-agent calls, its libraries and the
# drivers of the card's controller. Takes half a minute and Debian's archive.
# t/board.sh keeps the result under a name made of this file's hash.

set -eu
umask 022

suite=trixie
emulator_packages=qemu-system-arm,device-tree-compiler,kmod
board_packages=dash,coreutils,findutils,grep,hostname,linux-image-arm64,udev,kmod
board_packages+=,e2fsprogs,util-linux,mount,quota
board_packages+=,libinih1,libjansson4,libfdisk1,libmunge2,libslurm42t64
modules='sdhci-iproc ext4 crc32c_generic quota_v2'

# The emulator stumbles over these devices; the last would take the serial line.
absent='interrupt-controller@7ef00100 clock@7ef00000 hdmi@7ef00700 hdmi@7ef05700
	i2c@7ef04500 i2c@7ef09500 hvs@7e400000 pixelvalve@7e206000 pixelvalve@7e207000
	pixelvalve@7e20a000 pixelvalve@7e216000 avs-monitor@7d5d2000
	serial@7e201000/bluetooth'

# This machine decides how old an archive may be.
archive_age=$(apt-config dump --format '%F "%v";%n' Acquire::Check-Valid-Until)

extract() { # ARCHITECTURE PACKAGES DIRECTORY
	mmdebstrap --quiet --variant=extract --architectures="$1" --include="$2" \
		--aptopt='APT::Install-Recommends "false";' \
		${archive_age:+--aptopt="$archive_age"} "$suite" "$3"
}

# A program of the emulator's release, on this machine and its C library
tool() { # PATH ARGUMENT...
	local libraries=$image/qemu/usr/lib/x86_64-linux-gnu path=$1
	shift
	"$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" \
		--argv0 "${path##*/}" "$image/qemu/usr/$path" "$@"
}

# The device tree as the board's firmware would pass it on, as far as this
# matters here: the regulators are behind that firmware, the serial number too.
device_tree() {
	local dtb=$image/board.dtb node
	cp "$tree"/usr/lib/linux-image-*/broadcom/bcm2711-rpi-4-b.dtb "$dtb"
	for node in $absent; do
		tool bin/fdtput -t s "$dtb" "/soc/$node" status disabled
	done
	tool bin/fdtput -d "$dtb" /emmc2bus/mmc@7e340000 vmmc-supply vqmmc-supply
	tool bin/fdtput -t s "$dtb" / model 'Raspberry Pi 4 Model B Rev 1.4'
	tool bin/fdtput -t s "$dtb" / serial-number 10000000c0ffee42
}

# Only the modules that the board here has a use for, and what they need
choose_modules() {
	local all=$tree/usr/lib/modules release module
	release=$(ls "$all")
	tool sbin/depmod -b "$tree" "$release"
	mkdir -p "$root/usr/lib/modules/$release"
	for module in $modules; do
		sed -n "s|:||; /\/${module//[-_]/[-_]}\.ko/p" "$all/$release/modules.dep"
	done | tr ' ' '\n' | sort -u | (cd "$all/$release" &&
		cpio --quiet -pdm "$root/usr/lib/modules/$release")
	cp "$all/$release"/modules.{builtin,builtin.modinfo,order} "$root/usr/lib/modules/$release"
	tool sbin/depmod -b "$root" "$release"
}

initramfs() {
	local name
	mkdir -p "$root"
	(cd "$tree" && find etc usr -path usr/lib/modules -prune -o -path 'usr/lib/linux-image-*' \
		-prune -o -path usr/share -prune -o -path usr/include -prune -o -path '*/gconv' \
		-prune -o -path usr/lib/klibc -prune -o -path usr/lib/udev/hwdb.d -prune -o \
		! -name '*.a' -print | cpio --quiet -pdm "$root")
	for name in bin sbin lib; do
		ln -sfn "usr/$name" "$root/$name"
	done
	ln -sf dash "$root/usr/bin/sh"
	mkdir "$root"/{dev,proc,sys,run,tmp,scratch}
	echo root:x:0:0:root:/:/bin/sh >"$root/etc/passwd"
	echo root:x:0: >"$root/etc/group"
	choose_modules
	(cd "$root" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0) >"$image/board.cpio"
}

image=${1-}
case $#-$image in
1-[!-]*) [ ! -e "$image" ] || { echo "$0: $image exists" >&2; exit 1; } ;;
*)
	echo 'usage: t/board-image.sh DIRECTORY (a new one)' >&2
	exit 2 ;;
esac
mkdir -p "$image"
image=$(realpath "$image")
tree=$image/tree
root=$image/root
extract amd64 "$emulator_packages" "$image/qemu"
extract arm64 "$board_packages" "$tree"
[ -e "$tree/lib" ] || ln -s usr/lib "$tree/lib"
cp "$tree"/boot/vmlinuz-* "$image/vmlinuz"
device_tree
initramfs
rm -rf "$tree" "$root"
