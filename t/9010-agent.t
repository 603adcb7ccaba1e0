#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2034 # conditions and commands for later
# The agent on nodes that boot: new cards, power cuts, drains, cards of others,
# no card, cards that go away or fail.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vm.sh"
vm_enter "$@"
need mkfs.vfat e2fsck losetup
vm_net
vm_install
vm_card "$W/b02.card" 512M
vm_card "$W/b03.card" 512M

boot() { # NAME CARD: on, up to the login prompt
	vm_boot "$@"
	vm_up "$1" || bail "$1 does not boot"
}

# What a boot must look like whatever the card is
no_complaints() { # NAME WHAT
	is "$(vm_run "$1" 'systemctl --failed --plain --no-legend')" '' "$2: no unit failed"
	is "$(vm_journal "$1" -b -p err -u 'pi-agent*')" '' "$2: no error of ours in the journal"
	unlike "$(vm_journal "$1" -b -u 'pi-agent*')" 'fatal|error:|ignoring' \
		"$2: nor a complaint without that priority"
}

# What is on the card beside what is always there
litter() {
	vm_run "$1" 'find /scratch -mindepth 1 ! -path /scratch/lost+found ! -path /scratch/.slurm-pi \
		! -path /scratch/.slurm-pi/trash ! -path /scratch/.slurm-pi/boot_id'
}

property() { vm_run "$1" "systemctl show -P $3 $2"; }

# On the head's side the card is a file; its file system begins at 4 MiB.
card_is_sound() { # FILE
	local device rc
	device=$(losetup --find --show --read-only --offset 4194304 "$1") || return
	e2fsck -f -n "$device"
	rc=$?
	losetup --detach "$device"
	return "$rc"
}

# --- a blank card, and one whose making the power cut ------------------------

vm_boot b02 "$W/b02.card"
vm_boot b03 "$W/b03.card"
lives wait_for 'vm_is_off b03 || [ "$(stat -c %b "$W/b03.card")" -gt 0 ]' 600 'b03 begins to make its card'
vm_power_cut b03
vm_boot b03 "$W/b03.card"

vm_up b02 || bail 'b02 does not boot'
no_complaints b02 'blank card'
like "$(vm_scratch b02)" '^/dev/mmcblk0p1 +ext4 .*nosuid,nodev,.*prjquota' \
	'it is formatted and mounted, as the first process sees it'
[ "$(property b02 pi-agent ExecMainExitTimestampMonotonic)" -lt \
	"$(property b02 slurmd ExecMainStartTimestampMonotonic)" ]
ok $? 'before slurmd starts'
like "$(vm_run b02 'cat /run/slurm-pi/report.json')" '"verdict": "blank"' 'the report says why'
like "$(vm_run b02 'cat /run/slurm-pi/facts')" 'NodeName=b02 CPUs=2' 'the facts have what slurmd -C says'
lives wait_for '[ "$(vm_node b02)" = "idle none" ]' 60 'the node registers'
run vm_run b02 'pi-agent check'
is "$status $err" '0 ' 'and is fit, clock and all'
before=$(vm_run b02 'stat -c %i /scratch/.slurm-pi/boot_id; findmnt -n /scratch')
vm_run b02 'systemctl restart pi-agent'
is "$(vm_run b02 'stat -c %i /scratch/.slurm-pi/boot_id; findmnt -n /scratch')" "$before" \
	'a second run in one boot changes nothing'

vm_up b03 || bail 'b03 does not boot'
no_complaints b03 'half-made card'
like "$(vm_scratch b03)" '^/dev/mmcblk0p1 +ext4 ' 'the next boot makes a good card of it'
lives vm_run b03 'pi-agent check' 'b03 is fit'

# --- the power fails in the middle of a job -----------------------------------

