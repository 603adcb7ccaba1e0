#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-agent check-slurm names what would break scratch without a word from Slurm.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_enter "$@"
cluster_up b02
conf=$CLUSTER/slurm/slurm.conf
plugstack=$CLUSTER/slurm/plugstack.conf
cp "$conf" "$W/slurm.conf"
echo "required $CLUSTER_PLUGIN" >"$W/plugstack.conf"

check() { run node_exec b02 pi-agent check-slurm; }
# with LINE...: slurm.conf as it was, with these lines
with() {
	{ grep -v "^${1%%=*}=" "$W/slurm.conf"; printf '%s\n' "$@"; } >"$conf"
	node_exec b01 scontrol reconfigure
	wait_for "node_exec b01 scontrol show config | grep -q '^${1%%=*} *= ${1#*=}'" 10
	check
}

check
is "$status" 0 'a good configuration passes' || diag "$err"
like "$err" 'as scratch needs it' 'and it says so'

with PrologFlags=Serial
is "$status" 1 'without Alloc it fails'
like "$err" 'PrologFlags=.*: without Alloc .*; add Alloc' 'and says what to do'

printf '#!/bin/sh\nmkdir /scratch/${SLURM_JOB_USER}-${SLURM_JOBID}\n' >"$CLUSTER/slurm/prolog.sh"
printf '#!/bin/sh\n# not about SLURM_TMPDIR\ntrue\n' >"$CLUSTER/slurm/other.sh"
chmod 755 "$CLUSTER"/slurm/*.sh
with Prolog=/etc/slurm/prolog.sh
is "$status" 1 "the guide's prolog fails it"
like "$err" 'Prolog=/etc/slurm/prolog.sh makes or removes job directories too; .* take it out' 'and is named'
with Prolog=/etc/slurm/other.sh
is "$status" 0 'another prolog is nobody'"'"'s business'

with Prolog=/etc/slurm/other.sh
echo '# nothing' >"$plugstack"
check
is "$status" 1 'a plugstack.conf without the plugin'
like "$err" 'plugstack.conf does not load spank_scratch.so; add the line: required spank_scratch.so' 'is named with the line to add'
rm "$plugstack"
check
like "$err" 'plugstack.conf: No such file or directory; without it no plugin is loaded' 'a missing plugstack.conf'
if [ -z "${PI_INSTALLED:-}" ]; then	# there it is in PluginDir
	echo 'optional spank_scratch.so' >"$plugstack"
	check
	is "$status" 1 'a plugin that is not in PluginDir'
	like "$err" 'spank_scratch.so, named in plugstack.conf, is not in PluginDir' 'is named'
fi
echo 'required /nowhere/spank_scratch.so' >"$plugstack"
check
like "$err" '/nowhere/spank_scratch.so, .*: No such file' 'one that is not where it is said to be'

mkdir -p "$CLUSTER/slurm/plugstack.conf.d"
cp "$W/plugstack.conf" "$CLUSTER/slurm/plugstack.conf.d/scratch.conf"
echo 'include /etc/slurm/plugstack.conf.d/*.conf' >"$plugstack"
check
is "$status" 0 "Debian's include is followed"
with SlurmctldParameters=enable_configless
is "$status" 0 'also by a configless node that has such a file'
rm "$CLUSTER/slurm/plugstack.conf.d/scratch.conf"
check
is "$status" 1 'to one that has not, nobody ships it'
like "$err" 'include /etc/slurm/plugstack.conf.d/\*.conf finds nothing here, and is not shipped' 'and it says so'

cp "$W/slurm.conf" "$conf"
cp "$W/plugstack.conf" "$plugstack"
# Of another release: the plugin's own number is changed in a copy.
node_exec b02 cp "$CLUSTER_PLUGIN" /var/log/spank_scratch.so
copy=$CLUSTER/b02/log/spank_scratch.so
perl -MConfig -0777 -i -pe 'BEGIN { $v = shift; $n = pack("V", $v); $o = pack("V", $v + 0x100) } s/\Q$n\E/$o/g' \
	"$(($(sed -n 's/.*SLURM_VERSION_NUMBER \(0x[0-9a-f]*\).*/\1/p' /usr/include/slurm/slurm_version.h)))" "$copy"
echo 'optional /var/log/spank_scratch.so' >"$plugstack"
node_exec b01 scontrol reconfigure
check
is "$status" 1 'a plugin of another release'
like "$err" 'sbatch does not offer --scratch: is the plugin built for this release' 'is found out'

cp "$W/plugstack.conf" "$plugstack"
head_stop
check
is "$status" 1 'without slurmctld it fails'
like "$err" 'scontrol show config: ' 'with one line'
done_testing
