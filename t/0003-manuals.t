#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Manuals are well-formed, agree with --help, and list every key.
. "$(dirname "$0")/lib.sh"
need groff man

for page in "$TOP"/*/*.[58]; do
	name=${page#"$TOP/"}
	is "$(groff -man -ww -z -Tutf8 "$page" 2>&1)" '' "$name: groff has nothing to say"
	like "$(grep '^\.TH' "$page")" "slurm-pi $(sed -n 's/^VERSION *:= *//p' "$TOP/Makefile")\"" \
		"$name: is of this version"
done

# The options that `PROGRAM --help` shows are those of the manual's OPTIONS.
for page in agent/pi-agent.8 head/pi-nodes.8; do
	program=$(basename "$page" .8)
	[ -x "$B/$program" ] || continue
	run "$program" --help
	is "$status" 0 "$program --help succeeds"
	help_options=$(grep -oE -- '--[a-z][a-z-]+' <<<"$out" | sort -u)
	manual=$(MANWIDTH=200 man -l "$TOP/$page" 2>/dev/null | col -b)
	for option in $help_options; do
		like "$manual" "(^|[^-a-z])$option([^-a-z]|$)" "$page has $option"
	done
	for section in OPTIONS 'EXIT STATUS' DIAGNOSTICS SECURITY; do
		like "$manual" "^$section" "$page has $section"
	done
	run "$program" --version
	is "$status $out" "0 $program $(sed -n 's/^VERSION *:= *//p' "$TOP/Makefile")" "$program --version"
	run "$program" --no-such-option
	is "$status" 2 "$program refuses an unknown option with status 2"
done

# The keys of the built-in table (t/unit/conf.c compares their defaults)
keys=$(sed -n 's/^\t{ "\([A-Za-z]*\)", .*FIELD(.*/\1/p' "$TOP/lib/conf.c")
[ -n "$keys" ]; ok $? 'lib/conf.c has a table of keys'
for key in $keys; do
	like "$(cat "$TOP/etc/slurm-pi.conf.5")" "^\.BR $key \" = " "slurm-pi.conf(5) explains $key"
	like "$(cat "$TOP/etc/slurm-pi.conf")" "^#$key =" "etc/slurm-pi.conf shows $key"
done
is "$(sed -n 's/^#\([A-Za-z]*\) =.*/\1/p' "$TOP/etc/slurm-pi.conf" | sort)" "$(sort <<<"$keys")" \
	'etc/slurm-pi.conf shows no other keys'
done_testing
