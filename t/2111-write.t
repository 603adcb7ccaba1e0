#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-nodes apply, the writing: all of the old file or all of the new one
. "$(dirname "$0")/lib.sh"
need root slurmctld strace unshare script

# A mount namespace of its own for the small file systems below
if [ -z "${INSIDE:-}" ]; then
	INSIDE=1 exec unshare --mount --propagation private "$BASH" "$0"
fi

shape='CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1'
mkdir -p "$W/slurm" "$W/real" "$W/tmp"
export TMPDIR=$W/tmp
cat >"$W/nodes" <<'END'
b[01-03] compute
b01 ip=10.0.0.1
b02 ip=10.0.0.2
b03 ip=10.0.0.3
END
settings() { printf '%s\n' "SlurmConf = $W/slurm/slurm.conf" "NodesFile = $1" \
	"FactsDir = $W/facts" >"$W/cluster.conf"; }
old() { printf '%s\n' '# by hand' 'NodeName=b[01-02] CPUs=1' >"${1:-$W/slurm/nodes.conf}"; }
pi() { run pi-nodes "$@" -c "$W/cluster.conf" --nodes "$W/nodes"; }
apply=(pi-nodes apply --no-activate -q -c "$W/cluster.conf" --nodes "$W/nodes")
apply() { run "${apply[@]}"; }
state() { stat -c '%i %Y %s %a %u:%g' "$1"; }

settings "$W/slurm/nodes.conf"
printf '%s\n' ClusterName=pi SlurmctldHost=head 'Include nodes.conf' \
	'PartitionName=p Nodes=ALL Default=YES' >"$W/slurm/slurm.conf"
for node in b01 b02 b03; do echo "NodeName=$node $shape RealMemory=3789"; done |
	pi-nodes gather --from - -c "$W/cluster.conf" --nodes "$W/nodes"
pi render
new=$out

# The first file, and the same again
apply
is "$status $err" '0 ' 'the file is made'
is "$(cat "$W/slurm/nodes.conf")" "$new" 'with the rendered lines'
is "$(stat -c %a "$W/slurm/nodes.conf")" 644 'for everybody to read'
before=$(state "$W/slurm/nodes.conf")
apply
is "$status $(state "$W/slurm/nodes.conf")" "0 $before" 'the same again: neither inode nor time changes'
is "$(ls -A "$W/slurm")" "nodes.conf
slurm.conf" 'nothing else is left'

# Owner and mode, links, backup
old
chmod 640 "$W/slurm/nodes.conf"
chown 64030:64030 "$W/slurm/nodes.conf"
apply
is "$status $(stat -c '%a %u:%g' "$W/slurm/nodes.conf")" '0 640 64030:64030' 'owner and mode are kept'
is "$(sed -n 1p "$W/slurm/nodes.conf~")" '# by hand' 'the old file is kept beside'
old "$W/real/nodes"
ln -sf ../real/nodes "$W/slurm/nodes.conf"
apply
is "$status $(readlink "$W/slurm/nodes.conf")" '0 ../real/nodes' 'a link stays a link'
is "$(cat "$W/real/nodes")" "$new" 'and what it leads to is replaced'
ln -sf nowhere "$W/slurm/nodes.conf"
apply
like "$status $err" '^4 .*No such file' 'a link to nothing is refused'
rm -f "$W"/slurm/nodes.conf*

# Dropping nodes takes a word
printf '%s\n' "$new" "NodeName=b09 $shape" >"$W/slurm/nodes.conf"
apply
is "$status" 4 'a node that the inventory has not: refused'
like "$err" 'b09 is in .*nodes.conf but not in .*nodes; to drop it, use --prune. Nothing changed' 'with the way out'
run "${apply[@]}" --prune
is "$status $(cat "$W/slurm/nodes.conf")" "0 $new" '--prune drops it'
mv "$W/facts/b03" "$W/facts.b03"
apply
is "$status" 4 'a node without facts: refused'
like "$err" 'b03 is in .*nodes.conf but has no facts; run: pi-nodes gather -w b03' 'it is not dropped'
run "${apply[@]}" --prune
is "$status" 4 'not even with --prune'
mv "$W/facts.b03" "$W/facts/b03"
apply
is "$status" 0 'and with its facts back there is nothing to do'

# One at a time
old
exec 8<"$W/slurm"
flock 8
apply
like "$status $err" '^4 .*another pi-nodes is at work in .*/slurm. Nothing changed' 'two at a time: the second is refused'
exec 8<&-
is "$(sed -n 1p "$W/slurm/nodes.conf")" '# by hand' 'and has written nothing'

# A person on a terminal is asked
before=$(state "$W/slurm/nodes.conf")
asked=$(printf 'n\n' | script -qec "${apply[*]}" /dev/null)
is $? 4 'on a terminal: no means no'
like "$asked" 'Apply\? \[y/N\]' 'it asks'
is "$(state "$W/slurm/nodes.conf")" "$before" 'and writes nothing'
printf 'y\n' | script -qec "${apply[*]}" /dev/null >/dev/null
is "$? $(cat "$W/slurm/nodes.conf")" "0 $new" 'yes means yes'
old
printf '' | script -qec "${apply[*]} -y" /dev/null >/dev/null
is "$? $(cat "$W/slurm/nodes.conf")" "0 $new" 'and -y does not ask'

