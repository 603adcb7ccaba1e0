#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-nodes gather: one bad node never ruins the rest, and none is forgotten
. "$(dirname "$0")/lib.sh"

shape='CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1'
mkdir "$W/bin" "$W/answers"

# The nodes' other end: what each of them answers is a script of the test's.
cat >"$W/bin/ssh" <<'END'
#!/bin/bash
while [ "$1" != -- ]; do args+=("$1"); shift; done
echo "${args[*]} $2" >>"$ANSWERS/log"
. "$ANSWERS/$2"
END
chmod +x "$W/bin/ssh"
export PATH=$W/bin:$PATH ANSWERS=$W/answers

cat >"$W/nodes" <<'END'
b[01-05] compute
b01 ip=10.0.0.1,mac=dc:a6:32:00:00:01
b02 ip=10.0.0.2
b03 ip=10.0.0.3
b04 ip=10.0.0.4
b05 ip=10.0.0.5
END
cat >"$W/cluster.conf" <<END
FactsDir = $W/var/facts
NodesFile = $W/nodes.conf
SlurmConf = $W/slurm.conf
Timeout = 20s
END
pi() { run pi-nodes -c "$W/cluster.conf" --nodes "$W/nodes" "$@"; }
report() { echo "NodeName=$1 $shape RealMemory=${2:-3789}"; }
answer() { # NODE SCRIPT
	printf '%s\n' "$2" >"$ANSWERS/$1"
}
good() { # NODE [MEMORY]
	answer "$1" "echo '$(report "$@")'; echo UpTime=0-00:01:00; echo MAC=dc:a6:32:00:00:${1#b}; echo Time=\$(date +%s)"
}
facts() { cat "$W/var/facts/$1"; }

pi render
is "$status" 4 'render without facts: refused'
like "$err" 'b03: no facts; run: pi-nodes gather -w b03' 'and each node is named'

for node in b01 b02 b03 b04 b05; do good "$node"; done
pi gather
is "$status $out$err" '0 ' 'all nodes answer: quiet success'
like "$(head -n 1 "$ANSWERS/log")" '^-o BatchMode=yes -o ConnectTimeout=20 b0' 'ssh may not ask questions'
pi render
like "$out" '^NodeName=b\[01-05\] NodeAddr=10\.0\.0\.\[1-5\] .* RealMemory=3712 ' 'render uses what was gathered'
first=$out

