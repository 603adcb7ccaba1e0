#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# the whole loop: blank cards, a reboot, a student's job, clean cards
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_enter "$@"

home=$CLUSTER/home/student

agent() { run node_exec "$1" pi-agent "$2"; }
nodes() { run node_exec b01 pi-nodes "$@" --nodes /etc/slurm-pi/nodes; }
slurm() { run node_exec b01 "$@"; }
student() { run as_student "$@"; }
card() { cat "$CLUSTER/$1/card"; }
digest() { sha256sum <"$(card "$1")"; }

# --- the nodes' reports become the lines that Slurm runs on

cluster_build b02 b03
cluster_inventory >"$CLUSTER/b01/slurm-pi/nodes"
cluster_facts >"$CLUSTER/b01/slurm-pi/reports"
sed 's/^b...: //' "$CLUSTER/b01/slurm-pi/reports" >"$CLUSTER/b01/slurm-pi/raw"

nodes render --from /etc/slurm-pi/reports
is "$status" 0 'pi-nodes render takes the reports of the nodes'
lines=$out
like "$lines" '^NodeName=b\[02-03\] NodeAddr=10\.0\.0\.\[2-3\] CPUs=[0-9]+ .*Weight=1$' \
	'identical nodes are one line, with the addresses of the inventory'
like "$lines" '^NodeName=b01 NodeAddr=10\.0\.0\.1 .*Weight=100$' 'the head has weight 100'
nodes render --from /etc/slurm-pi/raw
is "$out" "$lines" 'reports without prefixes give the same'
out=$(node_exec b01 pi-nodes render --nodes /etc/slurm-pi/nodes --from - \
	<"$CLUSTER/b01/slurm-pi/reports")
is "$out" "$lines" 'so do reports on standard input'
reported=$(sed -n 's/^b02: .*RealMemory=\([0-9]*\).*/\1/p' "$CLUSTER/b01/slurm-pi/reports")
rendered=$(sed -n 's/^NodeName=b\[.*RealMemory=\([0-9]*\).*/\1/p' <<<"$lines")
[ "$rendered" -lt "$reported" ] && [ "$rendered" -gt $((reported * 9 / 10)) ]
ok $? "memory is rounded down with a margin: $rendered of $reported"
echo "$lines" >"$CLUSTER/slurm/nodes.conf"

# --- a blank card becomes scratch

agent b02 prepare
is "$status" 0 'pi-agent prepares a blank card' || diag "$err"
partition=$(node_exec b02 findmnt --noheadings --output SOURCE /scratch)
is "$partition" "$(card b02)p1" 'its first partition is mounted on /scratch'
options=,$(node_exec b02 findmnt --noheadings --output OPTIONS /scratch),
for option in rw nodev nosuid noatime; do
	like "$options" ",$option," "with the option $option"
done
is "$(blkid --probe --output value --match-tag PTTYPE "$(card b02)")" gpt 'the card has a GPT'
table=$(sfdisk --json "$(card b02)")
is "$(grep -c '"node"' <<<"$table")" 1 'with one partition'
first=$(sed -n 's/.*"start": *\([0-9]*\).*/\1/p' <<<"$table")
is "$((first % 8192))" 0 'which is aligned to 4 MiB'
is "$(blkid --probe --output value --match-tag TYPE "$partition")" ext4 'that holds an ext4'

agent b02 prepare
is "$status" 0 'a second run has nothing to do' || diag "$err"
is "$(node_exec b02 findmnt --noheadings --output SOURCE /scratch)" "$partition" \
	'and changes nothing'

# --- a card that is somebody's is left alone

mkfs.vfat -I -n CAMERA "$(card b03)" >/dev/null 2>&1
seq 1 20000 | mcopy -i "$(card b03)" - ::PICTURE.JPG 2>/dev/null
before=$(digest b03)
agent b03 prepare
unlike "$status" '^0$' 'a card with a picture on it is refused'
is "$(wc -l <<<"$err")" 1 'with one line'
like "$err" "$(card b03)" 'that names the card'
is "$(digest b03)" "$before" 'and not a bit of it has changed'
unlike "$(node_exec b03 cat /proc/mounts)" ' /scratch ' 'nothing is mounted'
node_card b03
agent b03 prepare
is "$status" 0 'the blank card that replaces it is prepared' || diag "$err"

# --- rebooted nodes return to service, unless an administrator said otherwise

cluster_start
slurm scontrol update NodeName=b03 State=DRAIN 'Reason=the fan is loud'
node_crash b02
node_crash b03
for node in b02 b03; do
	node_power_on "$node"
	agent "$node" prepare
	is "$status" 0 "$node: after a reboot the card is mounted again" || diag "$err"
	node_start "$node"
