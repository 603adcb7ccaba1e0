#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pi-agent sweep: whatever a job left in its directory goes, and nothing beside it

# In a mount namespace of its own: mounts cannot outlive it.
[ "$(id -u)" -ne 0 ] || [ -n "${INSIDE:-}" ] ||
	INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
. "$(dirname "$0")/lib.sh"
need root loop mkfs.ext4 perl chattr lsattr prlimit setpriv strace fuse2fs
cd "$W" || bail "$W"
mkdir -p /run/slurm-pi
mount -t tmpfs -o mode=755 tmpfs /run/slurm-pi
mkdir scratch outside
at_exit eval 'until ! umount scratch 2>/dev/null; do :; done'
disk=''
mkloop disk 512M
mkfs.ext4 -q "$disk"
mount -t ext4 -o nodev,nosuid,noatime "$disk" scratch || bail 'no ext4'
echo "ScratchDir = $W/scratch" >conf
mkdir -m 700 scratch/.slurm-pi scratch/.slurm-pi/trash
trash=$W/scratch/.slurm-pi/trash

sweep() { run "$@" pi-agent --config=conf sweep; }
left() { find "$trash" -mindepth 1 | head -n 5; }

# The trees are a job's: user 20001 makes them, with any tool it likes.
in_job() { cd "$trash/7-1" && exec setpriv --reuid 20001 --regid 20001 --clear-groups "$@"; }
as_job() (in_job "$@")
new_tree() {
	rm -rf "$trash"/7-1*
	install -d -m 700 -o 20001 -g 20001 "$trash/7-1"
	chmod 711 scratch/.slurm-pi "$trash"
}

# gone NAME: sweep, and see that all of it went and nothing outside did
gone() {
	sweep "${@:2}"
	is "$status|$(left)" '0|' "$1" || diag "$err"
}

echo kept >outside/file
mkdir outside/dir
touch outside/dir/file
chown -R 20001 outside

sweep
is "$status $out$err" '0 ' 'an empty trash: nothing to say'

new_tree
as_job sh -c "ln -s $W/outside/file link; ln -s $W/outside/dir dir; ln -s .. up; ln -s / root; ln -s nowhere dangling"
gone 'symbolic links go, their targets stay'
is "$(cat outside/file) $(ls outside/dir)" 'kept file' 'nothing outside was touched'

new_tree
as_job sh -c 'mkdir -p a/b/c; touch a/b/c/f; chmod 0 a/b/c a/b a'
gone 'directories without any permission'

new_tree
as_job sh -c 'mkdir -p a/b; touch a/f a/b/g'
chattr +i "$trash/7-1/a/f" "$trash/7-1/a/b"
chattr +a "$trash/7-1/a/b/g" "$trash/7-1/a"
gone 'immutable and append-only files and directories'

new_tree
as_job touch f
ln "$trash/7-1/f" scratch/elsewhere
chattr +i scratch/elsewhere
gone 'an immutable file with another name goes from here'
like "$(lsattr scratch/elsewhere)" '^-*i' 'and stays immutable there'
chattr -i scratch/elsewhere
rm scratch/elsewhere

new_tree
as_job sh -c 'mkfifo fifo; perl -MSocket -e "socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un(q(sock)))"'
mknod "$trash/7-1/null" c 1 3
mknod "$trash/7-1/disk" b "$(stat -c '%Hr' "$disk")" "$(stat -c '%Lr' "$disk")"
gone 'FIFOs, sockets and device nodes, unopened'

new_tree
as_job perl -e 'for my $b (1 .. 255) { next if $b == 47; mkdir "d" . chr $b; open my $f, ">", "f" . chr $b }
	open my $f, ">", "n" x 255; mkdir "m" x 255; open $f, ">", ("m" x 255) . "/f"; mkdir "-rf"; mkdir "..."'
gone 'names with every byte, and the longest'

new_tree
as_job perl -e 'for (1 .. 10000) { mkdir "d" or die; open my $f, ">", "f"; chdir "d" or die }'
gone '10,000 levels with 64 descriptors' prlimit --nofile=64

new_tree
as_job perl -e 'for my $d (1 .. 100) { mkdir $d; for (1 .. 100) { open my $f, ">", "$d/$_" } }'
# (The sanitizers' own memory is not ours.)
limit=(prlimit --as=$((96 << 20)) --data=$((32 << 20)))
! ldd "$(command -v pi-agent)" | grep -q libasan || limit=()
gone '10,000 files in 100 directories, in 32 MiB of memory' "${limit[@]}"

