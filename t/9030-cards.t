#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2034 # conditions and commands for later
# What people do with the cards of a node that has booted: one made by hand is
# adopted, one is exchanged behind the agent's back, one is wiped by order, one is
# ephemeral; and the timer that looks whether the node is fit.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vm.sh"
vm_enter "$@"
need sfdisk mkfs.vfat mkfs.ext4
vm_net
vm_install
card=$W/b02.card
conf=$VM_TREE/etc/slurm-pi/slurm-pi.conf

# other_card FILE: the card in the slot of b02 is another one now
other_card() {
	vm_card_out b02
	swap_card "$1"
	vm_card_in b02 || bail 'no card comes back'
}
swap_card() { truncate -s 0 "$card" && cp --sparse=always "$1" "$card" && truncate -s 512M "$card"; }
unmount() { vm_run b02 'umount /scratch 2>/dev/null; rm -rf /run/slurm-pi'; }
partitions() { vm_run b02 'cd /sys/block/mmcblk0 && echo mmcblk0p*'; }

# As the guide has it: fdisk with its defaults on a card from the shop, mkfs.ext4
mkdir -p "$W/files/ada-7"
echo thesis >"$W/files/ada-7/chapter"
truncate -s 512M "$W/by-hand"
sfdisk -q "$W/by-hand" <<<'label: dos
,'
mkfs.ext4 -q -F -d "$W/files" -E offset=1048576 "$W/by-hand" 523264k || bail 'mkfs.ext4'
# As Raspberry Pi OS has it
truncate -s 512M "$W/two"
sfdisk -q "$W/two" <<<'label: dos
start=8192, size=524288, type=c
start=532480, type=83'
mkfs.vfat -F 16 --offset 8192 -n BOOTFS "$W/two" 262144 >"$W/mkfs.log" 2>&1 || bail 'mkfs.vfat'

# --- adopted -------------------------------------------------------------------

mkdir -p "$VM_TREE/etc/systemd/system/pi-agent-check.timer.d"
cat >"$VM_TREE/etc/systemd/system/pi-agent-check.timer.d/often.conf" <<-'END'
	[Timer]
	OnBootSec=
	OnUnitInactiveSec=
	OnBootSec=1s
	OnUnitInactiveSec=3s
	RandomizedDelaySec=0
END
swap_card "$W/by-hand"
sum=$(sha256sum <"$card")
vm_boot b02 "$card"
vm_up b02 || bail 'b02 does not boot'
like "$(vm_journal b02 -b -u pi-agent)" 'left alone: adoptable: .*to keep its files: pi-agent adopt' \
	'a card made by hand is left alone, and what would adopt it said'
is "$(vm_run b02 'systemctl --failed --plain --no-legend')" '' 'which fails no unit'
is "$(sha256sum <"$card")" "$sum" 'nor changes a bit'
lives vm_run b02 'pi-agent adopt' 'it is adopted'
like "$(vm_scratch b02)" '^/dev/mmcblk0p1 +ext4 .*prjquota' 'mounted with quotas, as the first process sees it'
is "$(vm_run b02 'cat /scratch/ada-7/chapter')" thesis 'with its files'
lives wait_for '[ "$(vm_node b02)" = "idle none" ]' 60 'the node is in service'
run vm_user user1 srun --nodelist b02 --scratch=1M sh -c \
	'head -c 900K /dev/zero >$SLURM_TMPDIR/a && echo fits; head -c 900K /dev/zero >$SLURM_TMPDIR/b'
is "$out" fits 'a job can write what it asked for'
like "$err" 'Disk quota exceeded' 'and no more'

# --- the timer ------------------------------------------------------------------

vm_run b02 'systemctl start pi-agent-check.timer'
lives wait_for '[ "$(vm_run b02 "systemctl show -P Result,ExecMainStatus pi-agent-check" | xargs)" = "success 0" ] &&
	vm_run b02 "test -e /run/slurm-pi/fitness"' 60 'the timer finds the node fit' ||
	diag "$(vm_journal b02 -u pi-agent-check)"
vm_run b02 'mount -o remount,ro /scratch'
lives wait_for '[[ "$(vm_node b02)" = drain*"pi-agent: card "* ]]' 60 \
	'a card that turns read-only drains the node' || diag "$(vm_journal b02 -u pi-agent-check)"
