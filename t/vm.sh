# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# vm.sh - a head and diskless nodes in virtual machines, on a private network
#
#	. "$(dirname "$0")/lib.sh"
#	. "$(dirname "$0")/vm.sh"
#	vm_enter "$@"			# from here on inside namespaces of its own
#	vm_net				# the nodes' root, DHCP, NFS, NTP, munge, Slurm
#	vm_install			# slurm-pi into the nodes' root
#	vm_card "$W/card" 512M		# a blank SD card
#	vm_boot b02 "$W/card"		# returns as soon as QEMU runs
#	vm_up b02 || bail 'no boot'	# systemd has finished starting
#	run vm_run b02 'cat /proc/mounts'
#	vm_power_cut b02
#
# Everything runs inside the namespaces of cluster_enter, with the addresses of
# the real thing (10.0.0.1 is the head b01, b02 is 10.0.0.2), so nothing leaves
# it, nothing outlives it, and several tests can run at once. Head files that
# differ from the machine's are mounted over them, for this namespace only. The
# processor is emulated: a /dev/kvm that exists may still not run a stock kernel.
#
# The nodes' root is made once by t/vm-image.sh and kept in build/cache/; what a
# test changes lies in a layer of its own above it, $VM_TREE is both together.
# With VM_ARCH=arm64 in the environment the nodes are of that architecture, and
# run what is in the packages of the folder VM_DEBS; the head stays what it is.
#
# Files for tests to look at: $W/NAME.console (all boots), $W/slurmctld.log,
# $W/slurm (the head's /etc/slurm), $W/home (/home of all).

# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$TOP/t/cluster.sh"

VM_TREE=$W/tree
VM_NODES='b02 b03'
VM_ARCH=${VM_ARCH:-$(dpkg --print-architecture)}
case $VM_ARCH in
amd64) vm_qemu=(qemu-system-x86_64 -cpu qemu64) vm_console=ttyS0 ;;
arm64) vm_qemu=(qemu-system-aarch64 -M virt -cpu cortex-a72) vm_console=ttyAMA0 ;;
*) bail "VM_ARCH=$VM_ARCH: amd64 or arm64" ;;
esac
declare -A vm_pid

# vm_enter ARGUMENT...: run this test again in namespaces, and end as it did
vm_enter() {
	need vm "${vm_qemu[0]}"
	vm_image
	cluster_enter "$@"
}

# vm_chroot COMMAND...: run it in the nodes' root
vm_chroot() { "$TOP/t/foreign.sh" "$VM_ARCH" chroot "$VM_TREE" "$@"; }

# vm_image: the tree that t/vm-image.sh makes, in $VM_IMAGE. Whoever comes second
# waits for who makes it; an interrupted making leaves nothing that counts.
vm_image() {
	local cache=${VM_CACHE:-$TOP/build/cache} key
	[ -z "${VM_IMAGE:-}" ] || return 0
	key=$({ cat "$TOP/t/vm-image.sh"; slurmd -V; } | sha256sum)
	VM_IMAGE=$cache/vm-${key:0:12}-$VM_ARCH
	mkdir -p "$cache"
	(
		flock 9
		[ -d "$VM_IMAGE" ] && exit
		rm -rf --one-file-system "$VM_IMAGE.new"
		diag "making the nodes' image, once: $VM_IMAGE"
		"$TOP/t/vm-image.sh" "$VM_IMAGE.new" "$VM_ARCH" >"$VM_IMAGE.log" 2>&1 &&
			mv "$VM_IMAGE.new" "$VM_IMAGE"
	) 9>"$VM_IMAGE.lock" || {
		diag "$(tail -n 20 "$VM_IMAGE.log")"
		bail "t/vm-image.sh failed: $VM_IMAGE.log"
	}
	export VM_IMAGE
}

# vm_net: the head's side of everything; must come first, after vm_enter
vm_net() {
	mount --make-rprivate /
	mount -t tmpfs -o mode=755 run /run
	mkdir /run/munge
	vm_tree
	vm_bridge
	vm_head_files
	vm_dhcp
	vm_nfs
	perl "$TOP/t/ntp.pl" 10.0.0.1 2>"$W/ntp.log" &
	vm_slurm
}

vm_tree() {
	mkdir "$W/layer" "$W/work" "$VM_TREE"
	# ganesha wants file handles (nfs_export) and one device number (xino).
	mount -t overlay -o "lowerdir=$VM_IMAGE,upperdir=$W/layer,workdir=$W/work" \
		-o index=on,nfs_export=on,xino=on image "$VM_TREE" || bail 'overlay'
	at_exit umount --lazy "$VM_TREE"
	head -c 128 /dev/urandom >"$W/munge.key"
	chmod 400 "$W/munge.key"
	cp -p "$W/munge.key" "$VM_TREE/etc/munge"
	vm_chroot chown munge:munge /etc/munge/munge.key
	ssh-keygen -q -t ed25519 -N '' -f "$W/key"
	install -D -m 600 "$W/key.pub" "$VM_TREE/root/.ssh/authorized_keys"
}

