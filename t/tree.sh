#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tree.sh - make a tree of another Debian release, to run a test inside
#
# usage: t/tree.sh SUITE DIRECTORY
#
# DIRECTORY, which must not exist, gets what t/cluster.sh needs of that
# release: Slurm and munge above all. Takes about a minute, root and Debian's
# archive. Callers keep the result under a name made of this file's hash.

set -eu

suite=$1 tree=$2
packages=slurmctld,slurmd,slurm-client,munge,iproute2,procps,make,perl
packages+=,libinih1,libgenders0,libjansson4,libmunge2,libfdisk1,diffutils
packages+=,e2fsprogs,util-linux,mount,kmod,strace,passwd

tmp=$tree.$$
trap 'rm -rf --one-file-system "$tmp"' EXIT
mmdebstrap --quiet --variant=minbase --mode=root --include="$packages" \
	--aptopt='Apt::Install-Recommends "false"' --skip=cleanup/tmp \
	"$suite" "$tmp" "http://deb.debian.org/debian"
mv "$tmp" "$tree"
