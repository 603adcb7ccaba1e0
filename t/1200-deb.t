#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian packages: built, read by lintian, installed, edited, removed and purged on
# a copy of this machine that writes to memory, like an image in a chroot.
. "$(dirname "$0")/lib.sh"
need root namespaces slurm git dpkg-buildpackage dh lintian
[ -e "$TOP/.git" ] || skip_all 'needs a git clone'

unset MAKEFLAGS MAKELEVEL MFLAGS DESTDIR CFLAGS LDFLAGS CPPFLAGS CC
version=$(sed -n 's/^VERSION *:= *//p' "$TOP/Makefile")
arch=$(dpkg --print-architecture)
release=$(dpkg-query --show --showformat='${Version}' libslurm-dev | grep -oE '^([0-9]+:)?[0-9]+\.[0-9]+')
after=${release%.*}.$(printf %02d $((10#${release##*.} + 1)))

is "$(dpkg-parsechangelog --file "$TOP/debian/changelog" --show-field Version)" "$version" \
	'debian/changelog is of this version'
lives make -s -C "$TOP" B="$W" dist 'make dist'
tar xzf "$W/slurm-pi-$version.tar.gz" -C "$W" || bail 'no sources'
cd "$W/slurm-pi-$version" || exit
# (the tests run anyway, beside this one)
lives env DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -b \
	'dpkg-buildpackage builds packages' || bail "$(tail "$W/lives.log")"
cd "$W" || exit
is "$(lintian --allow-root --fail-on error,warning ./*.changes 2>&1)" '' 'lintian has nothing to say'

deb() { echo "$W/slurm-pi-${1}_${version}_$arch.deb"; }
depends() { dpkg-deb --field "$(deb "$1")" Depends; }
conffiles() { dpkg-deb --info "$(deb "$1")" conffiles; }
like "$(depends plugin)" "slurmd \(>= $release\) \|" 'the plugin needs the Slurm it was built with'
like "$(depends plugin)" "slurmd \(<< $after\) \|" 'and not the next one'
like "$(depends agent)" 'libslurm[0-9]' 'the agent needs its libslurm'
like "$(depends agent)" 'e2fsprogs' 'and the tools for ext4'
unlike "$(depends head)" 'slurm' 'the tools of the head fit any Slurm'
is "$(conffiles plugin)" /etc/slurm/plugstack.conf.d/scratch.conf 'configuration of the plugin'
is "$(conffiles agent)" /etc/slurm-pi/slurm-pi.conf 'configuration of the agent'
is "$(conffiles head)" /etc/slurm-pi/cluster.conf 'configuration of the head'
for part in plugin agent head; do
	dpkg-deb --contents "$(deb $part)" | awk '{ print $2, substr($6, 2) }' | grep -v '/$'
done >"$W/contents"
is "$(grep -v '^root/root ' "$W/contents")" '' 'all files are of root'
is "$(grep -c '/bin/\|/sbin/' "$W/contents")" 2 'there are two programs'

mkdir "$W/image"
cat >"$W/play" <<'END'
set -e
mount -t tmpfs tmpfs "$W/image"
cd "$W/image"
mkdir up work root
mount -t overlay -o lowerdir=/,upperdir=up,workdir=work overlay root
mount -t proc proc root/proc
mount --rbind /dev root/dev
cp "$W"/*.deb root/tmp
cat >root/etc/slurm/slurm.conf <<-CONF
	ClusterName=c
	SlurmctldHost=localhost
	NodeName=localhost
	PartitionName=p Nodes=localhost
CONF
touch stamp
in_image() { env DEBIAN_FRONTEND=dialog PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot root "$@" </dev/null; }
helps() { in_image srun --help | grep -c -- --scratch= || :; }
step() { echo "-- $1"; }

step install
in_image dpkg --install $(cd root && echo tmp/slurm-pi-{plugin,agent,head}_*.deb) >"$W/install.log" 2>&1
(cd up && find . -newer ../stamp ! -type d) | sed 's|^\.||' | sort >"$W/written"
helps
find root/etc/systemd/system -name 'pi-agent*' -printf '%P\n' | sort
step again
echo 'Quota = off' >root/etc/slurm-pi/slurm-pi.conf
in_image dpkg --install $(cd root && echo tmp/slurm-pi-agent_*.deb) >>"$W/install.log" 2>&1
cat root/etc/slurm-pi/slurm-pi.conf
step remove
in_image dpkg --remove slurm-pi-plugin slurm-pi-agent slurm-pi-head 2>&1 | grep ^slurm-pi
(cd root/etc && find slurm-pi slurm/plugstack.conf.d -type f | sort)
helps
step purge
in_image dpkg --purge slurm-pi-plugin slurm-pi-agent slurm-pi-head >>"$W/install.log" 2>&1
(cd root && find etc usr/lib/systemd usr/s* lib/systemd var/lib/systemd -name '*slurm-pi*' -o -name 'pi-agent*')
END
export W
unshare --mount --propagation private --net --pid --fork --kill-child \
	bash "$W/play" >"$W/play.out" 2>"$W/play.err"
ok $? 'they are installed, removed and purged' || diag "$(cat "$W/play.err" "$W/install.log")"
part() { sed -n "/^-- $1/,/^-- /{ /^-- /!p }" "$W/play.out"; }

# Each unit with an [Install] section, from its template
enabled=$(cd "$TOP/etc" && grep -H '^WantedBy=' ./*.in | sed 's|^\./\(.*\)\.in:WantedBy=\(.*\)|\2.wants/\1|' | sort)
is "$(part install)" "1"$'\n'"$enabled" 'installed: srun has --scratch, and the units are enabled'
like "$(cat "$W/install.log")" 'Setting up slurm-pi-agent' 'with nobody to answer questions'
elsewhere=$(grep -vxFf <(awk '{ print $2 }' "$W/contents") "$W/written" |
	grep -vE '^/(var/lib/dpkg|var/log/dpkg.log|var/cache/(man|ldconfig|debconf)|var/lib/systemd/deb-systemd-helper-enabled|etc/systemd/system/[a-z-]*\.target\.wants)(/|$)')
is "$elsewhere" '' 'nothing else was written'
is "$(part again)" 'Quota = off' 'an edited configuration survives'
like "$(part remove)" '^slurm-pi-plugin: directories of jobs .* stay' 'removed: says which data stays'
is "$(part remove | grep -v :)" "slurm-pi/cluster.conf
slurm-pi/slurm-pi.conf
slurm/plugstack.conf.d/scratch.conf
0" 'and configuration stays, with which srun works, without --scratch'
is "$(part purge)" '' 'purged: nothing is left'
done_testing
