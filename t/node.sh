#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# node.sh - one machine of the private cluster, from power-on to power-off
#
#	node.sh NAME ADDRESS CLUSTER-DIRECTORY 9<SWITCH-NETWORK-NAMESPACE
#
# t/cluster.sh runs this as the first process of new network, mount, UTS, PID
# and time namespaces. It makes the machine look like a freshly booted diskless
# node: a read-only root shared with the others, /var, /run and /tmp in RAM, an
# empty /scratch, its own name, address and boot id, the cluster's /home. Then
# it says "up PID" (as seen from outside), and reaps orphans until it is killed.
set -eu
umask 022
name=$1 address=$2 cluster=$3
own=$cluster/$name		# what of this machine survives a reboot
root=$own/root

ram() { mount -t tmpfs -o "mode=$1" tmpfs "$root$2"; }
share() { mount --bind "$1" "$root$2"; }
protect() { mount -o remount,bind,ro "$root$1"; }

share_system() {
	local dir
	for dir in /usr /bin /sbin /lib*; do
		if [ -L "$dir" ]; then
			cp --no-dereference "$dir" "$root$dir"
		else
			mkdir "$root$dir"
			mount --rbind "$dir" "$root$dir"
			protect "$dir"
		fi
	done
}

share_cluster() {
	share "$cluster/image/etc" /etc
	protect /etc
	share "$cluster/image/opt" /opt
	protect /opt
	share "$own/slurm-pi" /etc/slurm-pi
	share "$cluster/home" /home
	share "$cluster/slurm" /etc/slurm
	[ "$name" = b01 ] || protect /etc/slurm
}

# What tmpfiles.d makes at boot on a real node
fill_ram() {
	ram 755 /run
	ram 755 /var
	ram 1777 /tmp
	ram 1777 /dev/shm
	mkdir -p "$root"/var/{lib/slurm/slurmd,lib/munge,log,spool,cache} "$root/run/lock"
	mkdir -m 1777 "$root/var/tmp"
	ln -s /run "$root/var/run"
	share "$own/log" /var/log
	install -d -o munge -g munge "$root/run/munge"
	install -d -o munge -g munge -m 711 "$root/var/lib/munge"
	install -d -o munge -g munge -m 700 "$root/var/log/munge"
	install -d -o slurm -g slurm "$root/run/slurm" "$root/var/log/slurm" \
		"$root/var/lib/slurm/slurmctld"
}

new_boot_id() {
	cat /proc/sys/kernel/random/uuid >"$root/run/boot_id"
	mount --bind "$root/run/boot_id" "$root/proc/sys/kernel/random/boot_id"
}

build_root() {
	mkdir -p "$root"
	mount -t tmpfs -o mode=755 tmpfs "$root"
	mkdir "$root"/{dev,etc,home,mnt,opt,proc,root,run,scratch,sys,tmp,var}
	share /dev /dev
	mount -t devpts -o ptmxmode=666 devpts "$root/dev/pts"
	mount -t proc proc "$root/proc"
	mount -t sysfs -o ro sysfs "$root/sys"
	share_system
	share_cluster
	fill_ram
	new_boot_id
	mount -o remount,ro "$root"
}

# Plug a cable into the switch, whose namespace is open as descriptor 9.
plug_in() {
	local mac bytes
	IFS=. read -r -a bytes <<<"$address"
	printf -v mac '02:00:%02x:%02x:%02x:%02x' "${bytes[@]}"
	ip link add eth0 address "$mac" type veth peer name "$name" netns /proc/self/fd/9
	nsenter --net=/proc/self/fd/9 ip link set "$name" master br0 up
	ip link set lo up
	ip link set eth0 up
	ip address add "$address/24" dev eth0
}

main() {
	local self never
	# This /proc is still the cluster's, and so are its process numbers.
	read -r self _ </proc/self/stat
	echo "$name" >/proc/sys/kernel/hostname
	plug_in
	exec 9<&-
	build_root
	cd "$root"
	pivot_root . .
	umount --lazy .
	cd /
	setpriv --reuid munge --regid munge --clear-groups munged
	echo "up $self"
	exec >/dev/null {never}<> <(:)
	while :; do read -r -u "$never" || :; done
}

main
