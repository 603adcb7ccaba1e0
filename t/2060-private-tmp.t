#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PrivateTmp = yes: /tmp and /var/tmp of a job are its own, on the card.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_enter "$@"
cluster_up b02
echo 'PrivateTmp = yes' >>"$CLUSTER/b02/slurm-pi/slurm-pi.conf"
home=$CLUSTER/home/student

submit() {
	job=$(as_student sbatch --parsable --nodelist b02 "${@:1:$#-1}" --wrap "${!#}")
	wait_job "$job" 30
	said=$(cat "$home/slurm-$job.out")
}

node_exec b02 sh -c 'echo host >/tmp/host; echo host >/var/tmp/host'
submit --scratch 'ls -A /tmp /var/tmp; echo a >/tmp/file; echo b >/var/tmp/file
	srun sh -c "cat /tmp/file /var/tmp/file"; cat "$SLURM_TMPDIR/.tmp/file"
	stat -c "%U %a" /tmp /var/tmp; df --output=source /tmp | tail -n 1'
is "$said" "/tmp:

/var/tmp:
a
b
a
student 700
student 700
$(cat "$CLUSTER/b02/card")p1" '/tmp and /var/tmp are empty, private, on the card, and the same in each step'
is "$(node_exec b02 ls -A /tmp /var/tmp | xargs)" '/tmp: host /var/tmp: host' "the node's own are as they were"
is "$(node_exec b02 ls -A /scratch | xargs)" '.slurm-pi lost+found' 'they go with the job'
is "$(node_exec b02 sh -c 'grep -c /tmp /proc/self/mountinfo')" 1 'no mount of a job is seen outside it'

# Two jobs at once do not see each other's.
first=$(as_student sbatch --parsable --nodelist b02 --wrap 'echo 1 >/tmp/mine; sleep 300')
wait_for "node_exec b02 test -e /scratch/student-$first/.tmp/mine" 20
second=$(as_user student2 sbatch --parsable --nodelist b02 --wrap 'ls -A /tmp; ls /scratch/*/ 2>&1; echo done')
wait_job "$second" 30
unlike "$(cat "$CLUSTER/home/student2/slurm-$second.out")" mine "another job's /tmp is not seen"
as_student scancel "$first"
wait_job "$first" 30

# A job may put anything in the way of its own next step, and nobody else's.
node_exec b02 sh -c 'mkdir -m 755 /tmp/root; echo kept >/tmp/root/file'
submit 'rm -rf "$SLURM_TMPDIR/.tmp"; ln -s /tmp/root "$SLURM_TMPDIR/.tmp"; srun rm -rf /tmp/file; echo end'
like "$said" 'scratch: open student-[0-9]+/\.tmp: ' 'a link in its place fails the step'
is "$(node_exec b02 cat /tmp/root/file)" kept 'and is not followed'
submit 'rm -rf "$SLURM_TMPDIR/.tmp"; touch "$SLURM_TMPDIR/.tmp"; srun true; echo end'
like "$said" 'scratch: open student-[0-9]+/\.tmp: Not a directory' 'a file in its place fails the step'
submit 'mv "$SLURM_TMPDIR/.tmp" "$SLURM_TMPDIR/moved"; srun touch /tmp/new; ls -A "$SLURM_TMPDIR/.tmp"'
is "$said" new 'a missing one is made again'
is "$(node_state b02)" idle 'the node stays in service'
done_testing
