#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-nodes gather of 200 nodes, one in ten hanging, 32 at a time
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-$TOP/build}
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
mkdir "$W/bin"
nodes=200 timeout=5 fanout=32

# A node's other end: answers at once, or never
cat >"$W/bin/ssh" <<'END'
#!/bin/sh
while [ "$1" != -- ]; do shift; done
case $2 in
*0) exec sleep 1000 ;;
esac
echo "NodeName=$2 CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=3789"
END
chmod +x "$W/bin/ssh"
for ((i = 1; i <= nodes; i++)); do
	printf 'n%03d ip=10.0.0.%d\n' "$i" "$i"
done >"$W/nodes"
echo "FactsDir = $W/facts" >"$W/cluster.conf"

started=${EPOCHREALTIME/./}
code=0
PATH=$W/bin:$PATH "$B/pi-nodes" gather -c "$W/cluster.conf" --nodes "$W/nodes" \
	-t "$timeout" -f "$fanout" 2>"$W/err" || code=$?
took=$((${EPOCHREALTIME/./} - started))
[ "$code" -eq 3 ]
printf 'gather, %d nodes, %d of them hanging, %d at a time, %d s each: %d.%02d s (the deadline is %d s)\n' \
	"$nodes" "$(grep -c 'no answer' "$W/err")" "$fanout" "$timeout" \
	$((took / 1000000)) $((took / 10000 % 100)) "$timeout"
