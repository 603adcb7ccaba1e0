#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The plugin is upgraded and removed, as the packages do it, while jobs run.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
need flock
cluster_enter "$@"

# What dpkg lays down, in folders that all machines share
etc=$CLUSTER/slurm
lay_down() {
	install "$B/spank_scratch.so" "$etc/lib/spank_scratch.so.dpkg-new"
	sed 's|^required |&/etc/slurm/lib/|' "$TOP/etc/plugstack-scratch.conf" \
		>"$etc/share/plugstack-scratch.conf.dpkg-new"
	mv "$etc/lib/spank_scratch.so.dpkg-new" "$etc/lib/spank_scratch.so"
	mv "$etc/share/plugstack-scratch.conf.dpkg-new" "$etc/share/plugstack-scratch.conf"
}
take_away() { rm "$etc/share/plugstack-scratch.conf" "$etc/lib/spank_scratch.so"; }

cluster_build b02
mkdir -p "$etc"/{lib,share,plugstack.conf.d}
echo 'include /etc/slurm/plugstack.conf.d/*.conf' >"$etc/plugstack.conf"
sed 's|/usr/share/slurm-pi/|/etc/slurm/share/|' "$TOP/debian/scratch.conf" \
	>"$etc/plugstack.conf.d/scratch.conf"
lay_down
node_exec b02 pi-agent prepare >"$W/prepare.log" 2>&1 || cluster_failed 'no card'
cluster_render
cluster_start

home=$CLUSTER/home/student
cat >"$home/job.sh" <<'END'
#!/bin/bash
echo "${SLURM_TMPDIR-none}"
[ -z "${SLURM_TMPDIR-}" ] || echo "$1" >"$SLURM_TMPDIR/file"
touch "running-$1"
while [ ! -e "go-$1" ]; do read -r -t 0.1 <> <(:); done
[ -z "${SLURM_TMPDIR-}" ] || srun --overlap cat "$SLURM_TMPDIR/file"
END

# begin NAME [OPTIONS...]: a job of that name runs; sets $job
begin() {
	job=$(as_student sbatch --parsable --nodelist b02 --mem=10 "${@:2}" job.sh "$1")
	wait_for "[ -e $home/running-$1 ]" 20 || cluster_failed "$1 does not run"
}

# finish NAME JOB: it ends; sets $out, and $state
finish() {
	touch "$home/go-$1"
	wait_job "$2" 40
	state=$(job_state "$2")
	out=$(xargs <"$home/slurm-$2.out")
}

kept() { node_exec b02 ls -A /scratch | grep -v -e lost+found -e '^\.slurm-pi$' | xargs; }
restart() {
	node_stop b02
	node_start b02
}

begin old --scratch=10M
old=$job
lay_down
is "$(kept)" "student-$old" 'upgraded: the running job keeps its directory'
restart
finish old "$old"
is "$state $out" "COMPLETED /scratch/student-$old old" 'and its step finds what it wrote'
is "$(kept)" '' 'and it is gone after the end'

begin new --scratch=10M
finish new "$job"
is "$state $out" "COMPLETED /scratch/student-$job new" 'the next job has a directory'

begin last --scratch=10M
last=$job
take_away
is "$(kept)" "student-$last" 'removed: the running job keeps its directory'
finish last "$last"
is "$state $out" "COMPLETED /scratch/student-$last last" 'and its step finds what it wrote'
is "$(kept)" "student-$last" 'what it left stays: nobody knows it any more'
restart
wait_node b02 idle 20
begin without
finish without "$job"
is "$state $out" 'COMPLETED none' 'jobs run without the plugin, whose configuration is still there'
run as_student sbatch --scratch=10M job.sh never
like "$status $err" "^[1-9].*scratch" 'sbatch refuses its option'

lay_down
restart
wait_node b02 idle 20
begin again --scratch=10M
is "$(kept)" "student-$last student-$job" 'installed again: the next job has a directory'
finish again "$job"
is "$state $out" "COMPLETED /scratch/student-$job again" 'which it finds'
is "$(node_state b02) $(node_reason b02)" 'idle none' 'and the node was never drained'
done_testing
