#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/tree: another release of Debian, in which t/2110, 2120 and 2121 pass with
# its Slurm, and of which nothing stays behind
. "$(dirname "$0")/lib.sh"
need root loop namespaces mmdebstrap flock
played=tree
. "$(dirname "$0")/leftovers.sh"

tree() { nice "$TOP/scripts/tree" --bind "$TOP" --bind "$B" "$@"; }

version=$(tree trixie slurmctld -V 2>"$W/log") || skip_all "no tree of Debian 13 here: $(tail -n 1 "$W/log")"
for script in 2110-check.t 2120-apply.t 2121-faults.t; do
	tree trixie env B="$B" "$TOP/t/$script" >"$W/tap" 2>"$W/log"
	ok $? "$script passes: $version, $(grep -c '^ok' "$W/tap") tests" ||
		diag "$(grep -h '^not ok\|^#\|^Bail' "$W/tap" "$W/log"; tail -n 20 "$W/log")"
done

run tree trixie sh -c 'touch /etc/new && rm /usr/bin/who && exit 7'
is "$status" 7 "the command's status is the tree's"
run tree trixie sh -c 'test ! -e /etc/new && test -e /usr/bin/who'
is "$status" 0 'what was written is gone with it'
run tree --layer "$W/layer" trixie touch /etc/new
run tree --layer "$W/layer" trixie test -e /etc/new
is "$status" 0 'unless there is a layer that holds it'
run tree trixie touch "$W/seen"
[ -e "$W/seen" ]
ok $? 'a bound directory is that of this machine'

before=$(mount)
start cut "$TOP/scripts/tree" trixie sh -c 'setsid sleep 1000 & echo up; wait'
until_line cut '^up$'
note_belongings cut
like "$(cat "$W/cut.belongings")" 'sleep' 'something runs in a tree'
kill -INT -- "-$player"
finish cut
is_gone cut 'Ctrl-C in a tree'
is "$(mount)" "$before" 'and nothing is mounted'

run "$TOP/scripts/tree" --help
is "$status" 0 '--help'
like "$out" '^usage: scripts/tree' 'says how to use it'
run "$TOP/scripts/tree"
is "$status" 2 'without a suite: wrong usage'
run env TREE_CACHE="$W" "$TOP/scripts/tree" no-such-suite true
is "$status" 125 'a suite that Debian does not have'
like "$err" 'tree: no tree of Debian no-such-suite$' 'is named'
is "$(ls -d "$W"/no-such-suite-* 2>/dev/null)" '' 'and leaves no tree'
done_testing
