#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-nodes render: inventory and reports in, NodeName lines out
. "$(dirname "$0")/lib.sh"

shape='CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1'

inventory() { printf '%s\n' "$@" >"$W/nodes"; }
reports() { printf '%s\n' "$@" >"$W/reports"; }
render() { run pi-nodes render --nodes "$W/nodes" --from "$W/reports"; }
lines() { grep -v '^#' <<<"$out"; }

# four nodes of 4 GB and a head of 8
five() {
	inventory 'b01 head,ip=10.0.0.1' 'b[02-05] compute' 'b02 ip=10.0.0.2' \
		'b03 ip=10.0.0.3' 'b04 ip=10.0.0.4' 'b05 ip=10.0.0.5'
	{
		echo "NodeName=b01 $shape RealMemory=7807"
		echo 'UpTime=3-01:00:00'
		for n in 02 03 04 05; do
			echo "NodeName=b$n $shape RealMemory=3789"
			echo 'UpTime=0-00:01:18'
		done
	} >"$W/reports"
}

five
render
is "$status" 0 'a whole cluster is rendered'
is "$err" '' 'without a word'
is "$out" "# Written by pi-nodes from $W/nodes. Edit that file, then run: pi-nodes apply
NodeName=b01 NodeAddr=10.0.0.1 $shape RealMemory=7648 Weight=100
NodeName=b[02-05] NodeAddr=10.0.0.[2-5] $shape RealMemory=3712 Weight=1" \
	'identical nodes in one line, memory down with a margin, the head last'
first=$out
run pi-nodes render --nodes "$W/nodes" --from - <"$W/reports"
is "$status" 4 'an empty standard input has no reports'
out=$(pi-nodes render --nodes "$W/nodes" --from - <"$W/reports")
is "$out" "$first" 'standard input gives the same'

# The same reports in the shapes that people have them in
sed -n 's/^NodeName=\(b[0-9]*\) .*/\1/p' "$W/reports" >"$W/names"
while read -r name; do
	grep -A 1 "=$name " "$W/reports" | sed "s/^/$name: /"
done <"$W/names" >"$W/pdsh"
mkdir "$W/dir"
while read -r name; do
	grep "=$name " "$W/reports" >"$W/dir/$name"
done <"$W/names"
: >"$W/dir/.hidden"
sort -r "$W/pdsh" >"$W/shuffled"
sed 's/$/\r/' "$W/reports" >"$W/crlf"
printf '%s' "$(cat "$W/reports")" >"$W/nonewline"
{
	echo 'Debian GNU/Linux 12: welcome'
	sed 's/^\(b0.\): N/\1: Warning: a banner\n&/' "$W/pdsh"
	echo 'pdsh@head: done'
} >"$W/noise"
sed 's/^/ClusterName=(null) /; s/$/ TmpDisk=460/; /UpTime/d' "$W/reports" >"$W/old"
sed 's/\(RealMemory.*\)/\1 Parameters=x Gres=\nFound gpu with Autodetect=nvml/' \
	"$W/reports" | sed 's/ Gres=$//' >"$W/new"
sed 's/^b/sb/; s/: /.cluster.local: /; s/^sb/b/' "$W/pdsh" >"$W/domain"
clush='---------------'
while read -r name; do
	printf '%s\n' "$clush" "$name" "$clush"
	grep -A 1 "=$name " "$W/reports"
done <"$W/names" >"$W/gathered"
for shape_of in pdsh dir shuffled crlf nonewline noise old new domain gathered; do
	run pi-nodes render --nodes "$W/nodes" --from "$W/$shape_of"
	is "$status $err" '0 ' "$shape_of: taken"
	is "$out" "$first" "$shape_of: the same lines"
done

# Weight, features, GRES, extra keys, own host name
inventory 'b01 head,ip=10.0.0.1,hostname=sebe' \
	'b[02-03] feature=pi4+4gb,gres=scratch:29000+led:1,weight=7' \
	'b02 ip=10.0.0.2' 'b03 ip=10.0.1.3,extra=Port:7003+CoreSpecCount:1' \
	'b04 ip=10.0.0.9,state=future,x-rack=a2'
reports "NodeName=sebe $shape RealMemory=7807" \
	"NodeName=b02 $shape RealMemory=3789 Gres=gpu:1" \
	"NodeName=b03 $shape RealMemory=3789"
render
is "$(lines)" "NodeName=b01 NodeHostname=sebe NodeAddr=10.0.0.1 $shape RealMemory=7648 Weight=100
NodeName=b02 NodeAddr=10.0.0.2 $shape RealMemory=3712 Weight=7 Feature=pi4,4gb Gres=scratch:29000,led:1
NodeName=b03 NodeAddr=10.0.1.3 $shape RealMemory=3712 Weight=7 Feature=pi4,4gb Gres=scratch:29000,led:1 Port=7003 CoreSpecCount=1
NodeName=b04 NodeAddr=10.0.0.9 Weight=1 State=FUTURE" \
	'attributes become the words of slurm.conf'
