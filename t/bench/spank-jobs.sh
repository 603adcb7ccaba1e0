#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a job that does nothing costs its node: without hooks, with a plugin whose hooks
# are empty (the slurmstepd processes that Slurm starts for them), with ours, with the
# three scripts that it replaces, with job_container/tmpfs
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../cluster.sh"
cluster_enter "$@"
cluster_up b02
jobs=${JOBS:-200}
conf=$CLUSTER/slurm/slurm.conf
cp "$conf" "$W/slurm.conf"
cp "$CLUSTER/slurm/plugstack.conf" "$W/plugstack.conf"
for name in prolog epilog taskprolog; do
	printf '#!/bin/bash\nexport SLURM_TMPDIR=/scratch/${SLURM_JOB_USER}-${SLURM_JOBID}\n' >"$CLUSTER/slurm/$name.sh"
done
cat >>"$CLUSTER/slurm/prolog.sh" <<'END'
mkdir $SLURM_TMPDIR
chown ${SLURM_JOB_USER}:students $SLURM_TMPDIR
chmod 700 $SLURM_TMPDIR
exit 0
END
cat >>"$CLUSTER/slurm/epilog.sh" <<'END'
if [ -d "$SLURM_TMPDIR" ] ; then
    rm -rf "$SLURM_TMPDIR"
fi
exit 0
END
echo 'echo export SLURM_TMPDIR=/scratch/${SLURM_JOB_USER}-${SLURM_JOBID}' >>"$CLUSTER/slurm/taskprolog.sh"
chmod 755 "$CLUSTER"/slurm/*.sh
printf 'AutoBasePath=true\nBasePath=/var/containers\n' >"$CLUSTER/slurm/job_container.conf"

# set_up PLUGSTACK-FILE [LINE...]: another configuration, everything restarted
set_up() {
	cp "$1" "$CLUSTER/slurm/plugstack.conf"
	{ cat "$W/slurm.conf"; printf '%s\n' "${@:2}"; } >"$conf"
	node_stop b02
	head_stop
	node_exec b01 slurmctld
	node_start b02
	wait_node b02 idle 60 || bail "b02 is $(node_state b02)"
}

# CPU time, in ms, of slurmd and of all its children that have ended
cpu_ms() {
	node_exec b02 sh -c 'awk -v hz="$(getconf CLK_TCK)" "{ print int((\$14 + \$15 + \$16 + \$17) * 1000 / hz) }" \
		"/proc/$(cat /run/slurm/slurmd.pid)/stat"'
}

# The node's whole processor time: what is no child of slurmd's any more counts too
node_cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '/^cpu / { print int(($2 + $3 + $4 + $7 + $8) * 1000 / hz) }' /proc/stat; }

measure() {
	local cpu whole begin
	if ! as_student timeout 20 srun --quiet --nodelist b02 true 2>/dev/null; then
		printf '%-24s does not run here\n' "$1"
		return
	fi
	wait_node b02 idle 20
	cpu=$(cpu_ms) whole=$(node_cpu_ms) begin=${EPOCHREALTIME/./}
	as_student bash -c "for ((i = 0; i < $jobs; i++)); do srun --quiet --nodelist b02 true; done"
	wait_node b02 idle 20
	printf '%-24s %8.1f %8.1f %8.1f\n' "$1" \
		"$(bc -l <<<"($(cpu_ms) - $cpu) / $jobs")" \
		"$(bc -l <<<"($(node_cpu_ms) - $whole) / $jobs")" \
		"$(bc -l <<<"(${EPOCHREALTIME/./} - $begin) / 1000 / $jobs")"
}

printf '%-24s %8s %8s %8s   (ms a job, over %d jobs)\n' '' slurmd machine wall "$jobs"
set_up /dev/null
measure 'no hooks'
cc -shared -fPIC -o "$CLUSTER/home/empty.so" "$TOP/t/bench/empty.c"
echo 'required /home/empty.so' >"$W/empty.conf"
set_up "$W/empty.conf"
measure 'empty hooks'
set_up "$W/plugstack.conf"
measure 'spank_scratch.so'
set_up /dev/null Prolog=/etc/slurm/prolog.sh Epilog=/etc/slurm/epilog.sh TaskProlog=/etc/slurm/taskprolog.sh
measure 'three scripts'
sed -i s/PrologFlags=Alloc/PrologFlags=Alloc,Contain/ "$W/slurm.conf"
set_up /dev/null JobContainerType=job_container/tmpfs
measure 'job_container/tmpfs'