# vm_install: what an administrator does to the image, before the first boot
vm_install() {
	if [ -n "${VM_DEBS:-}" ]; then vm_install_debs; else vm_install_make; fi
	# An emulated processor needs half a minute or more for the reader's driver.
	echo 'CardWait = 5min' >>"$VM_TREE/etc/slurm-pi/slurm-pi.conf"
	echo "required $B/spank_scratch.so" >"$W/slurm/plugstack.conf"
}

vm_install_make() {
	make -C "$TOP" --no-print-directory install B="$B" DESTDIR="$VM_TREE" \
		>"$W/install.log" 2>&1 || bail "make install: $(tail -n 5 "$W/install.log")"
	echo 'required spank_scratch.so' >"$VM_TREE/etc/slurm/plugstack.conf"
	vm_chroot systemctl --quiet enable pi-agent.service \
		pi-agent-resume.service pi-agent-sweep.path
}

vm_install_debs() {
	cp "$VM_DEBS"/slurm-pi-{plugin,agent}_*_"$VM_ARCH.deb" "$VM_TREE/tmp"
	# As Debian has it: vm_slurm_conf has put another one there.
	echo 'include /etc/slurm/plugstack.conf.d/*.conf' >"$VM_TREE/etc/slurm/plugstack.conf"
	mount --bind /dev "$VM_TREE/dev"
	vm_chroot sh -c 'DEBIAN_FRONTEND=noninteractive apt-get --yes install /tmp/*.deb' \
		>"$W/install.log" 2>&1 </dev/null || bail "apt-get: $(tail -n 5 "$W/install.log")"
	umount "$VM_TREE/dev"
}

vm_bridge() {
	ip link set lo up
	ip link add br0 type bridge forward_delay 0
	ip addr add 10.0.0.1/24 dev br0
	ip link set br0 up
}

# The head's own files are covered for this mount namespace only.
vm_head_files() {
	local n
	hostname b01
	{
		echo 127.0.0.1 localhost
		for n in 1 2 3 4; do echo "10.0.0.$n b0$n"; done
	} >"$W/hosts"
	cp "$W/hosts" "$VM_TREE/etc/hosts"
	mount --bind "$W/hosts" /etc/hosts
	cp /etc/passwd "$W/passwd"
	mkdir "$W/home"
	for n in 1 2; do
		echo "user$n:x:200$n:2000::/home/user$n:/bin/bash" >>"$W/passwd"
		install -d -m 700 -o "200$n" -g 2000 "$W/home/user$n"
	done
	mount --bind "$W/passwd" /etc/passwd
	mount --bind "$W/home" /home
	vm_slurm_conf
	mount --bind "$W/slurm" /etc/slurm
}

