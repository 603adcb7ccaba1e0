#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/demo: shows the whole loop, and leaves nothing behind
. "$(dirname "$0")/lib.sh"
need root loop namespaces slurm mkfs.vfat mcopy
played=demo
. "$(dirname "$0")/leftovers.sh"

demo=$TOP/scripts/demo
before=$(folders)

run "$demo" --help
is "$status" 0 '--help'
like "$out" '^usage: scripts/demo' 'says how to use it'
run "$demo" --fast
is "$status" 2 'an unknown option is wrong usage'
# Not every place where this may lie can be read by others.
run setpriv --reuid 65534 --clear-groups "$BASH" -c "$(cat "$demo")" demo --no-setup
is "$status" 1 'who is not root is refused'
like "$err" '^demo: must be root' 'with a line that says so'
is "$(wc -l <<<"$err")" 1 'and no other'

start whole "$demo" --no-setup
finish whole
is "$status" 0 'the demo shows everything' || diag "$(cat "$W/whole.out" "$W/whole.err")"
is "$(cat "$W/whole.err")" '' 'says nothing on standard error'
table=$(sed -n '/^== What was shown$/,$p' "$W/whole.out")
is "$(grep -c '  yes$' <<<"$table")" 20 'and ends with a table'
unlike "$table" '  NO$' 'in which nothing failed'
for command in 'pi-nodes render' 'pi-agent prepare' 'pi-agent resume' \
	'sbatch --scratch=banana' 'sbatch job' 'pi-agent sweep'; do
	like "$(cat "$W/whole.out")" "^    b0[123][#\$] $command" "it shows: $command"
done
is "$(folders)" "$before" 'no file is left'

interrupt() {
	local name=$1 regex=$2
	start "$name" "$demo" --no-setup
	[ -z "$regex" ] || until_line "$name" "$regex"
	note_belongings "$name"
	kill -INT -- "-$player"
	finish "$name"
	is "$status" 130 "Ctrl-C ${name//-/ } ends it"
	is_gone "$name" "Ctrl-C ${name//-/ }"
}

interrupt at-the-start '^$'
interrupt while-nodes-start 'A small cluster'
interrupt while-cards-are-prepared 'b02# pi-agent prepare'
interrupt while-Slurm-starts '^== 3'
interrupt while-nodes-are-down 'b02# pi-agent resume'
interrupt while-the-job-is-submitted '[$] sbatch job'
interrupt while-the-job-runs '^== 5'
is "$(folders)" "$before" 'interruptions leave no file'

done_testing
