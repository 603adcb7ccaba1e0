#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In every way a job can start, each task sees its job's own directory or none.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_enter "$@"
cluster_up b02 b03

# What is tested is what is meant: built here, or installed by packages.
loaded=$(node_exec b02 sh -c 'cat "/proc/$(cat /run/slurm/slurmd.pid)/maps"' |
	sed -n 's|.* \(/.*/spank_scratch\.so\)$|\1|p' | sort -u)
is "$loaded" "$CLUSTER_PLUGIN" "slurmd has loaded $CLUSTER_PLUGIN"
sbin=/opt/slurm-pi/sbin
[ -z "${PI_INSTALLED:-}" ] || sbin=/usr/sbin
is "$(node_exec b02 bash -c 'command -v pi-agent pi-nodes' | xargs)" "$sbin/pi-agent $sbin/pi-nodes" \
	"programs are those in $sbin"

home=$CLUSTER/home/student
# What a task prints: its node, SLURM_TMPDIR and whether it can write there
cat >"$home/say" <<'END'
#!/bin/bash
state=unset
[ -z "${SLURM_TMPDIR+x}" ] || state=$SLURM_TMPDIR
[ "$state" = unset ] || touch "$SLURM_TMPDIR/$RANDOM" || state="$state, not writable"
echo "$1 $(hostname) $state"
END
chmod 755 "$home/say"

# submit OPTIONS... SCRIPT-TEXT: run as the student, and what the job printed
submit() {
	local id
	{ echo '#!/bin/bash'; echo "${!#}"; } >"$home/job.sh"
	id=$(as_student sbatch --parsable "${@:1:$#-1}" job.sh) || return
	wait_job "${id%%;*}" 30
	job=$id
	said=$(grep -v '^srun: ' "$home/slurm-$id.out" | sort)	# which may have waited
}

submit --nodes 2 --nodelist b02,b03 --scratch './say batch; srun ./say step'
is "$said" "batch b02 /scratch/student-$job
step b02 /scratch/student-$job
step b03 /scratch/student-$job" 'sbatch: batch script and each step'

submit --nodelist b02 --scratch=10M $'srun -n1 ./say first\nsrun -n1 ./say second'
is "$said" "first b02 /scratch/student-$job
second b02 /scratch/student-$job" 'sbatch: steps share the directory'

submit --nodelist b02 './say batch; srun ./say step'
is "$said" "batch b02 /scratch/student-$job
step b02 /scratch/student-$job" 'Scratch = always: also without --scratch'

submit --nodelist b02 $'#SBATCH --scratch=10M\n./say batch'
is "$said" "batch b02 /scratch/student-$job" 'an #SBATCH line'

SLURM_SPANK=SLURM_SPANK__SLURM_SPANK_OPTION_scratch_scratch
out=$(as_student env "$SLURM_SPANK=banana" srun --nodelist b02 ./say step 2>&1)
like "$out" 'must be a whole number' 'a bad size from the environment is refused as on the command line'

out=$(as_student srun --nodes 2 --nodelist b02,b03 --scratch ./say srun | sort)
like "$out" $'^srun b02 /scratch/student-[0-9]+\nsrun b03 /scratch/student-[0-9]+$' 'srun alone' ||
	diag "$out"

out=$(as_student salloc --quiet --nodelist b02 --scratch=10M srun ./say salloc)
like "$out" '^salloc b02 /scratch/student-[0-9]+$' 'salloc and srun'

submit --nodelist b02 --scratch --export=NONE './say batch; srun --export=ALL ./say step'
is "$said" "batch b02 /scratch/student-$job
step b02 /scratch/student-$job" '--export=NONE'

submit --nodelist b02 --scratch $'export SLURM_EXPORT_ENV=HOME\nsrun ./say step'
is "$said" "step b02 /scratch/student-$job" 'SLURM_EXPORT_ENV'