vm_slurm_conf() {
	mkdir "$W/slurm" "$W/state"
	chown slurm "$W/state"
	chmod 755 "$W"
	cat >"$W/slurm/slurm.conf" <<-END
		ClusterName=pi
		SlurmctldHost=b01(10.0.0.1)
		SlurmUser=slurm
		StateSaveLocation=$W/state
		SlurmctldPidFile=/run/slurmctld.pid
		SlurmctldLogFile=$W/state/slurmctld.log
		MailProg=/bin/true
		SlurmdPidFile=/run/slurmd.pid
		SlurmdSpoolDir=/var/spool/slurmd
		SlurmdLogFile=/var/log/slurm/slurmd.log
		ProctrackType=proctrack/linuxproc
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		TaskPlugin=task/none
		PrologFlags=Alloc
		MpiDefault=none
		SchedulerParameters=bf_interval=5,requeue_delay=1
		PlugStackConfig=/etc/slurm/plugstack.conf
		NodeName=b02 NodeAddr=10.0.0.2 CPUs=2 CoresPerSocket=2 RealMemory=800
		NodeName=b03 NodeAddr=10.0.0.3 CPUs=2 CoresPerSocket=2 RealMemory=800
		PartitionName=pmain Nodes=ALL Default=YES MaxTime=INFINITE State=UP
	END
	: >"$W/slurm/plugstack.conf"
	cp "$W"/slurm/* "$VM_TREE/etc/slurm"
}

vm_dhcp() {
	local name
	{
		printf '%s\n' port=0 interface=br0 bind-interfaces \
			dhcp-range=10.0.0.0,static,1h dhcp-authoritative \
			dhcp-option=option:router log-dhcp \
			"dhcp-leasefile=$W/leases" "log-facility=$W/dnsmasq.log"
		for name in $VM_NODES; do
			echo "dhcp-host=$(vm_mac "$name"),$(vm_address "$name"),$name"
		done
	} >"$W/dnsmasq.conf"
	dnsmasq --conf-file="$W/dnsmasq.conf" --pid-file="$W/dnsmasq.pid" \
		--user=root || bail 'dnsmasq'
}

vm_nfs() {
	mkdir -p /run/ganesha
	mount -t tmpfs nfs /var/lib/nfs
	mkdir -p /var/lib/nfs/ganesha
	cat >"$W/ganesha.conf" <<-END
		NFS_CORE_PARAM {
			Protocols = 3, 4; mount_path_pseudo = true; Bind_addr = 10.0.0.1;
			Enable_NLM = false; Enable_RQUOTA = false;
		}
		NFSV4 { Graceless = true; RecoveryBackend = fs; }
		# Tests change files behind its back, and nodes are to see that at once.
		EXPORT_DEFAULTS {
			Squash = No_Root_Squash; SecType = sys; Attr_Expiration_Time = 0;
		}
		EXPORT {
			Export_Id = 1; Path = $VM_TREE; Pseudo = /image;
			Access_Type = RO; FSAL { Name = VFS; }
		}
		EXPORT {
			Export_Id = 2; Path = $W/home; Pseudo = /home;
			Access_Type = RW; FSAL { Name = VFS; }
		}
	END
	rpcbind -w || bail 'rpcbind'
	ganesha.nfsd -f "$W/ganesha.conf" -L "$W/ganesha.log" \
		-p "$W/ganesha.pid" -N NIV_EVENT || bail 'ganesha.nfsd'
}

vm_slurm() {
	munged --key-file="$W/munge.key" --log-file="$W/munged.log" \
		--pid-file="$W/munged.pid" --seed-file="$W/munge.seed" --force \
		2>"$W/munged.err" || bail 'munged'
	slurmctld -c || bail 'slurmctld'
	wait_for 'scontrol ping' 10 || bail 'slurmctld does not answer'
}

# vm_user USER COMMAND...: as user1 or user2 on the head, from the home directory
vm_user() {
	setpriv --reuid "$1" --regid 2000 --clear-groups env --chdir="/home/$1" \
		HOME="/home/$1" USER="$1" LOGNAME="$1" SHELL=/bin/bash "${@:2}"
}

# vm_node NAME: its state and reason as Slurm's head sees them, "idle none"
vm_node() { sinfo --noheader --Node --nodes "$1" --format '%T %E' | sed 's/ *$//'; }

vm_address() { echo "10.0.0.$((10#${1#b}))"; }
vm_mac() { printf '52:54:00:00:00:%02x\n' "$((10#${1#b}))"; }

# vm_card FILE SIZE: a blank card; QEMU takes powers of two only
vm_card() {
	rm -f "$1"
	truncate -s "$2" "$1"
}

# vm_boot NAME CARD|none [QEMU-ARGUMENT...]: switch the node on. Like a Pi it does
# not know the time, and asks the head for it. Its console is appended to
# $W/NAME.console; $W/NAME.qemu has QEMU's complaints.
vm_boot() {
	local name=$1 card=$2 append
	shift 2
	append="console=$vm_console panic=-1 ip=dhcp root=/dev/nfs ro systemd.gpt_auto=no"
	append+=" nfsroot=10.0.0.1:/image,vers=3,tcp,nolock"
	# On a busy machine the kernel finds its emulated timer broken, and panics.
	append+=" no_timer_check mitigations=off"
	[ "$card" = none ] || set -- "$@" -device sd-card,drive=sd \
		-drive "id=sd,if=none,format=raw,file=$card"
	if [ ! -e "$W/$name.in" ]; then
		ip tuntap add "tap-$name" mode tap
		ip link set "tap-$name" master br0 up
		mkfifo "$W/$name.in" "$W/$name.out"
	fi
	"${vm_qemu[@]}" -accel tcg,thread=multi -smp 2 -m 1024 \
		-nodefaults -display none -no-reboot -rtc base=2022-05-01 \
		-kernel "$VM_TREE/vmlinuz" -initrd "$VM_TREE/initrd.img" \
		-append "$append" \
		-chardev "file,id=console,append=on,path=$W/$name.console" \
		-serial chardev:console \
		-chardev "pipe,id=qmp,path=$W/$name" -mon chardev=qmp,mode=control \
		-netdev "tap,id=net,ifname=tap-$name,script=no,downscript=no" \
		-device "virtio-net-pci,netdev=net,mac=$(vm_mac "$name"),romfile=" \
		-device virtio-rng-pci -device sdhci-pci,addr=0xa "$@" \
		>>"$W/$name.qemu" 2>&1 </dev/null &
	vm_pid[$name]=$!
	if ! vm_qmp_answer "$name" || ! vm_qmp "$name" qmp_capabilities; then
		bail "QEMU: $(cat "$W/$name.qemu")"
	fi
}

# vm_power_cut NAME: as if the plug were pulled
vm_power_cut() {
	kill -KILL "${vm_pid[$1]}"
	wait "${vm_pid[$1]}" 2>/dev/null
	vm_ssh -O exit "$1" 2>/dev/null
	rm -f "$W/$1.ssh"
}

# vm_run NAME SHELL-TEXT: as root on the node, with its standard output and
# status; 255 if the node cannot be reached
vm_run() { vm_ssh -n "$1" -- "${*:2}"; }

vm_ssh() {
	[ -e "$W/ssh.conf" ] || vm_ssh_conf >"$W/ssh.conf"
	ssh -F "$W/ssh.conf" "$@"
}

vm_ssh_conf() {
	local name
	for name in $VM_NODES; do
		printf 'Host %s\nHostName %s\n' "$name" "$(vm_address "$name")"
	done
	cat <<-END
		Host *
		User root
		IdentityFile $W/key
		IdentitiesOnly yes
		UserKnownHostsFile /dev/null
		StrictHostKeyChecking no
		LogLevel ERROR
		BatchMode yes
		ConnectTimeout 10
		ServerAliveInterval 20
		ControlMaster auto
		ControlPath $W/%n.ssh
		ControlPersist yes
	END
}

# vm_scratch NAME: what is mounted on /scratch, as the first process sees it
vm_scratch() { vm_run "$1" 'nsenter -t 1 -m findmnt -n -o SOURCE,FSTYPE,OPTIONS /scratch'; }

# vm_limits NAME: users and projects of the card that have a limit, and which. The
# columns of repquota are used, soft, hard and again for the number of files.
vm_limits() {
	vm_run "$1" 'repquota -P -n /scratch; repquota -u -n /scratch' |
		awk '/^#[0-9]/ && $5 + $8 > 0 { print $1, $5, $8 }'
}

# vm_up NAME [SECONDS]: systemd has finished starting; says how long that took
vm_up() {
	local begin=$SECONDS
	wait_for "vm_is_off $1 || vm_run $1 true" "${2:-600}"
	vm_is_off "$1" || vm_run "$1" 'systemctl is-system-running --wait' >/dev/null
	vm_run "$1" true || {
		diag "$(tail -n 30 "$W/$1.console")"
		return 1
	}
	diag "$1 is up after $((SECONDS - begin)) s:" \
		"$(vm_run "$1" 'systemd-analyze time' | head -n 1)"
}

vm_is_off() { ! kill -0 "${vm_pid[$1]}"; } 2>/dev/null

# vm_journal NAME [journalctl's options]
vm_journal() { vm_run "$1" "journalctl --quiet --no-pager -o short-monotonic ${*:2}"; }

# vm_qmp NAME COMMAND [JSON-ARGUMENTS]: a command of QEMU's machine protocol.
# `stop` returns when what the guest has written is in the card's file; from
# then until `cont` that file is what a power cut would leave.
vm_qmp() {
	echo "{\"execute\": \"$2\", \"arguments\": ${3:-{\}}}" 1<>"$W/$1.in"
	vm_qmp_answer "$1"
}

vm_qmp_answer() {
	local line
	while read -r -t 30 line; do
		case $line in
		*'"return"'* | *'"QMP"'*) return 0 ;;
		*'"error"'*) diag "QEMU: $line"; return 1 ;;
		esac
	done <>"$W/$1.out"
	return 1
}

# vm_card_slow NAME WRITES: a card that writes so many sectors a second; 0: any
vm_card_slow() {
	vm_qmp "$1" block_set_io_throttle '{ "device": "sd", "bps": 0, "bps_rd": 0,
		"bps_wr": 0, "iops": 0, "iops_rd": 0, "iops_wr": '"$2"' }'
}

# vm_card_out NAME, vm_card_in NAME: unbind the card's reader from its driver, so
# that the card disappears, and bind it again. Between the two the card's file
# may be overwritten in place: another card.
vm_card_out() { vm_run "$1" 'echo 0000:00:0a.0 >/sys/bus/pci/drivers/sdhci-pci/unbind'; }

vm_card_in() {
	vm_run "$1" 'echo 0000:00:0a.0 >/sys/bus/pci/drivers/sdhci-pci/bind
		for i in $(seq 100); do
			[ -b /dev/mmcblk0 ] && exec udevadm settle
			sleep 0.1
		done
		exit 1'
}
