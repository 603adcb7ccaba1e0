#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-agent prepare killed at every step, and failing at every step: no foreign
# byte ever changes, and the next run finishes the job.
#
# The disk can only differ after system calls that change something, so being
# killed at each of those is being killed anywhere. PI_LONG=1 tries each error at
# each call; without it the four errors take turns, and one read in three fails.

# In a mount namespace of its own: mounts cannot outlive it.
[ "$(id -u)" -ne 0 ] || [ -n "${INSIDE:-}" ] ||
	INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/lib.sh"
need root loop strace mkfs.vfat sfdisk
cd "$W" || bail "$W"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/slurm-pi scratch
at_exit eval 'until ! umount scratch 2>/dev/null; do :; done'
at_exit eval 'losetup -n -O NAME,BACK-FILE | while read -r name file; do
	case $file in "$W"/*) losetup --detach "$name" ;; esac; done'
disk=

attach() {
	disk=$(losetup --find --show --partscan "$1") || bail "losetup $1"
	printf 'ScratchDir = %s\nCardDevice = %s\nCardWait = 1s\n' "$W/scratch" "$disk" >conf
}
# The name is somebody else's from here on: nothing may use it any more.
detach() {
	umount scratch 2>/dev/null
	rm -f conf
	losetup --detach "$disk"
}
new_boot() { rm -rf /run/slurm-pi/*; }

# inject SYSCALL NUMBER WHAT: prepare with this fault in its or its tools' calls
inject() {
	strace --follow-forks --seccomp-bpf --quiet=all --output=trace \
		--trace="$1" --inject="$1:$3:when=$2" pi-agent --config=conf prepare >run.log
} 2>>run.log

# calls CARD SYSCALL...: into `places` "SYSCALL COUNT", the most of one process
calls() {
	local list
	cp --sparse=always "$1" calls.img
	shift
	attach calls.img
	list=$(IFS=,; echo "$*")
	strace --follow-forks --seccomp-bpf --quiet=all --output=trace --trace="$list" \
		pi-agent --config=conf prepare >run.log 2>&1
	detach
	new_boot
	awk '{ sub(/\(.*/, "", $2); n[$1 " " $2]++ }
		END { for (k in n) { split(k, w); if (n[k] > most[w[2]]) most[w[2]] = n[k] }
			for (s in most) print s, most[s] }' trace >places
}

changing=(pwrite64 write fsync fdatasync fallocate ftruncate mount renameat renameat2 mkdir mkdirat
	fchmod fchown unlinkat)
reading=(read pread64 lseek openat ioctl newfstatat)

# --- a blank card, or one of ours: the next run finishes the job

# finishes NAME: whatever state the card is in, a run without faults ends well
finishes() {
	umount scratch 2>/dev/null
	new_boot
	pi-agent --config=conf prepare >run.log 2>&1 && mountpoint -q scratch &&
		[ -s scratch/.slurm-pi/boot_id ] && [ ! -e scratch/left-1 ] && return
	diag "$1: $(cat run.log)"
	return 1
}

truncate -s 64M blank.img
cp --sparse=always blank.img ours.img
attach ours.img
pi-agent --config=conf prepare >run.log 2>&1 || bail "$(cat run.log)"
mkdir scratch/left-1
echo 'an earlier boot' >scratch/.slurm-pi/boot_id
detach
new_boot

# all_faults CARD NAME SYSCALL...: killed at each, and each error at each
all_faults() {
	local card=$1 name=$2 call most n killed=0 failed=0 bad=0 error errors
	errors=(EIO ENOSPC EBUSY EROFS)
	calls "$card" "${@:3}"
	while read -r call most; do
		for ((n = 1; n <= most; n++)); do
			cp --sparse=always "$card" try.img
			attach try.img
			inject "$call" "$n" signal=KILL
			killed=$((killed + 1))
			finishes "killed at $call $n" || bad=$((bad + 1))
			detach
			for error in "${errors[@]}"; do
				[ "${PI_LONG:-0}" = 1 ] || [ "$error" = "${errors[n % 4]}" ] || continue
				cp --sparse=always "$card" try.img
				attach try.img
				inject "$call" "$n" "error=$error"
				failed=$((failed + 1))
				finishes "$error from $call $n" || bad=$((bad + 1))
				detach
			done
		done
	done <places
	is "$bad" 0 "$name: killed $killed times and failing $failed times, the next run finishes the job"
	[ "$killed" -gt 10 ]
	ok $? "$name: there were that many places"
}

all_faults blank.img 'a blank card' "${changing[@]}"
all_faults ours.img 'a card of ours' "${changing[@]}"

# --- a foreign card: not a byte, whatever fails

# none_changes CARD NAME: every read fails once, or finds the end of the file
none_changes() {
	local card=$1 name=$2 call most n faults=0 fault bad=0
	calls "$card" "${reading[@]}"
	cp --sparse=always "$card" try.img
	attach try.img
	while read -r call most; do
		for ((n = 1; n <= most; n++)); do
			[ "${PI_LONG:-0}" = 1 ] || [ $((n % 3)) = 1 ] || continue
			for fault in error=EIO retval=0; do
				[ "${PI_LONG:-0}" = 1 ] || [ $((n % 2)) = $((${#fault} % 2)) ] || continue
				[ "$call $fault" != 'openat retval=0' ] || continue
				inject "$call" "$n" "$fault"
				faults=$((faults + 1))
				if mountpoint -q scratch; then
					diag "$fault from $call $n: mounted; $(cat run.log)"
					umount scratch
					bad=$((bad + 1))
				fi
			done
		done
	done <places
	is "$bad" 0 "$name: never mounted in $faults runs, each with another fault"
	blockdev --flushbufs "$disk"
	cmp "$card" try.img >&2
	ok $? "$name: not a bit has changed"
	detach
}

truncate -s 64M photos.img
sfdisk -q photos.img <<<'label: dos
start=8192, type=c'
mkfs.vfat --offset 8192 -n PHOTOS photos.img 57344 >/dev/null 2>&1
truncate -s 64M hidden.img
seq 1 1000 | dd of=hidden.img bs=512 oflag=seek_bytes seek=$((64 * 1024 * 1024 - 5000)) conv=notrunc status=none
none_changes photos.img 'a card with FAT'
none_changes hidden.img 'a card with data at its end only'
done_testing