done
wait_node b02 down 20
ok $? 'a node that rebooted is DOWN'
is "$(node_reason b02)" 'Node unexpectedly rebooted' 'because it rebooted'
agent b02 resume
is "$status" 0 'pi-agent resume succeeds' || diag "$err"
wait_node b02 idle 20
ok $? 'and the node is IDLE'
agent b03 resume
is "$(node_state b03): $(node_reason b03)" 'drained: the fan is loud' \
	'a node drained by its administrator before the reboot stays drained'
slurm scontrol update NodeName=b03 State=RESUME
wait_node b03 idle 20
ok $? 'until the administrator resumes it'

# --- a student's job on two nodes

student sbatch --help
like "$out" '--scratch=\[SIZE\]' 'sbatch --help shows the option'
student sbatch --scratch=banana --wrap true
unlike "$status" '^0$' '--scratch=banana is refused at submission'
like "$err" 'scratch=banana.*must be.*as in --scratch=2G' 'with what is accepted'
slurm squeue --noheader --states=all
is "$out" '' 'so no job exists'

cat >"$home/look" <<'END'
#!/bin/bash
cd "$SLURM_TMPDIR" || exit
printf '%s ' "$SLURMD_NODENAME" "$SLURM_TMPDIR" "$(findmnt -no SOURCE --target .)"
stat --format='%a %U %G' .
END
cat >"$home/mess" <<'END'
#!/bin/bash
cd "$SLURM_TMPDIR" || exit
echo results >immutable
ln -s "$HOME/thesis" link
ln -s /var/tmp/precious root-link
mkdir -p unreadable/deeper && touch unreadable/deeper/file && chmod 0 unreadable/deeper unreadable
perl -e 'for (1 .. 1000) { mkdir "d" and chdir "d" or die }'
END
cat >"$home/job" <<'END'
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --scratch=100M
echo "batch $SLURMD_NODENAME $SLURM_TMPDIR"
srun ./look
srun ./mess
touch waiting
until [ -e go-on ]; do sleep 0.1; done
END
mkdir "$home/thesis"
echo 'years of work' >"$home/thesis/chapter1"
chmod 755 "$home"/{look,mess,job}
chown -R 20001:20000 "$home"
listing() { (cd "$home/thesis" && find . -printf '%p %m %U %s %T@\n' | sort); }
thesis=$(listing)
for node in b02 b03; do
	node_exec "$node" sh -c 'mkdir /var/tmp/precious && echo root >/var/tmp/precious/file'
done

student sbatch --parsable job
id=$out
like "$id" '^[0-9]+$' 'a job with --scratch=100M is accepted' || diag "$err"
wait_for "[ -e '$home/waiting' ]" 30
ok $? 'and runs' || cluster_logs
output=$(cat "$home/slurm-$id.out")
directory=/scratch/student-$id
like "$output" "^batch b02 $directory\$" 'the batch script has SLURM_TMPDIR'
for node in b02 b03; do
	like "$output" "^$node $directory $(card "$node")p1 700 student students\$" \
		"$node: so have steps: on the node's own card, 0700, the student's"
done
node_exec b02 chattr +i "$directory/immutable"
! node_exec b02 rm "$directory/immutable" 2>/dev/null
ok $? 'a file cannot be removed even by root'
! as_user student2 ls "$directory" 2>/dev/null
ok $? 'another student sees nothing'

# --- after the job the cards are clean

as_student touch go-on
wait_job "$id" 30
ok $? 'the job ends'
is "$(job_state "$id")" COMPLETED 'and succeeded' || diag "$(cat "$home/slurm-$id.out")"
for node in b02 b03; do
	run node_exec "$node" ls -A /scratch
	unlike "$out" student "$node: the directory is gone"
	agent "$node" sweep
	is "$status" 0 "$node: pi-agent sweep succeeds" || diag "$err"
	is "$(node_exec "$node" find /scratch -name '*student*' -o -path '*trash/*')" '' \
		"$node: nothing is left on the card"
	is "$(node_exec "$node" cat /var/tmp/precious/file)" root \
		"$node: what root's link pointed to is there"
	is "$(node_state "$node")" idle "$node is idle"
done
is "$(listing)" "$thesis" 'what the link pointed to was not touched'

slurm scontrol show config
unlike "$out" '^(Task)?(Prolog|Epilog)(\[[0-9]+\])? *= [^(]' "none of the guide's scripts is configured"

done_testing
