#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-agent check and status: a node that is not fit is drained, with the card and
# the fault as reason; that drain is lifted when it is fit again, and no other is
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_enter "$@"

check() { run node_exec b02 pi-agent check "$@"; }
admin() { node_exec b01 scontrol update "$@"; }
state() { echo "$(node_state b02): $(node_reason b02)"; }

cluster_up b02
card=$(cat "$CLUSTER/b02/card")

check --drain
is "$status $(node_state b02)" '0 idle' 'a fit node stays in service'
is "$(node_exec b02 cat /run/slurm-pi/fitness)" fit 'and that is noted'

# --- a card that goes away

node_exec b02 umount /scratch
check
is "$status $(node_state b02)" '1 idle' 'without --drain a fault is only said'
check --drain
is "$status" 1 'a card that went away is a fault'
is "$(state)" "drained: pi-agent: $card: no card is mounted on /scratch" 'for which the node is drained, card and fault named'
check --drain
is "$status $(state)" "1 drained: pi-agent: $card: no card is mounted on /scratch" 'once'
node_exec b02 pi-agent prepare >/dev/null 2>&1
check
is "$status $(node_state b02)" '0 drained' 'when the card is back, only --drain lifts that'
check --drain
is "$status" 0 'as it does'
like "$err" 'b02: resumed: it was drained \(pi-agent: .*\), and is fit again' 'and says'
wait_node b02 idle 20
ok $? 'the node is in service'

# --- read-only, errors, full

node_exec b02 mount -o remount,ro /scratch
check --drain
is "$(state)" "drained: pi-agent: $card: the card on /scratch is read-only" 'a read-only card'
node_exec b02 mount -o remount,rw /scratch
check --drain
wait_node b02 idle 20
ok $? 'and back'

echo 1 >"/sys/fs/ext4/$(basename "$card")p1/trigger_fs_error"
node_exec b02 mount -o remount,rw /scratch 2>/dev/null
check --drain
is "$status" 1 'errors that ext4 found are a fault'
like "$(state)" "^drained: pi-agent: $card: .*(ext4 counted 1 errors|is read-only)" 'with their number, or that it gave up'
node_exec b02 umount /scratch
run node_exec b02 pi-agent prepare
like "$out" 'e2fsck -p -f.*: because the kernel has found errors in it' 'preparing again checks all of the card'
check --drain
is "$status" 0 'and it is fit'
wait_node b02 idle 20
ok $? 'so is the node'

cp "$CLUSTER/b02/slurm-pi/slurm-pi.conf" "$CLUSTER/b02/slurm-pi/full.conf"
echo 'MinFree = 1T' >>"$CLUSTER/b02/slurm-pi/full.conf"
check --config=/etc/slurm-pi/full.conf
is "$status" 1 'too little space'
like "$err" '/scratch: less than 1T free \(MinFree\)' 'is said'

# --- an administrator's drain

admin NodeName=b02 State=DRAIN 'Reason=the fan is loud'
check --drain
is "$(state)" 'drained: the fan is loud' 'a fit node leaves an administrator'\''s drain alone'
node_exec b02 umount /scratch
check --drain
is "$status $(state)" '1 drained: the fan is loud' 'and so does one that is not fit'
node_exec b02 pi-agent prepare >/dev/null 2>&1
check --drain
is "$status $(state)" '0 drained: the fan is loud' 'also when it is fit again'
admin NodeName=b02 State=RESUME
wait_node b02 idle 20

# --- credentials of other machines

credential=$CLUSTER/b02/slurm-pi/credential
node_exec b01 munge --no-input >"$credential"
check --munge=/etc/slurm-pi/credential
is "$status" 0 'a credential of the head is good'
check --munge=/etc/slurm-pi/credential
is "$status" 0 'twice'
node_exec b01 munge --no-input --ttl=1 >"$credential"
wait_for 'check --munge=/etc/slurm-pi/credential; [ "$status" = 1 ]' 10
like "$err" 'foreign credential: expired: made [0-9]+ s before this node'\''s clock' 'an old one is named as a matter of the clock'
node_exec b01 bash -c 'cd /tmp && head -c 128 /dev/urandom >key && chmod 400 key && chown munge key &&
	install -d -o munge other && setpriv --reuid munge --regid munge --clear-groups munged --force \
	--key-file=/tmp/key --socket=/tmp/other/s --pid-file=/tmp/other/p --log-file=/tmp/other/l \
	--seed-file=/tmp/other/seed && munge --no-input --socket=/tmp/other/s' >"$credential"
check --munge=/etc/slurm-pi/credential
is "$status" 1 'one of another key is a fault'
like "$err" 'foreign credential: another key; compare /etc/munge/munge.key' 'named as a matter of the key'
check --munge=/nowhere
like "$err" '/nowhere: No such file' 'a missing one is named'

# --- on one screen

run node_exec b02 pi-agent status
is "$status" 0 'status of a fit node'
like "$out" "^card: +$card" 'the card'
like "$out" '^verdict: +ours: ' 'its verdict'
like "$out" '^scratch: +/scratch, [0-9]+ MiB of [0-9]+ MiB free' 'the space'
like "$out" '^jobs: +0 directories, 0 in the trash' 'jobs and trash'
like "$out" '^munge: +good' 'munge'
like "$out" '^slurm: +b02 is IDLE' 'what slurmctld says'
node_exec b02 umount /scratch
run node_exec b02 pi-agent status
is "$status" 1 'status of a node without its card'
like "$out" '^scratch: +no card is mounted on /scratch' 'says so'
done_testing