is "$status$err" 0 'and a head that calls itself sebe is known'

# Settings: memory kept from jobs, and the card that the agent found
cat >"$W/cluster.conf" <<-END
	MemSlack = 5%
	MemReserve = 256M
	ScratchGres = yes
	TmpDisk = yes
END
inventory 'b01 ip=10.0.0.1' 'b02 ip=10.0.0.2,gres=led:1'
for n in 01 02; do
	printf '%s\n' "b$n: NodeName=b$n $shape RealMemory=3789" "b$n: MAC=dc:a6:32:00:00:$n" \
		"b$n: Model=Raspberry Pi 4 Model B Rev 1.4" "b$n: CardBytes=31914983424"
done >"$W/reports"
run pi-nodes render -c "$W/cluster.conf" --nodes "$W/nodes" --from "$W/reports"
is "$status $(lines)" "0 NodeName=b01 NodeAddr=10.0.0.1 $shape RealMemory=3584 MemSpecLimit=256 Weight=1 Gres=scratch:28900 TmpDisk=28900
NodeName=b02 NodeAddr=10.0.0.2 $shape RealMemory=3584 MemSpecLimit=256 Weight=1 Gres=led:1,scratch:28900 TmpDisk=28900" \
	'margin, reserve and card as the settings say'
echo 'MemReserve = 4G' >"$W/cluster.conf"
run pi-nodes render -c "$W/cluster.conf" --nodes "$W/nodes" --from "$W/reports"
like "$status $err" '^4 .*b01: its 3789 MiB leave nothing for jobs' 'a reserve of all the memory is refused'
echo 'MemReserve = lots' >"$W/cluster.conf"
run pi-nodes render -c "$W/cluster.conf" --nodes "$W/nodes" --from "$W/reports"
like "$status $err" "^4 pi-nodes: $W/cluster.conf:1: MemReserve = lots: must be a size" 'a bad setting is named'

# One bad node never ruins the rest
refused() { # REPORT-OF-B03 WORDS NAME
	five
	sed "s/^NodeName=b03.*/$(sed 's/[&/\\]/\\&/g' <<<"$1")/" "$W/reports" |
		sed 's/@TAB@/\t/' >"$W/bad"
	run pi-nodes render --nodes "$W/nodes" --from "$W/bad"
	is "$status" 3 "$3: partly done"
	like "$err" "b03: .*$2" "$3: b03 named, with the reason"
	is "$(lines | sed -n 2p)" "NodeName=b[02,04-05] NodeAddr=10.0.0.[2,4-5] $shape RealMemory=3712 Weight=1" \
		"$3: the others rendered"
}
bad=${shape/CPUs=4/}
refused "NodeName=b03 ${bad# } RealMemory=3789" 'no CPUs=' 'CPUs missing'
refused "NodeName=b03 $shape" 'no RealMemory=' 'RealMemory missing'
refused "NodeName=b03 $shape RealMemory=03789" 'RealMemory=03789 .*decimal' 'octal-looking'
refused "NodeName=b03 $shape RealMemory=-1" 'decimal' 'negative'
refused "NodeName=b03 $shape RealMemory=0" 'cannot be' 'zero'
refused "NodeName=b03 $shape RealMemory=2147483648" 'cannot be' 'too large'
refused "NodeName=b03 $shape RealMemory=99999999999999999999999" 'cannot be' 'larger than any'
refused "NodeName=b03 $shape RealMemory=3789 CPUs=4" 'CPUs twice' 'a key twice'
refused "NodeName=b03 CPUs=5 ${bad# } RealMemory=3789" 'CPUs=5 is not' 'CPUs that do not multiply'
refused "NodeName=b03 $shape RealMemory=3789 # x" 'character #' 'a comment sign'
refused "NodeName=b03 $shape RealMemory=3789;reboot" 'character ;' 'a semicolon'
refused "NodeName=b03 $shape RealMemory=3789 \"x=y\"" 'character "' 'a quote'
refused "NodeName=b03 $shape RealMemory=3789 \\" 'character .' 'a backslash'
refused "NodeName=b03 $shape RealMemory=3789 \`id\`" 'character' 'a backquote'
refused "NodeName=b03 $shape RealMemory=3789@TAB@x=1" 'control character' 'a control character'
refused "NodeName=b03 $shape RealMemory=3789 $(head -c 5000 /dev/zero | tr '\0' x)=1" \
	'a line of [0-9]+ bytes' 'a long line'
