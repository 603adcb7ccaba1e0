#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-nodes check: a real slurmctld says yes, or says why, and leaves nothing
. "$(dirname "$0")/lib.sh"
need slurmctld

shape='CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=3712'
public_work
mkdir -p "$W/slurm" "$W/tmp"
chmod 1777 "$W/tmp"
export TMPDIR=$W/tmp

site() { printf '%s\n' ClusterName=pi 'SlurmctldHost=head(10.0.0.1)' "$@" >"$W/slurm/slurm.conf"; }
lines() { printf '%s\n' "$@" >"$W/lines"; }
settings() { printf '%s\n' "SlurmConf = $W/slurm/slurm.conf" "NodesFile = $W/slurm/${1:-nodes.conf}" \
	"FactsDir = $W/facts" >"$W/cluster.conf"; }
check() { run pi-nodes check "$W/lines" -c "$W/cluster.conf" --nodes "$W/nodes"; }
accepted() {
	check
	is "$status $err" '0 ' "$1"
}
refused() { # WORDS NAME
	check
	is "$status" 4 "$2: refused"
	like "$err" "$1" "$2: with the place and the reason"
}

echo 'b02 ip=10.0.0.2' >"$W/nodes"
settings
partition='PartitionName=p Nodes=ALL Default=YES'
include='Include nodes.conf'
site "$include" "$partition"
lines '# a remark' "NodeName=b01 NodeAddr=10.0.0.1 $shape Weight=100" \
	"NodeName=b[02-05] NodeAddr=10.0.0.[2-5] $shape"
started=$EPOCHREALTIME
accepted 'good lines'
took=$((${EPOCHREALTIME/./} - ${started/./}))
diag "it took $((took / 1000)) ms"
is "$(ls -A "$W/tmp")" '' 'nothing is left of it'
unlike "$(ps -e -o args)" "slurmctld .*$W" 'no slurmctld of it does'

good=$(cat "$W/lines")
lines "$good" "NodeName=b03 $shape"
refused 'nodes.conf:4: Duplicated NodeName b03 .*also .*nodes.conf:3' 'a node twice'
lines "$good"
site "NodeName=b04 $shape" "$include" "$partition"
refused 'nodes.conf:3: Duplicated NodeName b04 .*also .*slurm.conf:3' 'a node that slurm.conf has itself'
site "$include" 'PartitionName=p Nodes=b[01-09] Default=YES'
refused 'slurm.conf:4: .*b0[1-9]' 'a partition with nodes that there are not'
site "$include" "$partition" "$partition"
refused 'slurm.conf:5: .*duplicate entry for partition p .*also .*slurm.conf:4' 'a partition twice'
site "$include" "$partition"
lines "NodeName=b01 Wieght=3 $shape"
refused 'nodes.conf:1: Parsing error at unrecognized key: Wieght' 'a key that there is not'
lines '' "NodeName=b01 \\" "  Weight=x $shape"
refused 'nodes.conf:2: Weight value .x. is not a valid number' 'a bad number on a continued line'
lines "NodeName=b01 ${shape/CPUs=4/CPUs=3}"
refused 'nodes.conf:1: NodeNames=b01 CPUs=3 match no Sockets' 'CPUs that slurmctld would reset'
lines "NodeName=b01 $shape Sockets=1"
refused 'nodes.conf:1: NodeNames=b01 Sockets=# and SocketsPerBoard=# is invalid' 'Sockets beside SocketsPerBoard'
lines "NodeName=b01 $shape MemSpecLimit=5000"
refused 'nodes.conf:1: NodeNames=b01 MemSpecLimit=5000' 'more memory kept than there is'
lines "NodeName=b01 $shape Gres=scratch:100"
refused "nodes.conf:1: Gres=scratch, but slurm.conf's GresTypes does not have it" 'a GRES without its type'
site 'GresTypes=gpu,scratch' "$include" "$partition"
accepted 'a GRES with its type'
lines '# nothing'
refused 'no nodes configured' 'no node at all'

# What a site may have
lines "$good"
site 'SelectType=select/cons_tres' 'SelectTypeParameters=CR_Core_Memory' \
	'Epilog=/opt/slurm/epilog.sh  # not ours' $'NodeName=DEFAULT \\\n  State=UNKNOWN' \
	'include more.conf' 'NodeSet=pis Nodes=b[02-05]' 'PartitionName=p Nodes=pis Default=yes' \
	'AccountingStorageType=accounting_storage/slurmdbd' 'AuthType=auth/munge'
printf '%s\n' "Include $W/slurm/nodes.conf" >"$W/slurm/more.conf"
accepted 'node sets, defaults, a file that includes another, a database'
site "$include" 'PartitionName=p Nodes=ALL'
check
is "$status" 0 'no default partition: a site may want that'
like "$err" 'default partition not set' 'but it is warned about'
site "$partition"
check
is "$status" 0 'lines that slurm.conf does not include: taken'
like "$err" "slurm.conf does not include $W/slurm/nodes.conf yet" 'with a warning'
site 'Include missing.conf' "$include"
refused 'slurm.conf:3: .*missing.conf: No such file' 'a file that is not there'
site 'Include slurm.conf'
refused 'slurm.conf:3: Include goes too deep' 'a file that includes itself'
rm "$W/slurm/slurm.conf"
refused 'slurm.conf: No such file' 'no slurm.conf'

# The block inside slurm.conf
settings slurm.conf
mark='# BEGIN pi-nodes (managed block, do not edit)'
site "$mark" '# END pi-nodes' "$partition"
accepted 'lines for a block'
lines "$good" "NodeName=b03 $shape"
refused 'slurm.conf:7: Duplicated NodeName b03 .*also .*slurm.conf:6' 'a node twice in a block'
lines "$good"
site "$mark" "$mark" '# END pi-nodes'
refused 'slurm.conf: line 4: BEGIN of the managed block twice' 'marks twice'
site "$partition"
refused 'slurm.conf: no managed block; put' 'no marks'

# As anybody
settings
site "$include" "$partition"
if [ "$(id -u)" -eq 0 ]; then
	# (Slurm 26.05 works neither for nobody nor for numbers without a name.)
	pass=(setpriv --reuid daemon --regid daemon --clear-groups)
	cp "$B/pi-nodes" "$W/"
	run "${pass[@]}" "$W/pi-nodes" check "$W/lines" -c "$W/cluster.conf" --nodes "$W/nodes"
	is "$status $err" '0 ' 'an ordinary user may check'
	lines "$good" "NodeName=b03 $shape"
	run "${pass[@]}" "$W/pi-nodes" check "$W/lines" -c "$W/cluster.conf" --nodes "$W/nodes"
	like "$status $err" '^4 .*nodes.conf:4: Duplicated' 'and is told why not'
	is "$(ls -A "$W/tmp")" '' 'nothing is left of it'
fi
lines "$good"
run env TMPDIR=/nonexistent "$B/pi-nodes" check "$W/lines" -c "$W/cluster.conf" --nodes "$W/nodes"
like "$status $err" '^4 .*/nonexistent/.*No such file' 'no place for its directory: named'
done_testing
