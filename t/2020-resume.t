#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-agent resume: what a reboot took down comes back, what a person did stays
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_enter "$@"

# resume NODE [LINE-OF-CONFIGURATION]...
resume() {
	local node=$1 conf=$CLUSTER/$1/slurm-pi/resume.conf
	shift
	printf '%s\n' 'ResumeWait = 20s' "$@" | tac | awk -F ' = ' '!seen[$1]++' >"$conf"
	run node_exec "$node" pi-agent --config=/etc/slurm-pi/resume.conf resume
}
admin() { node_exec b01 scontrol update "$@"; }
state() { echo "$(node_state "$1"): $(node_reason "$1")"; }
reboot() {
	node_crash "$1"
	node_power_on "$1"
	node_exec "$1" pi-agent prepare >/dev/null 2>&1
}

cluster_up b02 b03

resume b02
is "$status $err" '0 pi-agent: b02: nothing to do, it is in service' 'a node in service needs nothing'

# --- rebooted

reboot b02
node_start b02
wait_node b02 down 20
is "$(state b02)" 'down: Node unexpectedly rebooted' 'after a reboot a node is down'
resume b02
is "$status" 0 'resume succeeds'
like "$err" 'b02: resumed: it was down \(Node unexpectedly rebooted\)' 'says what it found'
like "$err" 'b02: back in service' 'and that it worked'
is "$(node_state b02)" idle 'the node is in service when it returns'

# --- resume is there before slurmd: it waits for this boot's registration

# Boots are told apart by their times, to five seconds.
wait_for '[ "$(node_exec b02 cut -d. -f1 /proc/uptime)" -gt 10 ]' 20
reboot b02
resume b02 'ResumeWait = 1s'
is "$status" 1 'without a registration resume gives up'
like "$err" 'b02: not resumed within 1000 ms .*: slurmd has not registered since this boot' 'and says so'
exec {waiting}< <(resume b02; echo "$status")
node_start b02
read -r -t 60 -u "$waiting" answer
is "$answer $(node_state b02)" '0 idle' 'started before slurmd, it waits and returns the node'

# --- what an administrator did stays

admin NodeName=b02 State=DRAIN 'Reason=the fan is loud'
resume b02
is "$status" 0 'a drained node is left alone'
is "$err" 'pi-agent: b02: left alone: it is drained (the fan is loud)' 'with the administrator'\''s reason'
reboot b02
node_start b02
wait_for '[[ $(node_state b02) == drained && $(node_exec b01 scontrol show node b02) == *BootTime=2* ]]' 20
resume b02
is "$status" 0 'a drained node that rebooted is left alone too'
like "$err" 'left alone: it is drained \(the fan is loud\)' 'for the same reason'
like "$(state b02)" '^drained\*?: the fan is loud$' 'and stays drained'
admin NodeName=b02 State=RESUME
wait_node b02 idle 20

admin NodeName=b02 State=DOWN 'Reason=smells of smoke'
resume b02
is "$status $err" '0 pi-agent: b02: left alone: it is down for another reason (smells of smoke)' \
	'a node that an administrator set down is left alone'
is "$(state b02)" 'down: smells of smoke' 'and stays down'
admin NodeName=b02 State=DOWN 'Reason=Not responding'
resume b02
is "$status $err" '0 pi-agent: b02: left alone: an administrator set it down (Not responding)' \
	'also when he uses the words of slurmctld'
is "$(state b02)" 'down: Not responding' 'and stays down'
admin NodeName=b02 State=RESUME
wait_node b02 idle 20

# --- the card must be there

node_exec b02 umount /scratch
resume b02
is "$status" 1 'a node whose card went away is not resumed'
like "$err" 'no card is mounted on /scratch' 'and why is said'
node_exec b02 pi-agent prepare >/dev/null 2>&1

# --- who am I

resume b02 'NodeName = b03' 'ResumeWait = 1s'
like "$err" '^pi-agent: b03: ' 'NodeName wins over the host name'
resume b02 'NodeName = b99'
is "$status" 1 'an unknown name is refused'
is "$err" 'pi-agent: slurmctld does not know a node b99; set NodeName in slurm-pi.conf' 'and named'
resume b01
like "$err" '^pi-agent: b01: nothing to do' 'without NodeName the host name is looked for'

# --- no slurmctld, no munge, no slurm.conf: one line, in time

pid=$(node_exec b01 cat /run/slurm/slurmctld.pid)
node_exec b01 kill "$pid"
wait_for "! node_exec b01 kill -0 $pid" 20
resume b02 'ResumeWait = 2s'
is "$status" 1 'without slurmctld resume fails'
is "$(wc -l <<<"$err")" 1 'with one line'
like "$err" 'not resumed within 2000 ms \(ResumeWait\): ' 'within ResumeWait'
node_exec b01 slurmctld
wait_node b02 idle 30
ok $? 'and when slurmctld is back'
resume b02
is "$status" 0 'so is the node'

resume b02 'ResumeWait = 1s'
run node_exec b02 env SLURM_CONF=/nowhere pi-agent --config=/etc/slurm-pi/resume.conf resume
is "$status" 1 'without slurm.conf resume fails'
like "$err" 'is there a slurm.conf' 'and says so'
node_exec b02 pkill -x munged
run node_exec b02 pi-agent check
is "$status" 1 'without munged check fails'
like "$err" '^pi-agent: munge: ' 'and names munge'
node_exec b02 setpriv --reuid munge --regid munge --clear-groups munged
run node_exec b02 pi-agent check
is "$status" 0 'with it check passes'
done_testing