diag "$(vm_node b02)"
vm_run b02 'mount -o remount,rw /scratch'
lives wait_for '[ "$(vm_node b02)" = "idle none" ]' 60 'and the next look lifts that' ||
	diag "$(vm_journal b02 -u pi-agent-check)"
scontrol update nodename=b02 state=drain reason='fan is loud'
vm_run b02 'mount -o remount,ro /scratch'
lives wait_for 'vm_run b02 "systemctl show -P ExecMainStatus pi-agent-check" | grep -qv "^0"' 60 'on a drained node it finds the same'
like "$(vm_node b02)" '^drained fan is loud' 'and leaves the reason of the person'
vm_run b02 'mount -o remount,rw /scratch; systemctl stop pi-agent-check.timer; systemctl reset-failed pi-agent-check'
scontrol update nodename=b02 state=resume

# --- exchanged while the agent works ----------------------------------------------

truncate -s 512M "$W/empty"
unmount
other_card "$W/empty"
# It has looked, said what it will do, and is held there.
vm_run b02 'strace --quiet=all --output=/tmp/trace --trace-path=/tmp/out --trace=write --inject=write:signal=STOP:when=1 \
	pi-agent prepare >/tmp/out 2>&1 &'
# (As strace says: to the kernel it is stopped at each call.)
lives wait_for 'vm_run b02 "grep -q \"stopped by SIGSTOP\" /tmp/trace"' 60 \
	'the agent is about to format a blank card'
vm_card_out b02
swap_card "$W/two"
sum=$(sha256sum <"$card")
vm_card_in b02
vm_run b02 'pkill -CONT -x pi-agent; while pgrep -x pi-agent >/dev/null; do read -r -t 0.1 <> <(:); done'
like "$(vm_run b02 'cat /tmp/out')" 'another card was put in' 'another card in the slot is seen'
is "$(sha256sum <"$card")" "$sum" 'and stays as it is, to the bit'

# --- wiped by order -----------------------------------------------------------------

is "$(partitions)" 'mmcblk0p1 mmcblk0p2' 'that card has two partitions'
vm_run b02 'systemctl restart pi-agent'
order=$(vm_journal b02 -u pi-agent | sed -n 's/.*to erase it: //p' | tail -n 1)
like "$order" '^WipeOrder = b02 ' 'the journal has the order that would permit its use'
echo "$order" >>"$conf"
vm_run b02 'systemctl restart pi-agent'
like "$(vm_scratch b02)" '^/dev/mmcblk0p1 +ext4 ' 'which is carried out' || diag "$(vm_journal b02 -u pi-agent -n 9)"
is "$(partitions)" mmcblk0p1 'and the kernel knows the new partition only'

# --- ephemeral ----------------------------------------------------------------------

echo 'CardMode = ephemeral' >>"$conf"
id=$(vm_user user1 sbatch --parsable --requeue --nodelist b02 --scratch --wrap \
	'ls -A $SLURM_TMPDIR >>~/seen; echo x >$SLURM_TMPDIR/x; sync; echo made >~/made; sleep 600')
lives wait_for '[ -s "$W/home/user1/made" ]' 60 'a job writes on the card'
vm_power_cut b02
vm_boot b02 "$card"
vm_up b02 || bail 'b02 does not boot'
is "$(vm_run b02 'systemctl --failed --plain --no-legend')" '' 'no unit failed'
like "$(vm_journal b02 -b -u pi-agent)" 'make ext4 .* without journal.*CardMode is ephemeral' \
	'an ephemeral card is made anew at boot'
unlike "$(vm_run b02 'dumpe2fs -h /dev/mmcblk0p1 2>/dev/null')" has_journal 'without a journal'
like "$(vm_scratch b02)" '^/dev/mmcblk0p1 +ext4 .*prjquota' 'with quotas'
lives wait_for '[ "$(squeue -h -o %T -j "$id")" = RUNNING ]' 120 'the requeued job runs again'
# (Where Slurm 22.05 starts it without its prolog, the directory is named by number.)
lives wait_for '[[ "$(vm_run b02 "cd /scratch && echo *-*")" =~ ^(user1|2001)-$id$ ]]' 60 \
	'alone on the card' || diag "$(vm_run b02 'ls -A /scratch')" "$(vm_journal b02 -b -u slurmd | tail -n 9)"
vm_user user1 scancel "$id"
lives wait_for '[ -z "$(squeue -h -j "$id")" ]' 60 'and ends'
done_testing
