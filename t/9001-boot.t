#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2034 # conditions and commands for later
# A diskless node boots over DHCP and NFS, runs a job, and survives a power cut.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vm.sh"
vm_enter "$@"
vm_net
vm_card "$W/card" 512M

vm_boot b02 "$W/card"
vm_up b02 || bail 'b02 does not boot'
is "$(vm_run b02 'systemctl is-system-running')" running 'the node is up, no unit failed'
is "$(vm_run b02 'hostname; cat /etc/hostname 2>&1 | wc -l')" $'b02\n1' \
	'its name comes from DHCP, not from the image'
is "$(vm_run b02 'dpkg --print-architecture')" "$VM_ARCH" 'its architecture is the one asked for'
like "$(vm_run b02 'findmnt -n -o FSTYPE,OPTIONS /')" '^nfs +ro,' 'its root is NFS, read-only'
ok "$(vm_run b02 'touch /file 2>/dev/null; echo $((! $?))')" 'and cannot be written'
is "$(vm_run b02 'timedatectl show --value -p NTPSynchronized')" yes \
	'it has learnt the time from the head'
lives wait_for 'vm_run b02 "test -b /dev/disk/by-path/platform-fe340000.mmc"' 60 \
	'udev finds the card'
is "$(vm_run b02 'udevadm info -q property --property=ID_PATH --value /dev/mmcblk0')" \
	platform-fe340000.mmc 'under the Pi'"'"'s ID_PATH'
is "$(vm_run b02 'cat /sys/block/mmcblk0/{device/type,size}')" $'SD\n1048576' \
	'as an SD card of its size'

lives wait_for '[ "$(vm_node b02)" = "idle none" ]' 60 'slurmd registers'
run vm_user user1 srun --nodelist b02 sh -c 'hostname; id -un; pwd'
is "$out" $'b02\nuser1\n/home/user1' "a user's job runs there"

id=$(vm_user user1 sbatch --parsable --requeue --nodelist b02 --wrap \
	'echo $SLURM_RESTART_COUNT >>runs; [ -n "$SLURM_RESTART_COUNT" ] || sleep 600')
lives wait_for '[ -s "$W/home/user1/runs" ]' 30 'another job runs'
vm_power_cut b02
vm_boot b02 "$W/card"
vm_up b02 || bail 'b02 does not boot again'
lives wait_for '[ "$(vm_node b02)" = "down Node unexpectedly rebooted" ]' 60 \
	'after a power cut the head takes the node for down'
scontrol update nodename=b02 state=resume
lives wait_for '[ -z "$(squeue -h -j "$id")" ]' 60 'resumed, the node takes jobs'
is "$(cat "$W/home/user1/runs")" $'\n1' 'the interrupted job ran again'
done_testing
