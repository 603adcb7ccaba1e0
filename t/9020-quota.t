#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2034 # conditions and commands for later
# --scratch=SIZE on a card with quotas: what the job's user can and cannot do.
# (In a virtual machine, because a test machine's kernel may have no quota.)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vm.sh"
vm_enter "$@"
need e2fsck losetup
vm_net
vm_install
vm_card "$W/card" 512M
vm_boot b02 "$W/card"
vm_up b02 || bail 'b02 does not boot'
wait_for '[ "$(vm_node b02)" = "idle none" ]' 60 || bail "b02 is $(vm_node b02)"

# job USER SIZE SHELL-TEXT: run it in the job's directory
# Former jobs must not weigh in: what lies in the trash comes on top of a limit.
job() {
	wait_for '[ -z "$(squeue -h --states completing)" ]' 60 || diag 'a job does not end'
	wait_for 'vm_run b02 "! ls -A /scratch/.slurm-pi/trash | grep -q ."' 60 || diag 'the trash stays'
	run vm_user "$1" srun --nodelist b02 --scratch="$2" sh -c 'cd "$SLURM_TMPDIR" || exit; '"$3"
}

# What lies on the card in USER's name, in KiB
used_by() { vm_run b02 "find /scratch -user $1 -printf '%k\n'" | awk '{ sum += $1 } END { print sum + 0 }'; }

# --- one job ------------------------------------------------------------------

job user1 10M 'df --output=size . | tail -n 1'
is "${out// /}" 10240 'df in the job shows its SIZE'
job user1 10M 'dd if=/dev/zero of=big bs=1M count=20; sync; stat -c %b big'
like "$err" 'Disk quota exceeded' 'a write beyond SIZE fails'
[ "$((${out:-0} / 2))" -le 10240 ] && [ "$((${out:-0} / 2))" -gt 8192 ]
ok $? 'at SIZE' || diag "$out"
like "$err" 'this job filled the 10M' 'and the job is told once more at its end'
job user1 10M 'fallocate -l 20M big'
like "$err" 'Disk quota exceeded' 'so does reserving'
job user1 10M 'for i in $(seq 3000); do true >$i || exit 3; done'
is "$status" 3 'the number of files is limited too'
like "$err" 'Disk quota exceeded' 'by quota'
lives wait_for '[ "$(used_by user1)" = 0 ]' 60 'after the jobs no file remains'
lives wait_for '[ -z "$(vm_limits b02)" ]' 60 'and no limit' ||
	diag "$(vm_limits b02)"

# --- the escape: a file's project is its owner's to change ----------------------

leave='chattr -P . && chattr -p 0 . && mkdir out && lsattr -pd out'
job user1 10M "$leave; df --output=size . | tail -n 1"
is "$status" 0 "a user takes the job's directory out of its project"
unlike "$out" '^ *10240$' 'and df no longer shows the limit'
job user1 10M "$leave; dd if=/dev/zero of=out/big bs=1M count=40; sync; du -sk . >&2"
like "$err" 'Disk quota exceeded' 'yet a write beyond SIZE fails'
[ "$(awk '$2 == "." { print $1 }' <<<"$err")" -le 10240 ]
ok $? 'at SIZE again' || diag "$err"
job user1 10M "mkdir in; dd if=/dev/zero of=in/x bs=1M count=6 2>/dev/null; $leave
	dd if=/dev/zero of=out/big bs=1M count=40; sync; du -sk . >&2"
[ "$(awk '$2 == "." { print $1 }' <<<"$err")" -le 10240 ]
ok $? 'also with a part of it inside' || diag "$err"
job user1 10M 'mkdir a; chattr -p 1 a || exit 4; dd if=/dev/zero of=a/x bs=1M count=40; sync; du -sk . >&2'
[ "$(awk '$2 == "." { print $1 }' <<<"$err")" -le 10240 ]
ok $? "and in another's project" || diag "$err"
job user1 10M 'unshare --user --map-root-user chattr -p 0 .'
isnt "$status" 0 'a user namespace does not allow it at all'