# A job array: each task has a job id of its own.
echo $'#!/bin/bash\n./say array' >"$home/job.sh"
id=$(as_student sbatch --parsable --array=1-3 --scratch --output=array-%a.out job.sh)
wait_job "$id" 30
seen=$(cat "$home"/array-?.out | awk '{print $3}' | sort -u)
is "$(wc -l <<<"$seen") $(grep -c '^/scratch/student-[0-9]*$' <<<"$seen")" '3 3' \
	'a job array: a directory for each task'

# A heterogeneous job: each component has a job id of its own.
cat >"$home/job.sh" <<'END'
#!/bin/bash
srun --het-group=0,1 ./say het
END
id=$(as_student sbatch --parsable --scratch --nodelist b02 : --nodelist b03 job.sh)
wait_job "$id" 30
is "$(sort "$home/slurm-$id.out")" "het b02 /scratch/student-$id
het b03 /scratch/student-$((id + 1))" 'a heterogeneous job: a directory for each component'

# Nested sbatch: the inner job has its own, or none, never its parent's.
cat >"$home/inner.sh" <<'END'
#!/bin/bash
./say inner
END
submit --nodelist b02 --scratch 'sbatch --parsable --nodelist b03 --output inner.out inner.sh >inner.id'
inner=$(cat "$home/inner.id")
wait_job "$inner" 30
is "$(cat "$home/inner.out")" "inner b03 /scratch/student-$inner" 'nested sbatch: its own directory'

for node in b02 b03; do
	echo 'Scratch = on-request' >>"$CLUSTER/$node/slurm-pi/slurm-pi.conf"
done
submit --nodelist b02 './say batch'
is "$said" 'batch b02 unset' 'Scratch = on-request: none without --scratch'
submit --nodelist b02 --scratch './say batch'
is "$said" "batch b02 /scratch/student-$job" 'Scratch = on-request: one with it'

# The shell that submits may have a SLURM_TMPDIR of another job.
out=$(as_student env SLURM_TMPDIR=/scratch/student-1 TMPDIR=/scratch/student-1 \
	srun --nodelist b02 bash -c './say srun; echo "${TMPDIR-unset}"')
is "$out" $'srun b02 unset\n/tmp' "another job's directory is not inherited"
out=$(as_student env SLURM_TMPDIR=/home/student TMPDIR=/tmp srun --nodelist b02 \
	bash -c 'echo $SLURM_TMPDIR $TMPDIR')
is "$out" '/home/student /tmp' 'a variable that points elsewhere is left alone'
out=$(as_student srun --quiet --nodelist b02 --scratch bash -c 'echo $TMPDIR')
is "$out" /tmp 'SetTmpdir = no: TMPDIR is what Slurm makes it'
echo 'SetTmpdir = yes' >>"$CLUSTER/b02/slurm-pi/slurm-pi.conf"
out=$(as_student srun --nodelist b02 --scratch bash -c '[ "$TMPDIR" = "$SLURM_TMPDIR" ] && echo same')
is "$out" same 'SetTmpdir = yes: TMPDIR is the directory too'

# An option on srun inside a job comes too late.
submit --nodelist b02 'srun --scratch ./say step'
like "$said" 'this job was started without it; give --scratch to sbatch' \
	'srun --scratch inside a job without: says where the option goes'

# Without Alloc the prolog runs with the node's first step.
sed -i '/^PrologFlags/d' "$CLUSTER/slurm/slurm.conf"
for node in b03 b02 b01; do node_stop "$node"; done
node_exec b01 scontrol reconfigure
for node in b01 b02 b03; do node_start "$node"; done
wait_for '[ "$(node_exec b01 sinfo -h -t idle -o %D)" = 3 ]' 20
submit --nodes 2 --nodelist b02,b03 --scratch './say batch; srun ./say step'
is "$said" "batch b02 /scratch/student-$job
step b02 /scratch/student-$job
step b03 /scratch/student-$job" 'without PrologFlags=Alloc'

for node in b02 b03; do
	is "$(node_exec "$node" ls -A /scratch | xargs)" '.slurm-pi lost+found' "$node: no directory is left"
	is "$(node_exec "$node" ls -A /run/slurm-pi/jobs)" '' "$node: no record is left"
done
done_testing
