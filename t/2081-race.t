#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hundreds of prologs and epilogs against processes of the job's user that outlive
# their jobs and swap directories with links all the time: nothing outside changes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/hooks.sh"
cluster_enter "$@"
cluster_up b02
hooks_capture b02

# What must not change: root's, and other users', on the card and beside it
node_exec b02 sh -c 'mkdir -p /tmp/root/dir /scratch/other-1/dir; echo kept >/tmp/root/dir/file
	cp -r /tmp/root/dir/file /scratch/other-1/dir/; chown -R 20002 /scratch/other-1
	chmod 700 /scratch/other-1'
watch() { node_exec b02 sh -c 'cd / && find tmp/root scratch/other-1 -printf "%p %U %m %s %n\n" | sort; cat /tmp/root/dir/file /scratch/other-1/dir/file'; }
before=$(watch)

cat >"$CLUSTER/b02/log/attack" <<'END'
# Follow the newest job's directory, and play with names in it, whoever removes them.
use strict;
my @targets = qw(/tmp/root /tmp/root/dir /scratch/other-1 /scratch / .. ../.. /scratch/.slurm-pi);
my ($swaps, $n) = (0, 0);
$SIG{TERM} = sub { open my $f, ">", "/home/student/swaps.$$"; print $f "$swaps\n"; close $f; exit };
while (1) {
	my ($dir) = glob "/scratch/student-*" or next;
	chdir $dir or next;
	for (1 .. 500) {
		my ($d, $t) = ("d" . $n++ % 8, $targets[$n % @targets]);
		mkdir $d; open my $f, ">", "$d/f"; close $f if $f;
		symlink $t, "$d.l";
		rename $d, "$d.x"; rename "$d.l", $d; rename "$d.x", "$d.l";
		rename "$d.l", "../student-0"; link "/tmp/root/dir/file", "$d.h";
		mkdir ".tmp"; rename ".tmp", ".t$n"; symlink $t, ".tmp";
		$swaps += 3;
	}
	chdir "/";
}
END
for _ in 1 2; do
	node_exec b02 setpriv --reuid student --regid students --clear-groups perl /var/log/attack 2>/dev/null &
	at_exit eval "kill -KILL $! 2>/dev/null"
done

cat >"$CLUSTER/b02/log/rounds" <<'END'
#!/bin/bash
# rounds N: N jobs, one after the other; prints what failed
for ((job = 1000; job < 1000 + $1; job++)); do
	/run/hooks/hook prolog "$job" || echo "prolog $job: $?"
	[ "$(stat -c '%U %a' "/scratch/student-$job")" = 'student 700' ] || echo "no directory for $job"
	/run/hooks/hook epilog "$job" || echo "epilog $job: $?"
	[ ! -e "/scratch/student-$job" ] || echo "$job is left"
	[ $((job % 50)) != 0 ] || pi-agent sweep 2>/dev/null
done
END
rounds=${ROUNDS:-150}
is "$(node_exec b02 bash /var/log/rounds "$rounds" 2>&1 | head -n 5)" '' "$rounds jobs start and end"
is "$(watch)" "$before" 'nothing outside their directories has changed'

node_exec b02 pkill -TERM -f /var/log/attack
wait_for '[ "$(ls "$CLUSTER"/home/student/swaps.* | wc -l)" = 2 ]' 10
swaps=$(cat "$CLUSTER"/home/student/swaps.* | awk '{ sum += $1 } END { printf "%d", sum }')
diag "$swaps names were swapped meanwhile"
[ "$swaps" -ge 20000 ]
ok $? 'while names were swapped tens of thousands of times'

node_exec b02 sh -c 'mv /scratch/.slurm-pi/stuck/* /scratch/.slurm-pi/trash/ 2>/dev/null'
node_exec b02 pi-agent sweep 2>/dev/null
is "$? $(node_exec b02 ls -A /scratch/.slurm-pi/trash)" '0 ' 'and when they have died, the sweep removes the rest'
is "$(watch)" "$before" 'and nothing else'
is "$(node_exec b02 ls -A /scratch | xargs) $(node_exec b02 ls -A /run/slurm-pi/jobs)" \
	'.slurm-pi lost+found other-1 ' 'no directory and no record is left'
done_testing