# --- several jobs ----------------------------------------------------------------

job user1 1G true
is "$status" 1 'more than the card has is refused'
like "$err" "scratch: --scratch=1G: this node's card has [0-9]+M free" 'with what there is'
first=$(vm_user user1 sbatch --parsable --nodelist b02 --scratch=300M --wrap \
	'echo up >first; sleep 600')
lives wait_for '[ -s "$W/home/user1/first" ]' 60 'a job holds 300M'
job user2 300M true
like "$err" '(299|300)M are promised to other jobs' "which another user's job cannot have"
job user2 20M 'dd if=/dev/zero of=big bs=1M count=15 && df --output=size . | tail -n 1'
is "$status ${out// /}" '0 20480' 'but a smaller one'
job user1 20M "$leave; dd if=/dev/zero of=out/big bs=1M count=330; sync; du -sk . >&2"
used=$(awk '$2 == "." { print $1 }' <<<"$err")
[ "$used" -le $((320 * 1024)) ]
ok $? "an escape reaches what the user's jobs have together, not more" || diag "$err"
vm_user user1 scancel "$first"
lives wait_for '[ -z "$(squeue -h)" ]' 60 'the jobs end'
lives wait_for '[ "$(used_by user1)" = 0 ]' 60 'their files go'
lives wait_for '[ -z "$(vm_limits b02)" ]' 60 'and their limits' ||
	diag "$(vm_limits b02)"

# --- requeued, while what its first run left lies in the trash ---------------------

vm_run b02 'systemctl stop pi-agent-sweep.path'
echo 'RemoveBudget = 0' >>"$VM_TREE/etc/slurm-pi/slurm-pi.conf"
id=$(vm_user user1 sbatch --parsable --requeue --nodelist b02 --scratch=10M --wrap \
	'dd if=/dev/zero of=$SLURM_TMPDIR/x bs=1M count=9 && echo "run ${SLURM_RESTART_COUNT:-0}" >>~/again
	[ -n "$SLURM_RESTART_COUNT" ] || sleep 600')
lives wait_for '[ -s "$W/home/user1/again" ]' 60 'a job writes nearly all it may'
scontrol requeue "$id"
wait_for '[ "$(squeue -h -o %T -j "$id")" = PENDING ]' 60 && scontrol update jobid="$id" starttime=now
lives wait_for '[ "$(tail -n 1 "$W/home/user1/again")" = "run 1" ]' 120 'requeued, it can write as much' ||
	diag "$(cat "$W/home/user1/slurm-$id.out")" "$(vm_run b02 'repquota -P -n /scratch')"
[ "$(used_by user1)" -ge 9216 ]
ok $? 'although the trash still has what it wrote first' || diag "$(used_by user1)"
vm_run b02 'systemctl start pi-agent-sweep.path'
lives wait_for '[ -z "$(squeue -h)" ]' 60 'it ends'
lives wait_for '[ "$(used_by user1)" = 0 ]' 60 'and the trash goes'

run vm_user user1 srun --nodelist b02 sh -c 'dd if=/dev/zero of="$SLURM_TMPDIR/x" bs=1M count=100'
is "$status" 0 'without SIZE a job is not limited'
lives wait_for '[ "$(vm_node b02)" = "idle none" ]' 30 'none of this drained the node'
is "$(vm_journal b02 -b -p err -u 'pi-agent*')" '' 'or is an error in the journal'
lives vm_run b02 'pi-agent check && systemctl stop pi-agent && umount /scratch && sync' \
	'the card is well'
device=$(losetup --find --show --read-only --offset 4194304 "$W/card")
at_exit losetup --detach "$device"
lives e2fsck -f -n "$device" 'and its file system and quotas are sound'
done_testing
