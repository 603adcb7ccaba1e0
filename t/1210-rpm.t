#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# RPM packages, built by Debian's rpm: their files, dependencies, configuration.
. "$(dirname "$0")/lib.sh"
need git rpmbuild rpmlint find-debuginfo eu-strip
[ -e "$TOP/.git" ] || skip_all 'needs a git clone'

unset MAKEFLAGS MAKELEVEL MFLAGS DESTDIR CFLAGS LDFLAGS CPPFLAGS CC
version=$(sed -n 's/^VERSION *:= *//p' "$TOP/Makefile")
release=$("$TOP/scripts/needs" --slurm)
after=${release%.*}.$(printf %02d $((10#${release##*.} + 1)))
arch=$(rpm --eval '%{_target_cpu}')

is "$(sed -n 's/^Version: *//p' "$TOP/slurm-pi.spec")" "$version" 'the spec is of this version'
lives make -s -C "$TOP" B="$W" dist 'make dist'
# The spec names packages of RPM systems. (The tests run anyway, beside this one)
lives env HOME="$W" rpmbuild -ta --nodeps --nocheck --define "_topdir $W/rpm" \
	--define "_tmppath $W" --define "_dbpath $W/db" "$W/slurm-pi-$version.tar.gz" \
	'rpmbuild builds packages from the tarball' || bail "$(tail "$W/lives.log")"

rpm_of() { echo "$W/rpm/RPMS/$arch/slurm-pi-$1-$version"-*."$arch.rpm"; }
ask() { rpm --dbpath "$W/db" --query --package "${@:2}" "$(rpm_of "$1")" 2>/dev/null; }
is "$(rpmlint --config "$TOP/t/rpmlint.toml" "$TOP/slurm-pi.spec" "$(rpm_of plugin)" \
	"$(rpm_of agent)" "$(rpm_of head)" "$W"/rpm/SRPMS/*.rpm 2>&1 | grep -E ': [EW]: ')" '' \
	'rpmlint has nothing to say'
like "$(ask plugin --requires)" "^slurm\(.*\) >= $release\$" 'the plugin needs the Slurm it was built with'
like "$(ask plugin --requires)" "^slurm\(.*\) < $after\$" 'and not the next one'
like "$(ask agent --requires)" '^libslurm\.so\.' 'the agent needs its libslurm'
unlike "$(ask head --requires)" 'slurm\.so|^slurm\(' 'the tools of the head fit any Slurm'
is "$(ask plugin --configfiles)" /etc/slurm/plugstack.conf.d/scratch.conf 'configuration of the plugin'
is "$(ask agent --configfiles)" /etc/slurm-pi/slurm-pi.conf 'configuration of the agent'
is "$(ask head --configfiles)" /etc/slurm-pi/cluster.conf 'configuration of the head'
# 16: RPMFILE_NOREPLACE
for part in plugin agent head; do
	ask $part --queryformat '[%{FILEFLAGS} %{FILENAMES}\n]' |
		awk '$1 % 2 && int($1 / 16) % 2 == 0'
done >"$W/replaced"
is "$(cat "$W/replaced")" '' 'no upgrade replaces configuration'
like "$(ask plugin --list)" '/slurm/spank_scratch\.so$' 'the plugin is in it'
is "$(ask agent --list | sed -n 's|.*/systemd/system/||p' | sort)" \
	"$(cd "$TOP/etc" && printf '%s\n' *.in | sed 's/\.in$//' | sort)" 'the units are in it'
like "$(ask debuginfo --list)" '/spank_scratch\.so.*\.debug$' 'debuginfo is kept'
done_testing
