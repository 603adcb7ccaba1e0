#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A broken card drains its node, and nothing else does; who asked for what the node
# cannot give is told so. The same with an optional and with a required plugin.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
need mkfs.ext4 fallocate
cluster_enter "$@"
cluster_up b02

home=$CLUSTER/home/student
conf=$CLUSTER/b02/slurm-pi/slurm-pi.conf
card_line=$(cat "$conf")
plugin=$CLUSTER_PLUGIN

# submit OPTIONS... COMMAND: a job on b02 to its end; what it printed
submit() {
	job=$(as_student sbatch --parsable --nodelist b02 "${@:1:$#-1}" --wrap "${!#}") || return
	wait_job "$job" 30
	said=$(cat "$home/slurm-$job.out")
	ended=$(job_state "$job")
}

# drained NAME REGEX: the job that comes now finds a broken card
drained() {
	job=$(as_student sbatch --parsable --nodelist b02 --wrap 'echo ran')
	wait_node b02 drained 20
	is "$(node_state b02) $(node_reason b02)" 'drained Prolog error' "$mode: $1 drains the node"
	like "$(tail -n 5 "$CLUSTER/b02/log/slurm/slurmd.log")" "scratch: job $job not started, the card is broken: $2" \
		'and slurmd.log says why'
	[ ! -e "$home/slurm-$job.out" ]
	ok $? 'and the job did not run'
	as_student scancel "$job"
}

repaired() {
	node_exec b01 scontrol update nodename=b02 state=resume
	wait_node b02 idle 20 || cluster_failed 'b02 does not come back'
}

# refused NAME REGEX OPTIONS...: the job fails with the sentence, the node stays
refused() {
	submit "${@:3}" 'echo ran'
	like "$ended" FAILED "$mode: $1: the job fails"
	like "$said" "scratch: $2" 'with a line on its stderr'
	unlike "$said" '^ran' 'and does not run'
	unlike "$(node_state b02)" 'drain|down|completing' 'and the node stays in service'
}

for mode in required optional; do
	echo "$mode $plugin" >"$CLUSTER/slurm/plugstack.conf"
	node_stop b02
	node_start b02
	wait_node b02 idle 20

	refused 'more than is free' '--scratch=1T: .* has [0-9]+M free' --scratch=1T

	node_exec b02 umount /scratch
	drained 'a card that went away' 'no card is mounted on /scratch'
	node_exec b02 rm /run/slurm-pi/mounted
	repaired
	refused 'a node that never had a card' 'this node has no scratch card' --scratch
	submit 'echo ran'
	is "$ended $said" 'COMPLETED ran' 'a job that did not ask runs there'
	node_exec b02 pi-agent prepare >/dev/null 2>&1

	node_exec b02 mount -o remount,ro /scratch
	drained 'a read-only card' '.*read-only'
	node_exec b02 mount -o remount,rw /scratch
	repaired
done

# A configuration that is broken breaks nothing but --scratch.
echo 'Nonsense = 1' >>"$conf"
refused 'a broken slurm-pi.conf' "this node's slurm-pi.conf cannot be read; tell" --scratch
submit 'echo ran ${SLURM_TMPDIR-without}'
is "$ended $said" 'COMPLETED ran without' 'a job that did not ask runs without scratch'
like "$(tail -n 20 "$CLUSTER/b02/log/slurm/slurmd.log")" 'slurm-pi.conf:2: unknown key Nonsense' \
	'slurmd.log has file, line and reason'
rm "$conf"
refused 'a missing slurm-pi.conf' "this node's slurm-pi.conf cannot be read; tell" --scratch
echo "$card_line" >"$conf"

# Promises
printf '%s\nMaxSize = 100M\n' "$card_line" >"$conf"
refused 'more than MaxSize' '--scratch=101M: this node allows at most 100M' --scratch=101M
submit --scratch=100M 'echo ran'
is "$ended $said" 'COMPLETED ran' 'MaxSize itself is allowed'
printf '%s\nQuota = required\n' "$card_line" >"$conf"
if node_exec b02 mount | grep -q prjquota; then
	ok 0 'this kernel has quotas; t/9020-quota.t tests them'
else
	refused 'Quota = required without quotas' 'this node cannot limit scratch' --scratch=10M
fi
echo "$card_line" >"$conf"

job1=$(as_student sbatch --parsable --nodelist b02 --scratch=300M --wrap 'sleep 300')
wait_for "node_exec b02 test -d /scratch/student-$job1" 20
refused 'what is promised to another job' '--scratch=200M: .* of which 300M are promised' --scratch=200M
submit --scratch=100M 'echo ran'
is "$ended $said" 'COMPLETED ran' 'what is not promised is given'
as_student scancel "$job1"
wait_job "$job1" 20
submit --scratch=200M 'echo ran'
is "$ended $said" 'COMPLETED ran' 'an ended job promises nothing'

# A full card
node_exec b02 sh -c 'head -c 1G /dev/zero >/scratch/filler' 2>/dev/null
refused 'a full card' '--scratch=1M: .* has 0M free' --scratch=1M
submit 'echo ran'
is "$ended $said $(node_state b02)" 'COMPLETED ran idle' 'a job that did not ask runs on a full card'
node_exec b02 rm /scratch/filler

# Out of inodes: no directory can be made at all.
node_exec b02 perl -e 'mkdir "/scratch/many"; for (1 .. 1e6) { open my $f, ">", "/scratch/many/$_" or last }'
refused 'a card without inodes' 'mkdir student-[0-9]+: No space left on device' --scratch
node_exec b02 rm -rf /scratch/many

# A scratch directory that users can write to cannot be trusted.
node_exec b02 chmod 1777 /scratch
refused 'a /scratch that others can write to' '/scratch must be root.s and not writable by others' --scratch
node_exec b02 chmod 755 /scratch

# The value of --scratch, past the check of srun
forged() {
	as_student env "SLURM_SPANK__SLURM_SPANK_OPTION_scratch_scratch=$1" \
		srun --quiet --nodelist b02 echo ran 2>&1
}
for value in banana -1 '../../etc' '$(reboot)' "$(printf 'x\ny')" "$(head -c 4000 /dev/zero | tr '\0' A)" \
	'1T;1' '%s%n' '18446744073709551617' 0; do
	said=$(forged "$value")
	unlike "$said" '^ran' "a forged value is refused: $(head -c 20 <<<"$value" | tr '\n' ' ')"
	wait_node b02 idle 20
	ok $? 'and drains nothing'
done
like "$(forged 10M)" '^ran' 'a good one is as good as the option'
wait_node b02 idle 20

is "$(node_exec b02 ls -A /scratch | xargs) $(node_exec b02 ls -A /run/slurm-pi/jobs)" \
	'.slurm-pi lost+found ' 'after all this no directory and no record is left'
done_testing
