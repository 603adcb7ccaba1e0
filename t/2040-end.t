#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# However a job ends, nothing of it stays on the node, and nothing else goes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
need flock
cluster_enter "$@"
cluster_up b02

home=$CLUSTER/home/student
printf '#!/bin/bash\necho $SLURM_TMPDIR\ntouch "$SLURM_TMPDIR/file"\n%s\n' 'eval "$1"' >"$home/job.sh"

# submit COMMAND [OPTIONS...]: sets $job
submit() {
	job=$(as_student sbatch --parsable --nodelist b02 --scratch=10M "${@:2}" job.sh "$1")
}

started() { wait_for "node_exec b02 test -e /scratch/student-$job/file" 20; }
running() { [ "$(job_state "$1")" = RUNNING ]; }
output() { cat "$home/slurm-$job.out"; }
kept() { node_exec b02 ls -A /scratch | grep -v -e lost+found -e '^\.slurm-pi$' | xargs; }
records() { node_exec b02 ls -A /run/slurm-pi/jobs | xargs; }
trash() { node_exec b02 ls -A /scratch/.slurm-pi/trash | xargs; }

# clean NAME: wait for the end of $job, then look for what it left
clean() {
	wait_job "$job" 120
	is "$(kept)|$(records)|$(trash)" '||' "$1: directory, record and trash are gone"
}

submit true
clean 'normal end'

submit 'exit 3'
clean 'failure'

submit 'sleep 300'
started
as_student scancel "$job"
clean 'scancel'

submit 'sleep 300' --time=0:01
started
node_exec b01 scontrol update jobid="$job" timelimit=0
clean 'time limit'

submit 'kill -KILL $$'
clean 'killed as the OOM killer does it'

submit 'kill -STOP $$'
started
as_student scancel --signal=KILL --full "$job"
clean 'stopped, then killed'

# A requeued job keeps its id; what it left must not be there again.
submit '[ "${SLURM_RESTART_COUNT:-0}" != 0 ] || { touch "$SLURM_TMPDIR/old"; sleep 300; }; ls -A "$SLURM_TMPDIR"' --requeue
started
node_exec b01 scontrol requeue "$job"
wait_for '[ "$(job_state $job)" = PENDING ]' 20
is "$(kept)|$(records)" '|' 'requeue: nothing of the first run is left'
# In the second in which its credential was revoked Slurm would not start it again.
wait_for "[ \$EPOCHSECONDS -gt $EPOCHSECONDS ]" 5
node_exec b01 scontrol update jobid="$job" starttime=now
clean 'requeue'
is "$(output | tail -n 1)" file 'requeue: the second run began with an empty directory'

# slurmd stops and comes back while the job runs.
submit 'while [ ! -e go ]; do read -t 0.1 <> <(:); done'
started
node_stop b02
is "$(kept)" "student-$job" 'slurmd stopped: the running job keeps its directory'
node_start b02
touch "$home/go"
clean 'slurmd restarted during the job'
rm "$home/go"

# slurmd killed in a hook, which waits because the records are locked.
exec {unlock}<> <(:)
lock_records() {
	rm -f "$home/locked"
	node_exec b02 flock /run/slurm-pi/jobs sh -c 'echo locked >/home/student/locked; exec cat' \
		<"/proc/$$/fd/$unlock" &
	locker=$!
	wait_for '[ -e "$home/locked" ]' 5
}
unlock_records() {
	kill "$locker"
	node_exec b02 pkill -x cat
}

# killed_in HOOK: waits for it, kills slurmd, lets it end, starts slurmd again
killed_in() {
	wait_for "node_exec b02 pgrep -f 'slurmstepd spank $1'" 20
	ok $? "the $1 waits for the records"
	node_exec b02 pkill -KILL -x slurmd
	unlock_records
	wait_for "! node_exec b02 pgrep -f 'slurmstepd spank $1'" 20
	node_start b02
	wait_node b02 idle 90 || wait_node b02 mixed 5
}

lock_records
submit true
killed_in prolog
as_student scancel "$job"
wait_job "$job" 120
submit true
clean 'slurmd killed in a prolog: the next job'

submit 'while [ ! -e go ]; do read -t 0.1 <> <(:); done'
started
lock_records
touch "$home/go"
killed_in epilog
clean 'slurmd killed in an epilog'
rm "$home/go"
submit true
clean 'and the next job'

# slurmctld forgets the job: slurmd is told to abort it, with uid 0.
submit 'sleep 300'
started
head_stop
node_exec b01 slurmctld -c
wait_for '[ -z "$(kept)" ]' 60
is "$(kept)|$(records)" '|' 'aborted as unknown to slurmctld: nothing is left'

# The node loses power under a job: prepare clears up, the late epilog minds nothing.
wait_node b02 idle 30
submit '[ "${SLURM_RESTART_COUNT:-0}" != 0 ] || sleep 300; ls -A "$SLURM_TMPDIR"' --requeue
started
node_reboot b02
is "$(kept)|$(records)" '|' 'power cut: nothing is left in the next boot'
node_exec b02 pi-agent sweep 2>/dev/null
node_exec b02 pi-agent resume 2>/dev/null
wait_for '[ "$(job_state $job)" = PENDING ]' 20
# Slurm waits two minutes; what it has to say about the first run comes at once.
node_exec b01 scontrol update jobid="$job" starttime=now+5
clean 'power cut'
is "$(output | tail -n 1)" file 'power cut: the requeued job began with an empty directory'

# What does not fit into RemoveBudget waits in the trash for the sweep.
echo 'RemoveBudget = 0' >>"$CLUSTER/b02/slurm-pi/slurm-pi.conf"
submit true
wait_job "$job" 30
like "$(trash)" "^$job-" 'RemoveBudget = 0: the directory waits in the trash'
is "$(kept)" '' 'RemoveBudget = 0: and is gone from where jobs see it'
node_exec b02 pi-agent sweep 2>/dev/null
is "$(trash)" '' 'pi-agent sweep empties the trash'

is "$(node_state b02)" idle 'after all this the node is in service'
is "$(node_exec b02 grep -c 'error: scratch:' /var/log/slurm/slurmd.log)" 0 'and the log has no error of ours' ||
	diag "$(node_exec b02 grep 'error: scratch:' /var/log/slurm/slurmd.log)"
done_testing
