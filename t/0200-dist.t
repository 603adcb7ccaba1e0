#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installing, removing and packing sources: where files go, and what is refused.
. "$(dirname "$0")/lib.sh"
need make

# The caller's make must not meddle, by -j or by its own folders.
unset MAKEFLAGS MAKELEVEL MFLAGS DESTDIR prefix sbindir mandir docdir sysconfdir plugindir unitdir
# A build folder of its own: what it is built for changes.
mkdir "$W/build"
find "$B" -mindepth 1 -maxdepth 1 -type f -exec cp -p -t "$W/build" {} +
cp -a "$B"/{agent,head,lib,spank} "$W/build"
quiet_make() { make -s --no-print-directory -C "$TOP" B="$W/build" "$@"; }
files() { (cd "$1" && find . ! -type d | sort); }
version=$(sed -n 's/^VERSION *:= *//p' "$TOP/Makefile")

lives quiet_make install DESTDIR="$W/a" plugindir=/P unitdir=/U prefix=/usr \
	'make install, with plugindir and unitdir'
like "$(files "$W/a")" '^\./P/spank_scratch\.so$' 'plugindir is honoured'
is "$(cd "$W/a/U" && echo *)" "$(cd "$TOP/etc" && printf '%s\n' *.in | sed 's/\.in$//' | xargs)" \
	'unitdir is honoured: all units, and nothing else, are there'
is "$(find "$W/a" ! -type d -perm /7022)" '' 'nothing is setuid or writable by others'

echo 'Quota = off' >"$W/a/etc/slurm-pi/slurm-pi.conf"
lives quiet_make install DESTDIR="$W/a" plugindir=/P unitdir=/U 'make install again'
is "$(cat "$W/a/etc/slurm-pi/slurm-pi.conf")" 'Quota = off' 'a configuration that is there stays'
run quiet_make uninstall DESTDIR="$W/a" plugindir=/P unitdir=/U
is "$status $(files "$W/a")" '0 ./etc/slurm-pi/slurm-pi.conf' \
	'make uninstall leaves an edited configuration, and nothing else'
is "$out" "left: $W/a/etc/slurm-pi/slurm-pi.conf" 'and says so'

lives quiet_make install DESTDIR="$W/b" prefix=/opt/pi plugindir=/opt/pi/P unitdir=/opt/pi/U \
	sysconfdir=/opt/pi/etc 'make install, with a prefix'
is "$(files "$W/b" | grep -v '^\./opt/pi/')" '' 'prefix is honoured: nothing is outside'
is "$(grep -h '^ExecStart=' "$W"/b/opt/pi/U/*.service | grep -v '^ExecStart=/opt/pi/sbin/')" '' \
	'and the units start what is there'
lives quiet_make uninstall DESTDIR="$W/b" prefix=/opt/pi plugindir=/opt/pi/P unitdir=/opt/pi/U \
	sysconfdir=/opt/pi/etc 'make uninstall, with a prefix'
is "$(files "$W/b")" '' 'and nothing is left'
is "$(find "$W/b" -name '*slurm-pi*')" '' 'no directory of its own either'

# A build that misses something says what to install, in one line.
refuses() {
	local name=$1 wanted=$2
	shift 2
	rm -rf "$W/new"
	run quiet_make B="$W/new" "$@"
	[ "$status" -ne 0 ]; ok $? "$name: refused"
	is "$(grep -vc '^make: ' <<<"$err")" 1 "$name: in one line"
	like "$err" "$wanted" "$name: which says what to do"
	[ ! -e "$W/new/lib" ]; ok $? "$name: nothing was compiled"
}
mkdir "$W/none"
refuses 'no libraries' '(libjansson-dev|jansson-devel)' \
	PKG_CONFIG="env PKG_CONFIG_LIBDIR=$W/none PKG_CONFIG_PATH=$W/none pkg-config" all
refuses 'no headers of Slurm' 'install .*(libslurm-dev|slurm-devel)' CC="${CC:-cc} -nostdinc" all
printf '#!/bin/sh\n! expr "$*" : ".*check" >/dev/null && exec pkg-config "$@"\n' >"$W/no-check"
chmod 755 "$W/no-check"
refuses 'no libcheck' 'install check' PKG_CONFIG="$W/no-check" "$W/new/t/unit/size.t"
refuses 'no compiler' 'no compiler no-such-cc: .*install gcc' CC=no-such-cc multiarch= all

refuses 'no cross compiler' '(install gcc-no-such-machine|dnf install gcc)' CROSS=no-such-machine- multiarch= all

# Not a mock of Slurm: only the number that the check reads
mkdir -p "$W/include/slurm"
of_slurm() { echo "#define SLURM_VERSION_NUMBER $1" >"$W/include/slurm/slurm_version.h"; }
of_slurm 0x150808
refuses 'Slurm 21.08' 'Slurm 21\.08 is not supported: .*22\.05' CPPFLAGS="-I$W/include" all
of_slurm 0x280500
refuses 'Slurm 40.05' 'Slurm 40\.05 is not supported: .*22\.05' CPPFLAGS="-I$W/include" all
run env CPPFLAGS="-I$W/include" ANY_SLURM=yes "$TOP/scripts/needs"
is "$status$err" 0 'ANY_SLURM=yes lifts that'
is "$(CPPFLAGS=-I$W/include "$TOP/scripts/needs" --slurm)" 40.05 'needs --slurm tells the release'

if [ -e "$TOP/.git" ] && command -v git >/dev/null; then
	lives quiet_make dist B="$W/one" 'make dist'
	lives quiet_make dist B="$W/two" 'make dist again'
	lives cmp "$W/one/slurm-pi-$version.tar.gz" "$W/two/slurm-pi-$version.tar.gz" \
		'both tarballs have the same bytes'
	list=$(tar tzf "$W/one/slurm-pi-$version.tar.gz")
	is "$(grep -v '/$' <<<"$list" | sed "s|^slurm-pi-$version/||" | sort)" \
		"$(git -C "$TOP" ls-tree -r --name-only HEAD | sort)" 'they hold all that is committed'
	mkdir "$W/tree"
	tar xzf "$W/one/slurm-pi-$version.tar.gz" -C "$W/tree"
	run make -s -C "$W/tree/slurm-pi-$version" dist
	is "$status $(head -n 1 <<<"$err")" '2 make dist: needs a git clone' \
		'without a clone, make dist is refused'
fi
done_testing