cat >"$W/home/user1/many" <<'END'
#!/bin/bash
cd "$SLURM_TMPDIR" || exit
echo "run ${SLURM_RESTART_COUNT:-0} in $PWD with $(ls | wc -l) files" >>~/runs
[ -z "$SLURM_RESTART_COUNT" ] || exit 0
mkdir dir{0..9}
for d in dir*; do (cd $d && for ((i = 0; i < 1000; i++)); do : >$i; done); done
echo some >content
sync
echo made >~/made
sleep 600
END
id=$(vm_user user1 sbatch --parsable --requeue --nodelist b02 --scratch=50M many)
lives wait_for '[ -s "$W/home/user1/made" ]' 120 'a job writes 10,000 files'
vm_power_cut b02
scontrol update nodename=b03 state=drain reason='fan is loud'
vm_power_cut b03
truncate -s 0 "$W/b03.card"
truncate -s 512M "$W/b03.card"
mkfs.vfat "$W/b03.card" >"$W/mkfs.log" && sum=$(sha256sum <"$W/b03.card")
vm_boot b03 "$W/b03.card"
boot b02 "$W/b02.card"
no_complaints b02 'after a power cut'
like "$(vm_journal b02 -b -u pi-agent)" 'check the file system \(e2fsck -p\)' 'the card is checked'
like "$(vm_scratch b02)" '^/dev/mmcblk0p1 +ext4 ' 'and mounted'
lives wait_for '[ -z "$(squeue -h -j "$id")" ]' 120 'the node takes jobs, resumed by nobody'
like "$(vm_journal b02 -b -u pi-agent-resume)" 'resumed: .*Node unexpectedly rebooted' \
	'but by the agent'
diag "$(vm_journal b02 -b -u slurmd -u pi-agent-resume | grep -E 'Started slurmd|resumed|back in')"
is "$(cat "$W/home/user1/runs")" "run 0 in /scratch/user1-$id with 0 files
run 1 in /scratch/user1-$id with 0 files" 'the requeued job finds an empty directory'
lives wait_for '[ "$(litter b02)" = "" ]' 120 'nothing is left of it, nor in the trash' ||
	diag "$(litter b02 | head)" "$(vm_journal b02 -b -u pi-agent-sweep)"
is "$(vm_limits b02)" '' 'and no limit either'

# --- drained, and another person's card ---------------------------------------

vm_up b03 || bail 'b03 does not boot with a foreign card'
is "$(vm_run b03 'systemctl --failed --plain --no-legend')" '' 'foreign card: no unit failed'
lives wait_for '[[ "$(vm_node b03)" = "drained fan is loud" ]]' 60 \
	'drained by a person, a node that rebooted stays drained'
like "$(vm_journal b03 -b -u pi-agent-resume)" 'left alone' 'the agent says so'
is "$(sha256sum <"$W/b03.card")" "$sum" 'a foreign card is as it was, to the bit'
like "$(vm_journal b03 -b -u pi-agent)" '/dev/mmcblk0 is left alone: ' 'the journal says so'
like "$(vm_run b03 'cat /run/slurm-pi/report.json')" '"refused": ".*"' 'and the report'
is "$(vm_scratch b03)" '' 'it is not mounted'
scontrol update nodename=b03 state=resume
lives wait_for '[ "$(vm_node b03)" = "idle none" ]' 60 'resumed by the person'
run vm_user user1 srun --nodelist b03 --scratch=1M true
is "$status" 1 'there a job that wants scratch fails'
like "$err" 'scratch: this node has no scratch' 'with a line that says why'
run vm_user user1 srun --nodelist b03 sh -c 'echo "${SLURM_TMPDIR-none}"'
is "$out" none 'and one that does not runs'
lives wait_for '[ "$(vm_node b03)" = "idle none" ]' 30 'which is no fault of the node'

# --- no card ------------------------------------------------------------------

vm_power_cut b03
# (not a new file: the server of b02's root would not know for a minute)
conf=$(sed 's/^CardWait.*/CardWait = 5s/' "$VM_TREE/etc/slurm-pi/slurm-pi.conf")
echo "$conf" >"$VM_TREE/etc/slurm-pi/slurm-pi.conf"
vm_boot b03 none

# --- the card goes away under a job, while b03 boots -----------------------------

id=$(vm_user user1 sbatch --parsable --nodelist b02 --scratch --wrap \
	'echo x >$SLURM_TMPDIR/x && echo ready >ready; sleep 600')
