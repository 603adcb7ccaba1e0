#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm-image.sh - make the root file system of a diskless node
#
# usage: t/vm-image.sh DIRECTORY [ARCHITECTURE]
#
# Makes in DIRECTORY, which must not exist, the tree that a node mounts read-only
# over NFS: Debian of the release that runs here, so that what is built here
# runs there, with a kernel, an initramfs that boots from NFS, munge, slurmd and
# sshd. Takes about a minute, root and Debian's archive; for an ARCHITECTURE
# other than this machine's five minutes, and what t/foreign.sh needs. Nothing
# in the tree is of one cluster: no host name, munge key, Slurm configuration or
# root key.
# t/vm.sh keeps the result under a name made of this file's hash.

set -eu

# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")

# What boots with the kernel, what the cluster is made of, what the tests use.
packages=initramfs-tools,busybox,zstd,nfs-common,iproute2
packages+=,systemd,systemd-sysv,udev,kmod,dbus,procps,systemd-timesyncd
packages+=,munge,slurmd,slurm-client,openssh-server
packages+=,e2fsprogs,fdisk,quota,libinih1,libjansson4,libfdisk1,libmount1
packages+=,$(dpkg-query --showformat='${Depends}' --show libslurm-dev |
	grep -o 'libslurm[0-9][0-9a-z]*')
packages+=,strace,dmsetup

# Two drivers and NFS instead of MODULES=netboot, which has hundreds: less to
# unpack where the processor is emulated. It must be there before the kernel's
# package is configured, which makes the initramfs.
initramfs() {
	mkdir -p "$1/etc/initramfs-tools/conf.d"
	printf '%s\n' MODULES=list BOOT=nfs NFSROOT=auto COMPRESS=zstd \
		>"$1/etc/initramfs-tools/conf.d/diskless"
	printf '%s\n' virtio_pci virtio_net nfs nfsv3 \
		>"$1/etc/initramfs-tools/modules"
}

# The root is read-only: what is written lives in memory, and what services
# want to find there is made at each boot.
read_only() {
	cat >"$1/etc/fstab" <<-END
		tmpfs /var tmpfs mode=755,nosuid,nodev,size=128m 0 0
		tmpfs /tmp tmpfs mode=1777,nosuid,nodev,size=128m 0 0
		10.0.0.1:/home /home nfs vers=4,tcp,rw 0 0
	END
	cat >"$1/etc/tmpfiles.d/diskless.conf" <<-END
		d /var/backups 0755 root root -
		d /var/lib/munge 0711 munge munge -
		d /var/log/munge 0700 munge munge -
		d /var/lib/slurm 0755 slurm slurm -
		d /var/log/slurm 0755 slurm slurm -
		d /var/spool/slurmd 0755 root root -
		d /var/lib/nfs 0755 root root -
		d /var/mail 0775 root mail -
	END
	# The name comes from DHCP, the machine id is another one at each boot.
	rm -f "$1/etc/hostname" "$1/etc/resolv.conf" "$1/etc/machine-id" \
		"$1/var/lib/dbus/machine-id"
	: >"$1/etc/machine-id"
	: >"$1/etc/default/locale"
	mkdir -p "$1/scratch"
	rm -f "$1/etc/munge/munge.key"
}

# The cluster's users: made in the image, known to the head by the same numbers.
users() {
	chroot "$1" groupadd --gid 2000 students
	for n in 1 2; do
		chroot "$1" useradd --uid "200$n" --gid students --no-create-home \
			--shell /bin/bash "user$n"
	done
}

# Where this emulated reader sits udev knows no ID_PATH; give it the Pi's, so
# that the defaults of slurm-pi.conf hold. And leave a PC's other devices alone.
devices() {
	cat >"$1/etc/udev/rules.d/61-card-path.rules" <<-'END'
		SUBSYSTEM=="block", KERNELS=="0000:00:0a.0", ENV{ID_PATH}="platform-fe340000.mmc"
		SUBSYSTEM=="block", KERNELS=="0000:00:0a.0", ENV{DEVTYPE}=="disk", SYMLINK+="disk/by-path/$env{ID_PATH}"
		SUBSYSTEM=="block", KERNELS=="0000:00:0a.0", ENV{DEVTYPE}=="partition", SYMLINK+="disk/by-path/$env{ID_PATH}-part%n"
	END
	printf 'blacklist %s\n' ata_piix floppy i2c_piix4 pcspkr psmouse \
		powernow_k8 kvm_amd parport_pc >"$1/etc/modprobe.d/blacklist.conf"
}

# What a node without a disk, a screen or the Internet has no use for.
services() {
	chroot "$1" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer \
		dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
		getty@tty1.service rpcbind.service rpcbind.socket \
		rpc-statd-notify.service
	chroot "$1" systemctl --quiet enable munge slurmd ssh systemd-timesyncd
	# munge refuses what was made at another time: it must not start before.
	chroot "$1" systemctl --quiet enable systemd-time-wait-sync
	mkdir -p "$1/etc/systemd/timesyncd.conf.d"
	printf '[Time]\nNTP=10.0.0.1\n' >"$1/etc/systemd/timesyncd.conf.d/head.conf"
}

image() { # DIRECTORY ARCHITECTURE
	local self
	self=$(realpath "$0")
	umask 022
	"${self%/*}/foreign.sh" "$2" mmdebstrap --quiet --variant=minbase \
		--architectures="$2" --skip=check/qemu \
		--include="linux-image-$2,$packages" \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/gpu/*' \
		--dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/media/*' \
		--dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/net/wireless/*' \
		--dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/infiniband/*' \
		--dpkgopt='path-exclude=/lib/modules/*/kernel/sound/*' \
		--essential-hook="$self --hook initramfs \"\$1\"" \
		--customize-hook="$self --hook read_only \"\$1\"" \
		--customize-hook="$self --hook users \"\$1\"" \
		--customize-hook="$self --hook devices \"\$1\"" \
		--customize-hook="$self --hook services \"\$1\"" \
		"$suite" "$1"
}

case $#-${1:-} in
3---hook) "$2" "$3" ;;
[12]-[!-]*)
	[ ! -e "$1" ] || { echo "$0: $1 exists" >&2; exit 1; }
	image "$1" "${2:-$(dpkg --print-architecture)}" ;;
*)
	echo 'usage: t/vm-image.sh DIRECTORY [ARCHITECTURE] (a new one)' >&2
	exit 2 ;;
esac
