#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nodes without /etc/slurm/slurm.conf, whose slurmd gets it from slurmctld: the
# drop-in file that the package lays into the image loads the plugin there.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_enter "$@"
cluster_build b02
node_exec b02 pi-agent prepare >"$W/prepare.log" 2>&1 || cluster_failed 'no card'
cluster_render
echo 'SlurmctldParameters=enable_configless' >>"$CLUSTER/slurm/slurm.conf"

# As Debian's Slurm and the package have it, on the head
etc=$CLUSTER/slurm
mkdir -p "$etc/plugstack.conf.d"
echo 'include /etc/slurm/plugstack.conf.d/*.conf' >"$etc/plugstack.conf"
echo "required $CLUSTER_PLUGIN" >"$etc/plugstack-scratch.conf"
drop_in() { sed 's|/usr/share/slurm-pi/|/etc/slurm/|' "$TOP/debian/scratch.conf"; }
drop_in >"$etc/plugstack.conf.d/scratch.conf"

# On the node there is nothing in /etc/slurm but what the package put there.
node_exec b02 mount -t tmpfs -o mode=755 tmpfs /etc/slurm
install_plugin() {
	node_exec b02 mkdir /etc/slurm/plugstack.conf.d
	drop_in | node_exec b02 tee /etc/slurm/plugstack.conf.d/scratch.conf >"$W/drop-in"
	echo "required $CLUSTER_PLUGIN" | node_exec b02 tee /etc/slurm/plugstack-scratch.conf >"$W/line"
}
node_start() {
	if [ "$1" = b01 ]; then
		node_exec b01 slurmd
	else
		node_exec "$1" slurmd --conf-server b01
	fi
}
check() { run node_exec b02 pi-agent check-slurm; }
cluster_start

is "$(node_exec b02 ls -A /etc/slurm)" '' 'the node has no configuration of its own'
check
is "$status" 1 'without the package the plugin is not loaded there'
like "$err" 'include /etc/slurm/plugstack.conf.d/\*.conf finds nothing here, and is not shipped' 'and check-slurm says why'

install_plugin
node_stop b02
node_start b02
wait_node b02 idle 20
check
is "$status" 0 'with the package check-slurm is content' || diag "$err"
id=$(as_student sbatch --parsable --nodelist b02 --scratch=10M --wrap \
	'echo "$SLURM_TMPDIR"; echo x >$SLURM_TMPDIR/x && srun cat $SLURM_TMPDIR/x')
wait_job "$id" 40
is "$(xargs <"$CLUSTER/home/student/slurm-$id.out")" "/scratch/student-$id x" 'a job has its directory'
lives wait_for 'node_exec b02 test ! -e "/scratch/student-$id"' 20 'which is gone after it'
like "$(node_exec b02 srun --help)" '--scratch' 'and who submits on the node has the option'
done_testing
