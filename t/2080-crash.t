#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prolog and epilog die, or fail, at each of their system calls: the node is drained
# for a broken card only, and the next run always ends with nothing left.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/hooks.sh"
need strace
cluster_enter "$@"
cluster_up b02
hooks_capture b02

# All of it runs on the node in one shell: thousands of hooks, some 15 ms each.
cat >"$CLUSTER/b02/log/crash" <<'END'
#!/bin/bash
# crash HOOK: for each call, killed and failing; prints what went wrong
hook=$1 job=100 rounds=0
play() { /run/hooks/hook "$@" 2>/dev/null; }

# The next epilog (slurmd runs one after a prolog that failed) and the next sweep.
# Then nothing may be left.
converge() {
	local left
	play epilog "$job" || echo "$1: the epilog after it fails with $?"
	pi-agent sweep 2>/dev/null || echo "$1: the sweep after it fails with $?"
	left=$(ls -A /scratch /run/slurm-pi/jobs /scratch/.slurm-pi/trash |
		grep -x -e "student-$job" -e "$job[.-].*" -e "$job")
	[ -z "$left" ] || echo "$1: left: $(xargs <<<"$left")"
	rm -rf "/run/slurm-pi/jobs/$job"* "/scratch/student-$job"
	rounds=$((rounds + 1))
	job=$((job + 1))
}

begin() {
	[ "$hook" = prolog ] || {
		play prolog "$job" || echo "prolog $job: $?"
		mkdir "/scratch/student-$job/sub"
		touch "/scratch/student-$job/sub/file"
	}
}

# Ours are the calls from the first that names our state to the last, each told by
# its name and by how often that name came before.
begin
play "$hook" "$job" strace -qq -o /run/trace
play epilog "$job"
awk -F'(' '{ n[$1]++ } /run.slurm-pi/ { ours = 1 } /^exit_group/ { exit } ours { print $1, n[$1] }' /run/trace >/run/calls
echo "# $hook: $(wc -l </run/calls) calls"
[ "$(wc -l </run/calls)" -ge 20 ] || echo 'too few calls to be ours'

while read -r call when; do
	begin
	play "$hook" "$job" strace -qq -o /dev/null --inject="$call:signal=KILL:when=$when"
	[ "$?" = 137 ] || echo "$hook survives being killed at $call $when"
	converge "$hook killed at $call $when"
	[ "$call" != brk ] || continue # the kernel never answers that with an errno
	for errno in EIO EROFS ENOSPC EDQUOT ENOMEM EMFILE; do
		begin
		play "$hook" "$job" strace -qq -o /run/trace --inject="$call:error=$errno:when=$when"
		status=$?
		case $errno in
		EIO | EROFS) [ "$status" -le 1 ] ;;
		*) [ "$status" -eq 0 ] ;;
		esac || echo "$hook, $errno at $call $when: status $status: $(grep INJECTED /run/trace | cut -c1-120)"
		converge "$hook, $errno at $call $when"
	done
done </run/calls
echo "# $rounds rounds"
END
for hook in prolog epilog; do
	out=$(node_exec b02 bash /var/log/crash "$hook" 2>&1)
	diag "$(grep '^#' <<<"$out")"
	is "$(grep -v -e '^#' -e ' Killed ' <<<"$out" | head -n 20)" '' "$hook: killed and failing at each call, it converges"
done

# An epilog that died in the middle is finished by the sweep alone.
hook b02 prolog 50
node_exec b02 touch /scratch/student-50/file
hook b02 epilog 50 strace -qq -o /dev/null --inject=renameat2:signal=KILL:when=1 2>/dev/null
is "$(node_exec b02 ls -A /scratch | grep student)" student-50 'an epilog killed before it moved the directory'
node_exec b02 pi-agent sweep 2>/dev/null
is "$(node_exec b02 ls -A /scratch /run/slurm-pi/jobs | grep 50)" '' 'is finished by the sweep'
is "$(node_exec b02 ls -A /scratch | xargs)" '.slurm-pi lost+found' 'no directory is left'
is "$(node_exec b02 ls -A /scratch/.slurm-pi/trash)" '' 'the trash is empty'
is "$(node_exec b02 ls -A /run/slurm-pi/jobs)" '' 'no record is left'

# Job ids that look like none, and a user whose name looks like a record
for id in 4294967295 1; do
	hook b02 prolog "$id"
	is "$? $(node_exec b02 ls -A /scratch | grep -c -- "-$id\$")" '0 1' "job $id gets a directory"
	hook b02 epilog "$id"
	is "$? $(node_exec b02 ls -A /scratch | grep -c -- "-$id\$")" '0 0' 'and loses it'
done
for user in 1 jobs kept .slurm-pi ../../etc 'a b' '' nobody; do
	node_exec b02 /run/hooks/hook prolog 77 env SLURM_JOB_USER="$user"
	seen=$(node_exec b02 ls -A /scratch | grep -v -x -e .slurm-pi -e lost+found)
	like "$seen" '^([a-z0-9]+|20001)-77$' "a user called '$user' gets one directory of one component"
	node_exec b02 /run/hooks/hook epilog 77
	is "$(node_exec b02 ls -A /scratch | xargs)" '.slurm-pi lost+found' 'and it goes'
done
done_testing