lives wait_for '[ -s "$W/home/user1/ready" ]' 60 'a job uses the card'
vm_card_out b02
run vm_run b02 'pi-agent check --drain'
isnt "$status" 0 'with the card pulled, the node is not fit'
like "$(vm_node b02)" '^drain.* pi-agent: .*card' 'and drained for a reason that names the card'
diag "$(vm_node b02)"
vm_user user1 scancel "$id"
lives wait_for '[ -z "$(squeue -h -j "$id")" ]' 60 'the job can be cancelled'
vm_run b02 'systemctl stop pi-agent; umount /scratch; rm -rf /run/slurm-pi'
vm_card_in b02
lives vm_run b02 'systemctl start pi-agent && pi-agent check --drain' 'put in again, the card is good'
lives wait_for '[ "$(vm_node b02)" = "idle none" ]' 60 'and the drain is lifted' ||
	diag "$(vm_node b02)"

# --- the power fails at ten moments of making a card ----------------------------

vm_run b02 'systemctl stop pi-agent; umount /scratch; rm -rf /run/slurm-pi'
vm_card_out b02
other_card() { # FILE: becomes the card's content
	truncate -s 0 "$W/b02.card"
	cp --sparse=always "$1" "$W/b02.card"
	truncate -s 512M "$W/b02.card"
}
# Start the agent, and keep each state of the card's file that can be caught.
take_moments() {
	local making last now
	last=$(stat -c '%b %y' "$W/b02.card")
	vm_run b02 'systemctl start pi-agent' &
	making=$!
	moments=0
	while kill -0 "$making" 2>/dev/null; do
		read -r -t 0.03 <> <(:) || :	# let the machine run on
		now=$(stat -c '%b %y' "$W/b02.card")
		[ "$now" != "$last" ] || continue
		vm_qmp b02 stop
		moments=$((moments + 1))
		cp --sparse=always "$W/b02.card" "$W/moment.$moments"
		last=$(stat -c '%b %y' "$W/b02.card")
		vm_qmp b02 cont
	done
	wait "$making"
}
truncate -s 512M "$W/empty"
other_card "$W/empty"
vm_card_in b02 || bail 'no card comes back'
vm_card_slow b02 500
lives take_moments 'a card is made, and looked at meanwhile'
vm_card_slow b02 0
diag "$moments moments"
[ "$moments" -ge 10 ]
ok $? 'at ten moments and more'

good=0
for ((i = 1; i <= 10; i++)); do
	vm_run b02 'systemctl stop pi-agent; umount /scratch; rm -rf /run/slurm-pi'
	vm_card_out b02
	other_card "$W/moment.$((i * moments / 10))"
	vm_card_in b02
	if vm_run b02 'systemctl start pi-agent && findmnt /scratch && pi-agent check' >"$W/again.log" 2>&1; then
		good=$((good + 1))
	else
		diag "$(cat "$W/again.log")" "$(vm_journal b02 -u pi-agent -n 8)"
	fi
done
is "$good" 10 'what a power cut then leaves becomes a good card'
vm_run b02 'systemctl stop pi-agent; umount /scratch; sync'
lives card_is_sound "$W/b02.card" 'and a sound file system'

# --- the node without a card, and a card that fails --------------------------------

vm_up b03 || bail 'b03 does not boot without a card'
no_complaints b03 'no card'
like "$(vm_journal b03 -b -u pi-agent)" 'absent: ' 'the journal says that there is no card'
lives vm_run b03 'pi-agent check' 'which is no fault of the node'
lives wait_for '[ "$(vm_node b03)" = "idle none" ]' 60 'it is in service'

vm_run b03 'modprobe -a loop dm_mod
	truncate -s 64M /tmp/card && losetup /dev/loop0 /tmp/card
	dmsetup create card --table "0 131072 linear /dev/loop0 0"
	losetup --partscan /dev/loop1 /dev/mapper/card
	printf "CardDevice = /dev/loop1\nCardWait = 5s\n" >/run/card.conf'
lives vm_run b03 'pi-agent --config /run/card.conf prepare && pi-agent check' 'a card that will fail is good at first'
vm_run b03 'dmsetup suspend card; dmsetup load card --table "0 131072 error"; dmsetup resume card'
run vm_run b03 'pi-agent check --drain'
isnt "$status" 0 'once it fails, the node is not fit'
like "$err" '/scratch: .*(card|Input/output error)' 'and the reason names the card'
like "$(vm_node b03)" '^drain.* pi-agent: ' 'as does the reason of its drain'
diag "$(vm_node b03)"
done_testing
