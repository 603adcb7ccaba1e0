#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/check-matrix: what it says before it begins
. "$(dirname "$0")/lib.sh"

matrix=$TOP/scripts/check-matrix
run "$matrix" --help
is "$status" 0 '--help'
like "$out" '^usage: scripts/check-matrix' 'says how to use it'
run "$matrix" --tier check-vm
is "$status" 2 'a tier that it does not have is wrong usage'
like "$err" '--tier TIER .*check, check-root or check-slurm' 'and it says which there are'
run "$matrix" --fast
is "$status" 2 'so is an unknown option'

as_nobody=()
[ "$(id -u)" -ne 0 ] || as_nobody=(setpriv --reuid 65534 --clear-groups)
# Not every place where this may lie can be read by others.
run "${as_nobody[@]}" "$BASH" -c "$(cat "$matrix")" "$TOP/scripts/check-matrix"
is "$status" 1 'who is not root is refused'
like "$err" '^check-matrix: must be root' 'with a line that says so'
is "$(wc -l <<<"$err")" 1 'and no other'
done_testing
