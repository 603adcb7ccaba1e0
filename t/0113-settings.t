#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every setting and attribute of pi-nodes is in its manual, and no other
. "$(dirname "$0")/lib.sh"

keys=$(sed -n 's/^\t{ "\([A-Za-z]*\)", .*FIELD(.*/\1/p' "$TOP/head/cluster.c")
manual=$(cat "$TOP/head/pi-nodes.8")
[ -n "$keys" ]
ok $? 'head/cluster.c has a table of keys'
for key in $keys; do
	like "$manual" "^\.BR $key \" = " "pi-nodes(8) explains $key"
done
is "$(sed -n 's/^#\([A-Za-z]*\) =.*/\1/p' "$TOP/etc/cluster.conf" | sort)" "$(sort <<<"$keys")" \
	'etc/cluster.conf shows these keys and no other'
is "$(sed -n 's/^\.BR \([A-Z][A-Za-z]*\) " = .*/\1/p' <<<"$manual" | sort)" "$(sort <<<"$keys")" \
	'pi-nodes(8) explains no other'
for attribute in weight $(sed -n 's/^\t{ "\([a-z]*\)", check_.*FIELD(.*/\1/p' "$TOP/head/attribute.c"); do
	like "$manual" "^\.BI? $attribute=" "pi-nodes(8) explains $attribute="
done
for file in cluster.conf nodes.example; do
	run grep -nE '	 | 	|[[:blank:]]$' "$TOP/etc/$file"
	is "$out" '' "etc/$file is tidy"
done
run pi-nodes render --nodes "$TOP/etc/nodes.example" --from /dev/null -c "$TOP/etc/cluster.conf"
is "$status $(grep -c ': no report in /dev/null' <<<"$err")" '4 5' 'the examples can be read: five nodes without facts'
done_testing