refused "NodeName=b03 $shape RealMemory=3789 Gres=gpu*1" 'Gres=' 'a GRES that cannot be'
refused "NodeName=b03 $shape RealMemory=3789 word" '"word" is not Key=Value' 'a stray word'
refused "b03: bash: slurmd: command not found" 'it said "bash: slurmd: command not found"' \
	'another answer'
five
{
	cat "$W/reports"
	echo "NodeName=b03 $shape RealMemory=3700"
} >"$W/bad"
run pi-nodes render --nodes "$W/nodes" --from "$W/bad"
like "$status $err" '3 .*b03: its reports differ' 'two reports that differ are both refused'
{
	cat "$W/reports"
	head -c 1000000 /dev/zero | tr '\0' N
	echo
	echo "NodeName=b09 $shape RealMemory=3700"
} >"$W/bad"
run pi-nodes render --nodes "$W/nodes" --from "$W/bad"
is "$status" 0 'a megabyte of noise and a stranger change nothing'
like "$err" 'bad:12: b09 is not in .*nodes; ignored' 'the stranger is named'
is "$out" "$first" 'and not rendered'

# Inventories that are refused: all of it, with the place
refuse() { # NAME WORDS LINE...
	local name=$1 words=$2
	five
	shift 2
	inventory "$@"
	render
	is "$status" 4 "inventory with $name: refused"
	like "$err" "^pi-nodes: $W/nodes.*$words" "inventory with $name: named"
	is "$out" '' "inventory with $name: nothing printed"
}
refuse 'an unknown attribute' 'b02: unknown attribute wieght=' 'b02 ip=10.0.0.2,wieght=3'
refuse 'an attribute twice' ':2: duplicate attribute' 'b02 ip=10.0.0.2' 'b02 ip=10.0.0.3'
refuse 'an address twice' 'b02 and b03 have the same ip 10.0.0.2' 'b[02-03] ip=10.0.0.2'
refuse 'a MAC twice' 'same mac dc:a6:32:00:00:0a' 'b02 ip=10.0.0.2,mac=dc:a6:32:00:00:0a' \
	'b03 ip=10.0.0.3,mac=DC:A6:32:00:00:0A'
refuse 'a name for two' 'same name b03' 'b02 ip=10.0.0.2,hostname=b03' 'b03 ip=10.0.0.3'
refuse 'no address' 'b02: no ip=' 'b02 compute'
refuse 'a name for an address' 'ip=node2: must be a numeric' 'b02 ip=node2'
refuse 'an octal-looking address' 'ip=10.0.0.02: must be' 'b02 ip=10.0.0.02'
refuse 'a bad MAC' 'mac=dc:a6: must be' 'b02 ip=10.0.0.2,mac=dc:a6'
refuse 'an octal-looking weight' 'weight=010: must be' 'b02 ip=10.0.0.2,weight=010'
refuse 'a reserved name' "must be a name that" 'DEFAULT ip=10.0.0.2'
refuse 'a hostile name' "a node's name must be" 'b02;reboot ip=10.0.0.2'
refuse 'an unclosed bracket' "a node's name must be" 'b[02-03 ip=10.0.0.2'
refuse 'a reversed range' ':1: incorrectly' 'b[03-02] ip=10.0.0.2'
refuse 'a hostile feature' 'feature=a;b: must be' 'b02 ip=10.0.0.2,feature=a;b'
refuse 'a strange extra key' 'extra=State:DOWN: must be' 'b02 ip=10.0.0.2,extra=State:DOWN'
refuse 'a control character' ':1: a control character .27.' $'b02 ip=10.0.0.2 # \e[2J'
refuse 'no node' 'no node in it' '# nobody'

# Usage
run pi-nodes
is "$status" 2 'no verb: usage'
run pi-nodes rendr
like "$status $err" '2 .*no verb "rendr"' 'an unknown verb is named'
run pi-nodes render --nodes "$W/missing" --from "$W/reports"
like "$status $err" "4 .*$W/missing: No such file" 'a missing inventory is named'
five
run pi-nodes render --nodes "$W/nodes" --from "$W/missing"
like "$status $err" "4 .*$W/missing: No such file" 'missing reports are named'
pi-nodes render --nodes "$W/nodes" --from "$W/reports" >/dev/full 2>"$W/err"
is $? 4 'a full standard output is an error'
like "$(cat "$W/err")" 'standard output: No space left' 'and said'
run pi-nodes --help
like "$status $out" '^0 Usage: pi-nodes VERB' '--help'
run pi-nodes --version
like "$status $out" '^0 pi-nodes [0-9]+\.' '--version'

done_testing