# Killed at every system call that could matter
kill_at() { # SYSCALL: returns 1 after the last one
	old
	rm -f "$W"/slurm/nodes.conf~
	( # so that the shell says "Killed" to nobody
		strace -qq -o /dev/null -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" \
			"${apply[@]}"
		exit $?
	) >/dev/null 2>&1
	[ $? -eq 137 ]
}
kills=0 bad=
for call in openat read write fchown fchmod fsync renameat unlinkat close flock; do
	for ((n = 1; n < 200; n++)); do
		kill_at "$call" "$n" || break
		kills=$((kills + 1))
		# What it had just started holds the lock until it is dead, too.
		wait_for "flock --nonblock '$W/slurm' true" 20
		now=$(cat "$W/slurm/nodes.conf")
		[ "$now" = "$new" ] || [ "$now" = "$(printf '%s\n' '# by hand' 'NodeName=b[01-02] CPUs=1')" ] ||
			bad+="$call $n: half written; "
		"${apply[@]}" >"$W/log" 2>&1 || bad+="$call $n: $(cat "$W/log"); "
		[ "$(cat "$W/slurm/nodes.conf")" = "$new" ] || bad+="$call $n: does not converge; "
		left=$(find "$W/slurm" -type f ! -name nodes.conf ! -name nodes.conf~ ! -name slurm.conf)
		[ -z "$left" ] || bad+="$call $n: leaves $left; "
	done
done
is "$bad" '' "killed at $kills system calls: old or new, and the next run ends it"
[ "$kills" -ge 50 ]
ok $? 'these were many'
rm -rf "$W"/tmp/pi-nodes.*

# Every system call that writes fails once
fails=0 bad=
for call in write:ENOSPC write:EIO fsync:EIO renameat:EROFS fchmod:EPERM unlinkat:EACCES; do
	for ((n = 1; n < 20; n++)); do
		old
		rm -f "$W"/slurm/nodes.conf~
		strace -qq -o "$W/trace" -e "trace=${call%:*}" \
			-e "inject=${call%:*}:error=${call#*:}:when=$n" "${apply[@]}" >"$W/log" 2>&1
		code=$?
		grep -q INJECTED "$W/trace" || break
		fails=$((fails + 1))
		case $code in
		0) [ "$(cat "$W/slurm/nodes.conf")" = "$new" ] || bad+="$call $n: 0 without the new lines; " ;;
		4)
			[ "$(sed -n 1p "$W/slurm/nodes.conf")" = '# by hand' ] || bad+="$call $n: 4, but changed; "
			grep -q . "$W/log" || bad+="$call $n: silent; "
			;;
		*) bad+="$call $n: status $code; " ;;
		esac
		[ ! -e "$W/slurm/.nodes.conf.new" ] || [ "${call%:*}" = unlinkat ] ||
			bad+="$call $n: leaves its new file; "
	done
done
is "$bad" '' "$fails failing system calls: status 4 and the old file, or 0 and the new one"
rm -rf "$W"/tmp/pi-nodes.* "$W"/slurm/.nodes.conf.new

# File systems that are full, or read-only
mkdir "$W/small"
mount -t tmpfs -o size=16k tmpfs "$W/small"
at_exit umount "$W/small"
settings "$W/small/nodes.conf"
sed -i "s|^Include.*|Include $W/small/nodes.conf|" "$W/slurm/slurm.conf"
old "$W/small/nodes.conf"
head -c 65536 /dev/zero >"$W/small/filler" 2>/dev/null
before=$(state "$W/small/nodes.conf")
apply
like "$status $err" '^4 .*small/.*No space left on device' 'a full file system: refused'
is "$(state "$W/small/nodes.conf")" "$before" 'the old file is untouched'
is "$(ls -A "$W/small")" "filler
nodes.conf" 'and nothing is left beside it'
rm "$W/small/filler"
mount -o remount,ro "$W/small"
apply
like "$status $err" '^4 .*Read-only file system' 'a read-only one: refused'
is "$(state "$W/small/nodes.conf")" "$before" 'the old file is untouched'

# The block inside slurm.conf
settings "$W/slurm/slurm.conf"
mark='# BEGIN pi-nodes (managed block, do not edit)'
printf '%s\r\n' ClusterName=pi SlurmctldHost=head "$mark" '# END pi-nodes' \
	'PartitionName=p Nodes=ALL Default=YES # no newline here' | head -c -2 >"$W/slurm/slurm.conf"
apply
is "$status $err" '0 ' 'a block: written'
is "$(cat "$W/slurm/slurm.conf")" "$(printf '%s\r\n' ClusterName=pi SlurmctldHost=head "$mark")
$new
$(printf '%s\r\n' '# END pi-nodes' 'PartitionName=p Nodes=ALL Default=YES # no newline here' | head -c -2)" \
	'between its marks, with all else byte for byte as it was'
before=$(state "$W/slurm/slurm.conf")
apply
is "$status $(state "$W/slurm/slurm.conf")" "0 $before" 'the same again changes nothing'
printf '\n%s\n' "$mark" >>"$W/slurm/slurm.conf"
before=$(state "$W/slurm/slurm.conf")
apply
like "$status $err" '^4 .*slurm.conf: line [0-9]+: BEGIN of the managed block twice. Nothing changed' 'a mark twice: refused'
is "$(state "$W/slurm/slurm.conf")" "$before" 'and nothing is changed'
done_testing
