#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What can be said of the agent without running it: its units, its floor, its manual
. "$(dirname "$0")/lib.sh"
cd "$TOP" || bail "$TOP"

# Any of these gives the service a mount namespace of its own: what it mounts
# would never be seen by a job.
for option in ProtectSystem ProtectHome ProtectKernelTunables ProtectKernelModules \
	ProtectKernelLogs ProtectControlGroups ProtectProc ProcSubset PrivateTmp PrivateDevices \
	PrivateMounts PrivateNetwork PrivateIPC ReadOnlyPaths ReadWritePaths InaccessiblePaths \
	TemporaryFileSystem BindPaths MountFlags RootDirectory RootImage DynamicUser; do
	unlike "$(cat etc/pi-agent.service.in)" "^$option=" "pi-agent.service does not use $option="
done
like "$(cat etc/pi-agent.service.in)" '^Before=.*slurmd\.service' 'pi-agent.service is done before slurmd starts'
unlike "$(cat etc/pi-agent.service.in)" '^(After|Wants|Requires)=.*(network|\.device|\.mount)' \
	'and waits for neither network nor devices'
like "$(cat etc/pi-agent-resume.service.in)" '^After=.*slurmd\.service' 'pi-agent-resume.service comes after slurmd'
like "$(cat etc/pi-agent-sweep.service.in)" '^IOSchedulingClass=idle' 'sweeping yields to jobs'

if command -v systemd-analyze >/dev/null; then
	mkdir "$W/units"
	for unit in etc/pi-agent*.in; do
		sed "s|@sbindir@|$B|" "$unit" >"$W/units/$(basename "$unit" .in)"
	done
	lives systemd-analyze verify --man=no "$W"/units/* 'systemd understands the units'
fi

# Who opens a disk for writing, or mounts: apply.c, through what it calls. check
# writes its probe into a file.
is "$(grep -lE '\bO_RDWR\b' agent/*.c | xargs)" 'agent/apply.c agent/check.c agent/resume_ask.c' \
	'nobody else opens anything for reading and writing'
is "$(grep -lE '\b(mount|umount2)\(' agent/*.c | xargs)" agent/apply.c 'nobody else mounts'
is "$(grep -lE 'BLKPG|fdisk_write|BLKDISCARD|BLKRRPART' agent/*.c | xargs)" agent/partition.c \
	'nobody else changes partition tables'
is "$(grep -lE '"(mkfs|tune2fs|e2fsck)' agent/*.c | xargs)" agent/filesystem.c \
	'nobody else runs what changes file systems'
is "$(grep -lE 'pi_partition_(write|claim|announce)\(|pi_filesystem_[a-z]+\(' agent/*.c |
	grep -v 'partition.c\|filesystem.c' | xargs)" agent/apply.c 'and only apply.c calls them'
is "$(grep -lE '\bslurm_[a-z_]+\(' agent/*.c | xargs)" agent/resume_ask.c 'only resume_ask.c calls libslurm'

while read -r outcome id; do
	[ "$outcome" = usage ] ||
		like "$(cat agent/pi-agent.8)" "^\.B $id$" "pi-agent(8) has the message id of $outcome"
done < <(sed -n 's/.*{ "\([a-z-]*\)", "\([0-9a-f]\{32\}\)".*/\1 \2/p' agent/journal.c)
verdicts=$(sed -n 's/^\t\t\[PI_[A-Z_]*\] = "\(.*\)",/\1/p' agent/verdict.c)
is "$(wc -l <<<"$verdicts")" 12 'there are twelve verdicts'
for verdict in $verdicts; do
	like "$(sed -n '/^\.SS Verdicts/,/^\.S[HS] [^V]/p' agent/pi-agent.8)" "^\.BR? .*$verdict" "pi-agent(8) explains $verdict"
done
done_testing
