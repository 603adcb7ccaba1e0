#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each floor of the house uses what it may, and includes are written from the top.
. "$(dirname "$0")/lib.sh"

# trespass FLOOR FORBIDDEN-REGEX: the #include lines of FLOOR that match
trespass() { (cd "$TOP" && grep -nE "^#include [<\"]($2)" "$1"/*.[ch]); }

is "$(trespass lib 'slurm|spank/|agent/|head/|t/')" '' 'lib/ knows neither Slurm nor the floors above'
is "$(trespass spank 'agent/|head/|t/|jansson')" '' 'spank/ uses neither agent/, head/ nor jansson'
is "$(trespass spank 'slurm/' | grep -v 'slurm/spank.h>')" '' 'spank/ uses no Slurm header but spank.h'
is "$(trespass agent 'spank/|head/|t/')" '' 'agent/ uses neither spank/ nor head/'
is "$(trespass agent 'slurm/' | grep -v '^agent/slurmapi.h')" '' 'only slurmapi.h in agent/ takes in libslurm'
is "$(cd "$TOP" && grep -lE '^#include "agent/slurmapi' agent/* | grep -v '^agent/resume')" '' \
	'which is for resume*.c alone'
is "$(trespass head 'spank/|agent/|t/|slurm/')" '' 'head/ uses neither spank/, agent/ nor libslurm'

relative=$(cd "$TOP" && grep -nE '^#include "' {lib,spank,agent,head,t/unit}/*.[ch] |
	grep -vE '#include "(lib|spank|agent|head|t/unit)/')
is "$relative" '' 'includes are written from the top'

for low in auto err log; do
	like "$(grep -h '^#include "' "$TOP/lib/$low".[ch])" "^(#include \"lib/$low.h\"\s*)+$" \
		"lib/$low uses nothing else of lib/"
done

banner=$(cd "$TOP" && for f in {lib,spank,agent,head}/*.[ch]; do
	sed -n 1p "$f" | grep -q SPDX-License-Identifier || echo "$f"; done)
is "$banner" '' 'each source names its licence in the first line'
done_testing
