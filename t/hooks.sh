# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# hooks.sh - the plugin's prolog and epilog, by hand, as slurmd runs them
#
#	. "$(dirname "$0")/hooks.sh"	# after cluster.sh
#	cluster_up b02
#	hooks_capture b02		# what slurmd gives to slurmstepd, from a real job
#	hook b02 prolog 4711 [strace ...]
#	hook b02 epilog 4711
#
# slurmd starts `slurmstepd spank prolog` with its configuration on standard input
# and an environment of its own. hooks_capture records both for one job; hook plays
# them for any job id, in milliseconds, under any tracer.

hooks_capture() {
	local node=$1 job
	cat >"$CLUSTER/$node/log/wrap" <<-'END'
		#!/bin/bash
		[ "$1" = spank ] || exec /run/hooks/slurmstepd "$@"
		cat >"/run/hooks/$2.stdin"
		env -0 >"/run/hooks/$2.env"
		exec /run/hooks/slurmstepd "$@" <"/run/hooks/$2.stdin"
	END
	cat >"$CLUSTER/$node/log/hook" <<-'END'
		#!/bin/bash
		hook=$1 job=$2
		shift 2
		mapfile -d '' environment <"/run/hooks/$hook.env"
		exec env -i "${environment[@]}" SLURM_JOB_ID="$job" SLURM_JOBID="$job" \
			"$@" /usr/sbin/slurmstepd spank "$hook" <"/run/hooks/$hook.stdin"
	END
	chmod 755 "$CLUSTER/$node/log/wrap" "$CLUSTER/$node/log/hook"
	node_exec "$node" mkdir /run/hooks
	node_exec "$node" cp /usr/sbin/slurmstepd /var/log/wrap /var/log/hook /run/hooks
	node_exec "$node" mount --bind /run/hooks/wrap /usr/sbin/slurmstepd
	job=$(as_student sbatch --parsable --nodelist "$node" --scratch=10M --wrap true)
	wait_job "$job" 20
	node_exec "$node" umount /usr/sbin/slurmstepd
	node_exec "$node" sh -c 'test -s /run/hooks/prolog.stdin && test -s /run/hooks/epilog.env' ||
		cluster_failed 'slurmd ran no hooks'
}

# hook NODE prolog|epilog JOBID [COMMAND...]: as in ENVIRONMENT COMMAND slurmstepd
hook() { node_exec "$1" /run/hooks/hook "${@:2}"; }