# A mount inside stays, and so does what is mounted.
new_tree
as_job mkdir -p a/mnt a/b
mount --bind outside "$trash/7-1/a/mnt"
sweep
is "$status" 1 'a mount inside makes the sweep fail'
like "$err" 'cannot remove 7-1: a mount, left alone' 'and is named'
is "$(cat outside/file) $(ls outside/dir)" 'kept file' 'what is mounted is left alone'
is "$(left)" '' 'the trash is empty, for systemd watches it'
umount scratch/.slurm-pi/stuck/*/a/mnt
ls scratch/.slurm-pi/stuck >stuck
is "$(wc -l <stuck)" 1 'the rest is set aside in .slurm-pi/stuck'
rm -rf scratch/.slurm-pi/stuck

# Of the same file system, as only the mount tells.
new_tree
mkdir scratch/victim
touch scratch/victim/file
as_job mkdir mnt
mount --bind scratch/victim "$trash/7-1/mnt"
sweep
is "$status $(ls scratch/victim)" '1 file' "a bind mount of the card's own is not crossed"
umount scratch/.slurm-pi/stuck/*/mnt
rm -rf scratch/.slurm-pi/stuck scratch/victim

# A file system of the user's own (FUSE) mounted inside
if [ -c /dev/fuse ]; then
	new_tree
	as_job mkdir mnt
	truncate -s 4M own.img
	mkfs.ext4 -q own.img
	fuse2fs own.img "$trash/7-1/mnt" -o fakeroot 2>/dev/null
	touch "$trash/7-1/mnt/file"
	sweep
	is "$status" 1 'a FUSE mount inside is left alone'
	ls scratch/.slurm-pi/stuck/*/mnt/file >/dev/null
	ok $? 'with what is in it'
	umount scratch/.slurm-pi/stuck/*/mnt
	rm -rf scratch/.slurm-pi/stuck
fi

# A process that outlived its job swaps directories and links all the time.
new_tree
in_job perl -e '
	my $target = shift; my $n = 0;
	for (1 .. 1e9) {
		my $d = "d" . ($n++ % 50);
		mkdir $d; open my $f, ">", "$d/f"; close $f;
		symlink $target, "$d.link";
		rename $d, "$d.old"; rename "$d.link", $d; rename "$d.old", "$d.link";
	}' "$W/outside" &
writer=$!
at_exit eval "kill -KILL $writer 2>/dev/null"
for _ in {1..300}; do sweep; done
is "$(cat outside/file) $(ls outside/dir)" 'kept file' '300 sweeps against a job that swaps links: nothing outside changed'
kill -KILL "$writer"
wait "$writer" 2>/dev/null
mv scratch/.slurm-pi/stuck/* "$trash" 2>/dev/null
gone 'and when it has died, its tree goes'

# Two sweeps at once do not mind each other.
new_tree
as_job perl -e 'for my $d (1 .. 50) { mkdir $d; for (1 .. 100) { open my $f, ">", "$d/$_" } }'
pi-agent --config=conf sweep 2>first.log &
first=$!
sweep
wait "$first"
is "$status $?|$(left)" '0 0|' 'two sweeps at once'

# Killed at each of its calls, and each failing: the next sweep ends it. (Leaks are
# not looked for under strace: that traces, too, and its calls are not ours.)
export ASAN_OPTIONS=detect_leaks=0
small_tree() {
	new_tree
	as_job sh -c 'mkdir -p a/b; touch a/f a/b/g; ln -s / a/l'
}
small_tree
strace -qq -o trace pi-agent --config=conf sweep 2>/dev/null
awk -F'(' '{ n[$1]++ } index($0, trash) { ours = 1 } /^exit_group/ { exit } ours && $1 != "brk" { print $1, n[$1] }' \
	trash="$W/scratch" trace >calls
wrong=''
while read -r call when; do
	for fault in signal=KILL error=EIO error=EROFS error=ENOSPC error=ENOMEM error=EMFILE; do
		small_tree
		{ timeout 20 strace -qq -o /dev/null --inject="$call:$fault:when=$when" pi-agent --config=conf sweep; } >/dev/null 2>&1
		mv scratch/.slurm-pi/stuck/* "$trash" 2>/dev/null
		sweep
		[ "$status|$(left)" = '0|' ] || wrong+="$call $when $fault: $status $err"$'\n'
	done
done <calls
is "$wrong" '' "killed, and failing, at each of $(wc -l <calls) calls: the next sweep ends it"
is "$(cat outside/file) $(ls outside/dir)" 'kept file' 'and nothing outside was touched'

# A card that is read-only: nothing can go, and it says so.
new_tree
as_job touch f
mount -o remount,ro scratch
sweep
is "$status" 1 'a read-only card fails the sweep'
like "$err" 'is read-only' 'and says why'
mount -o remount,rw scratch
gone 'writable again: it goes'
done_testing
