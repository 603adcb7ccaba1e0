#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# t/2110, 2120 and 2121 once more, inside a tree of Debian 13 with its Slurm 24.11
. "$(dirname "$0")/lib.sh"
need root loop namespaces mmdebstrap flock

suite=trixie
cache=${TREE_CACHE:-$TOP/build/cache}
tree=$cache/$suite-$(sha256sum "$TOP/t/tree.sh" | head -c 12)

make_tree() {
	mkdir -p "$cache"
	(
		flock 9
		[ -d "$tree" ] || nice "$TOP/t/tree.sh" "$suite" "$tree"
	) 9>"$cache/$suite.lock" >"$B/tmp/$suite.log" 2>&1
}

# The project's folder at its own place inside the tree, which stays as it is
enter() {
	unshare --mount --propagation private bash -c '
		set -e
		top=$1 tree=$2 build=$3 root=$4 script=$5
		mount -t overlay -o "lowerdir=$tree,upperdir=$root/up,workdir=$root/work" \
			overlay "$root/merged" 2>/dev/null || mount --bind "$tree" "$root/merged"
		cd "$root/merged"
		mkdir -p ".$top" ".$build"
		mount --rbind /dev dev
		mount -t proc proc proc
		mount -t sysfs sysfs sys
		mount -t tmpfs tmpfs tmp
		mount --bind "$top" ".$top"
		mount --bind "$build" ".$build"
		pivot_root . . # not chroot: nsenter goes to the root of the namespace
		umount --lazy .
		cd /
		exec env PATH=/usr/sbin:/usr/bin:/sbin:/bin B="$build" \
			TREE=1 "$top/t/$script" 9<&-
	' enter "$TOP" "$tree" "$B" "$W/root" "$1"
}

make_tree || skip_all "no tree of Debian 13 here: $(tail -n 1 "$B/tmp/$suite.log")"
mkdir -p "$W/root"/{up,work,merged}
for script in 2110-check.t 2120-apply.t 2121-faults.t; do
	enter "$script" >"$W/tap" 2>"$W/log"
	ok $? "$script passes: $(chroot "$tree" slurmctld -V), $(grep -c '^ok' "$W/tap") tests" ||
		diag "$(grep -h '^not ok\|^#\|^Bail' "$W/tap" "$W/log"; tail -n 20 "$W/log")"
done
done_testing
