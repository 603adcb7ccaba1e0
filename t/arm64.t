#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The packages for arm64 that scripts/cross-deb has made: what they are, and what
# they depend on. (Not in a tier: scripts/check-arm64 runs it.)
. "$(dirname "$0")/lib.sh"
need dpkg-deb lintian readelf

debs=${VM_DEBS:-$TOP/build/debs/arm64}
[ -e "$debs" ] || skip_all 'needs the packages (scripts/cross-deb)'
deb() { echo "$debs/slurm-pi-${1}_"*_arm64.deb; }
field() { dpkg-deb --field "$(deb "$1")" "$2"; }
release=$(apt-cache show libslurm-dev | sed -n 's/^Version: //p' | head -n 1 | grep -oE '^([0-9]+:)?[0-9]+\.[0-9]+')
after=${release%.*}.$(printf %02d $((10#${release##*.} + 1)))

is "$(lintian --allow-root --fail-on error,warning "$debs"/*.changes 2>&1)" '' 'lintian has nothing to say'
for part in plugin agent head; do
	is "$(field $part Architecture)" arm64 "slurm-pi-$part is of arm64"
	dpkg-deb --extract "$(deb $part)" "$W/root"
done
for file in usr/sbin/pi-agent usr/sbin/pi-nodes usr/lib/aarch64-linux-gnu/slurm-wlm/spank_scratch.so; do
	like "$(readelf --file-header "$W/root/$file")" 'Machine: +AArch64' "so is /$file"
	like "$(readelf --dynamic "$W/root/$file")" 'NOW' 'which is bound at start, like the others'
done
is "$(cd "$W/root" && find . -path '*x86*')" '' 'no file is where this machine has its own'
like "$(field plugin Depends)" "slurmd \(>= $release\) \|.*slurmd \(<< $after\) \|" \
	'the plugin needs the Slurm it was built with'
like "$(field agent Depends)" 'libslurm[0-9]' 'the agent needs its libslurm'
unlike "$(field head Depends)" 'slurm' 'the tools of the head fit any Slurm'
for part in plugin agent head; do
	is "$(field $part Depends | tr , '\n' | grep -oE '^ ?[^ ]*:[a-z0-9]+')" '' \
		"slurm-pi-$part needs nothing of this machine"
done

run "$TOP/scripts/cross-deb" zz
is "$status" 1 'an architecture that Debian has not'
is "$err" "cross-deb: zz: no architecture of Debian's; try arm64" 'is refused in one line'
run "$TOP/scripts/cross-deb" "$(dpkg --print-architecture)"
is "$status" 1 'nor are packages for this machine made so'
run "$TOP/scripts/cross-deb" arm64 here there
is "$status" 2 'two folders are wrong usage'
list=/proc/sys/fs/binfmt_misc
before=$(ls "$list")
like "$("$TOP/t/foreign.sh" arm64 ls "$list")" '^qemu-aarch64$' 'programs for arm64 run where that is wanted'
is "$(ls "$list")" "$before" 'and only there'
# shellcheck disable=SC2016 # for the shell inside
run "$TOP/t/foreign.sh" arm64 sh -c 'for command in "" "$0 arm64"; do $command readlink /proc/self/ns/user; done' \
	"$TOP/t/foreign.sh"
is "$(uniq <<<"$out" | wc -l)" 1 'where they run already nothing is made'
mkfifo "$W/pipe"
"$TOP/t/foreign.sh" arm64 sh -c 'echo up; exec sleep 600' >"$W/pipe" &
exec {pipe}<"$W/pipe"
read -r -u "$pipe" line
{ kill -KILL "$!" && wait "$!"; } 2>/dev/null
read -r -t 60 -u "$pipe"
is "$line, then end of file: $?" 'up, then end of file: 1' 'killed, it takes along what it runs'
run "$TOP/t/foreign.sh" zz true
is "$status $err" "125 t/foreign.sh: zz: no architecture of Debian's" 'nor can its programs be run'
done_testing
