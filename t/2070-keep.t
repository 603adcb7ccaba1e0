#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --scratch-keep: the directory of a job that failed is kept for a while.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_enter "$@"
cluster_up b02 b03
home=$CLUSTER/home/student

submit() {
	job=$(as_student sbatch --parsable "${@:1:$#-1}" --wrap "${!#}")
	wait_job "$job" 30
	said=$(cat "$home/slurm-$job.out")
}
kept() { node_exec "$1" ls -A /scratch/kept 2>/dev/null | xargs; }
sweep() { node_exec "$1" pi-agent sweep 2>/dev/null; }

like "$(as_student sbatch --help)" '--scratch-keep +keep the scratch directory' 'sbatch --help shows the option'

submit --nodelist b02,b03 --nodes 2 --scratch-keep 'srun sh -c "hostname >\$SLURM_TMPDIR/result"; exit 3'
like "$said" "scratch: this job failed; what is in its scratch directory is kept as /scratch/kept/student-$job, for 3d" \
	'the user is told where'
is "$(grep -c 'is kept as' <<<"$said")" 1 'once'
for node in b02 b03; do
	is "$(node_exec "$node" setpriv --reuid student --clear-groups cat "/scratch/kept/student-$job/result")" "$node" \
		"$node: it is there, and the user's"
	is "$(node_exec "$node" stat -c '%U %a' "/scratch/kept/student-$job" /scratch/kept | xargs)" 'student 700 root 755' \
		'and private'
	is "$(node_exec "$node" ls -A /run/slurm-pi/jobs)" '' 'and no record is left'
done
failed=$job

submit --nodelist b02 --scratch-keep 'srun false; exit 0'
unlike "$said" 'is kept as' 'a failed step in a job that ends well: nothing is said'
is "$(kept b02)" "student-$failed" 'and nothing is kept'

submit --nodelist b02 --scratch 'exit 3'
is "$(kept b02)" "student-$failed" 'without the option nothing is kept'

job=$(as_student sbatch --parsable --nodelist b02 --scratch-keep --wrap 'sleep 300')
wait_for "node_exec b02 test -d /scratch/student-$job" 20
as_student scancel "$job"
wait_job "$job" 30
is "$(kept b02)" "student-$failed student-$job" 'a cancelled job has not ended well'

out=$(as_student srun --quiet --nodelist b02 --scratch-keep false 2>&1)
like "$out" 'is kept as /scratch/kept/student-[0-9]+, for 3d' 'srun alone: the user is told'
wait_node b02 idle 20
is "$(kept b02 | wc -w)" 3 'and it is kept'

sweep b02
is "$(kept b02 | wc -w)" 3 'a sweep before its time leaves it alone'
node_reboot b03
is "$(kept b03)" "student-$failed" 'it outlives a reboot'

# Its owner cannot prolong it.
node_exec b02 setpriv --reuid student --clear-groups touch -d '+10 years' "/scratch/kept/student-$failed"
echo 'KeepTime = 0' >>"$CLUSTER/b02/slurm-pi/slurm-pi.conf"
sweep b02
is "$(kept b02)" '' 'a sweep after its time removes it'
is "$(node_exec b02 sh -c 'ls -A /scratch/.slurm-pi/kept /scratch/.slurm-pi/trash' | xargs)" \
	'/scratch/.slurm-pi/kept: /scratch/.slurm-pi/trash:' 'with all its traces'
is "$(node_state b02)" idle 'the node stays in service'
done_testing