# trouble NAME WORDS: b03 is in trouble; the others have fresh facts, b03 its old
trouble() {
	rm -f "$W"/var/facts/b0[1245]
	pi gather
	is "$status" 3 "$1: partly done"
	like "$err" "^pi-nodes: b03: .*$2" "$1: b03 is named, with the reason"
	like "$err" 'using facts from 0 min ago' "$1: and what is used instead"
	is "$(wc -l <<<"$err")" 1 "$1: one line"
	pi render
	is "$status $out" "0 $first" "$1: all nodes are rendered"
}
answer b03 'echo "ssh: connect to host b03 port 22: No route to host" >&2; exit 255'
trouble 'a dead node' 'cannot be reached .ssh: connect to host b03 port 22: No route to host'
answer b03 'echo "sh: 1: slurmd: not found" >&2; exit 127'
trouble 'no slurmd' 'ended with 127 .sh: 1: slurmd: not found'
answer b03 ':'
trouble 'nothing' 'no report in its answer'
answer b03 'echo Last login: today; echo welcome'
trouble 'a banner alone' 'no report; it said "Last login: today"'
answer b03 'head -c 4096 /dev/urandom'
trouble 'garbage' '(no report|no report in its answer)'
answer b03 'head -c 1000000 /dev/zero | tr "\0" x'
trouble 'a megabyte line' 'an answer of more than 65536 bytes'
answer b03 "printf '%s' 'NodeName=b03 CPUs=4 Boards=1 Sock'"
trouble 'half a line' 'its report is refused .*"Sock" is not Key=Value'
answer b03 "echo '$(report b03) ;reboot'"
trouble 'a hostile report' 'its report is refused .*character ;'
answer b03 'kill -SEGV $$'
trouble 'ssh dies' 'ssh died of signal 11'
good b03
echo 'b03 mac=dc:a6:32:00:00:ff' >>"$W/nodes"
trouble 'another board' "MAC dc:a6:32:00:00:03 is not the inventory's dc:a6:32:00:00:ff; report ignored"
sed -i '$d' "$W/nodes"
good b03 1848
trouble 'less memory' 'memory fell from 3789 to 1848 MB; not applied .use --allow-shrink'
pi gather -w b03 --allow-shrink
is "$status" 0 '--allow-shrink takes it'
like "$(facts b03)" 'RealMemory=1848' 'and it is kept'
good b03
pi gather -w b03
is "$status $(grep -o 'RealMemory=.*' <<<"$(facts b03)")" '0 RealMemory=3789' 'more memory is taken at once'
answer b03 'exec sleep 1000'
sed -i 's/20s/1s/' "$W/cluster.conf"
trouble 'a node that hangs' 'no answer in 1 s'
answer b03 "echo '$(report b03)'; exec sleep 1000"
trouble 'a node that hangs after its report' 'no answer in 1 s'
sed -i 's/1s/20s/' "$W/cluster.conf"
answer b03 "sleep 1000 & echo \$! >$W/background; echo '$(report b03)'"
pi gather
is "$status" 0 'what a login leaves in the background does not count'
kill "$(cat "$W/background")"
good b03
answer b03 "echo '$(report raspberrypi)'"
pi gather
is "$status" 0 'another name does no harm'
like "$err" 'b03: calls itself "raspberrypi", the inventory says b03; using b03' 'but is warned about'
answer b03 "echo '$(report b03)'; echo Time=1000000000"
pi gather
like "$status $err" '0 .*b03: clock is [0-9]{6,} s off; munge will reject it' 'and so is a wrong clock'
answer b03 "printf '%s\r\n' welcome '$(report b03)' 'Gathered=1' 'Trouble=none'"
pi gather
is "$status $err" '0 ' 'carriage returns and a banner before the report'
unlike "$(facts b03)" 'Trouble' 'a node cannot write our notes'

# -n, -w, reports from elsewhere
before=$(cat "$W"/var/facts/*)
good b03 8000
pi gather -n
is "$status" 0 'gather -n asks'
is "$(cat "$W"/var/facts/*)" "$before" 'and keeps nothing'
: >"$ANSWERS/log"
pi gather -w 'b[02,04]' -f 1 -t 5 -u admin
is "$(sort "$ANSWERS/log")" '-o BatchMode=yes -o ConnectTimeout=5 -l admin b02
-o BatchMode=yes -o ConnectTimeout=5 -l admin b04' '-w asks these nodes only; -t and -u reach ssh'
: >"$ANSWERS/log"
for node in b01 b02 b03 b04 b05; do report "$node" 7807 | sed "s/^/$node: /"; done >"$W/pdsh"
pi gather --from "$W/pdsh"
is "$status $(cat "$ANSWERS/log")" '0 ' '--from asks nobody'
pi render
like "$out" 'NodeName=b\[01-05\] .* RealMemory=7648' 'and its reports are kept'
sed -i '/b04/d' "$W/pdsh"
pi gather --from "$W/pdsh"
like "$status $err" '^3 pi-nodes: b04: no report' '--from: a node that is missing is named'
pi gather -w b02 --from "$W/pdsh"
is "$status $err" '0 ' 'and not if it was not asked for'

# A store that cannot be written
mkdir -p "$W/full"
for bad in -t:x -t:0 -f:0 -f:1000; do
	pi gather "${bad%:*}" "${bad#*:}"
	like "$status $err" "^4 pi-nodes: ${bad%:*} ${bad#*:}: must be" "gather ${bad/:/ }: refused"
done
sed -i "s|^FactsDir.*|FactsDir = $W/nodes/x|" "$W/cluster.conf"
pi gather -w b02
like "$status $err" "^4 pi-nodes: $W/nodes/x.*Not a directory" 'a store that cannot be made is named'
done_testing
