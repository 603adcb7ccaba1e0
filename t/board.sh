# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# board.sh - a Raspberry Pi 4 that is emulated, with a card in its own slot
#
#	. "$(dirname "$0")/lib.sh"
#	. "$(dirname "$0")/board.sh"
#	board_image				# Debian 13's emulator, kernel, userland
#	truncate -s 256M "$W/card"		# QEMU takes powers of two only
#	board_boot "$W/card"			# returns as soon as QEMU runs
#	board_up || bail 'no boot'
#	run board_run 'pi-agent inspect'	# as root on the board
#	board_power_cut
#
# The board has no network and no disk but the card. Its memory holds udev, what
# pi-agent calls and $B/pi-agent itself, which must be built for arm64. One board
# at a time; it ends with the test, whatever ends that. Its serial line, with all
# that was said on it, is $W/console.

board_pid=
board_serial=
at_exit board_power_cut

# board_image: what t/board-image.sh makes, in $BOARD_IMAGE. Whoever comes second
# waits for who makes it; an interrupted making leaves nothing that counts.
board_image() {
	local cache=$TOP/build/cache key
	key=$(sha256sum <"$TOP/t/board-image.sh")
	BOARD_IMAGE=$cache/board-${key:0:12}
	mkdir -p "$cache"
	(
		flock 9
		[ -d "$BOARD_IMAGE" ] && exit
		rm -rf --one-file-system "$BOARD_IMAGE.new"
		diag "making the board's image, once: $BOARD_IMAGE"
		"$TOP/t/board-image.sh" "$BOARD_IMAGE.new" >"$BOARD_IMAGE.log" 2>&1 &&
			mv "$BOARD_IMAGE.new" "$BOARD_IMAGE"
	) 9>"$cache/board.lock" || {
		diag "$(tail -n 20 "$BOARD_IMAGE.log")"
		bail "t/board-image.sh failed: $BOARD_IMAGE.log"
	}
}

# board_boot CARD|none [LINE-OF-SLURM-PI.CONF...]: switch it on. The initramfs is
# the image's, with what is of this test put after it.
board_boot() {
	local libraries=$BOARD_IMAGE/qemu/usr/lib/x86_64-linux-gnu card=$1
	shift
	rm -rf "$W/root"
	install -D -m 755 "$B/pi-agent" "$W/root/usr/sbin/pi-agent"
	install -m 755 "$TOP/t/board-init.sh" "$W/root/init"
	install -D -m 644 /dev/null "$W/root/etc/slurm-pi/slurm-pi.conf"
	[ $# = 0 ] || printf '%s\n' "$@" >"$W/root/etc/slurm-pi/slurm-pi.conf"
	(cd "$W/root" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0 |
		cat "$BOARD_IMAGE/board.cpio" -) >"$W/initrd"
	board_lines
	set -- "$BOARD_IMAGE/qemu/usr/bin/qemu-system-aarch64" -M raspi4b \
		-L "$BOARD_IMAGE/qemu/usr/share/qemu" -nodefaults -display none -no-reboot \
		-kernel "$BOARD_IMAGE/vmlinuz" -dtb "$BOARD_IMAGE/board.dtb" -initrd "$W/initrd" \
		-append 'console=ttyAMA0,115200 rdinit=/init panic=-1 loglevel=4' \
		-chardev "file,id=serial,append=on,path=$W/console,input-path=$W/serial" \
		-serial chardev:serial \
		-chardev "pipe,id=qmp,path=$W/qmp" -mon chardev=qmp,mode=control
	# No other bus will do: the board's other controller is for Wi-Fi.
	[ "$card" = none ] || set -- "$@" -drive "if=none,id=card,format=raw,file=$card" \
		-device sd-card,drive=card,bus=/generic-sdhci/sd-bus
	# It must not outlive this shell, even one that is killed.
	setpriv --pdeathsig KILL "$libraries/ld-linux-x86-64.so.2" \
		--library-path "$libraries" "$@" >>"$W/qemu.log" 2>&1 </dev/null &
	board_pid=$!
	if ! board_qmp_answer || ! board_qmp qmp_capabilities; then
		bail "QEMU: $(cat "$W/qemu.log")"
	fi
}

# New ones at each boot: the last may have left something in them.
board_lines() {
	[ -z "$board_serial" ] || exec {board_serial}>&-
	rm -f "$W/serial" "$W"/qmp.{in,out}
	mkfifo "$W/serial" "$W"/qmp.{in,out}
	exec {board_serial}<>"$W/serial"
	board_start=$(stat -c %s "$W/console" 2>/dev/null || echo 0)
}

# board_up: udev has been told to look for devices, and the shell answers
board_up() {
	local begin=$SECONDS
	wait_for 'board_said "^@@ 0 status|Kernel panic" || board_is_off' 600
	board_said '^@@ 0 status' || {
		diag "$(tail -n 30 "$W/console")" "$(cat "$W/qemu.log")"
		return 1
	}
	diag "the board is up after $((SECONDS - begin)) s"
}

board_is_off() { [ -z "$board_pid" ] || ! kill -0 "$board_pid" 2>/dev/null; }

# board_said REGEX: on the serial line, since it was switched on
board_said() { board_console | grep -aEq "$1"; }

board_console() { tail -c "+$((board_start + 1))" "$W/console"; }

# board_run SHELL-TEXT: as root on the board, with its output and status; 255 if
# it does not end in BOARD_PATIENCE seconds
board_run() {
	local log number
	board_ask "$1"
	number=$(board_asked)
	wait_for "board_said '^@@ $number status|Kernel panic' || board_is_off" "${BOARD_PATIENCE:-900}"
	log=$(board_console | sed -n "/^@@ $number out\$/,/^@@ $number status/p")
	sed "1d; /^@@ $number err\$/,\$d" <<<"$log" | last_blank_off
	sed "1,/^@@ $number err\$/d; \$d" <<<"$log" | last_blank_off >&2
	return "$(sed -n "s/^@@ $number status //p" <<<"$log" | grep . || echo 255)"
}

last_blank_off() { sed '${ /^$/d }'; } # which ends what may not end with a newline

# board_ask SHELL-TEXT: have it run, and do not wait for its end
board_ask() {
	echo >>"$W/asked"
	printf '%s\n@@ %d\n' "$1" "$(board_asked)" >&"$board_serial"
}

board_asked() { stat -c %s "$W/asked"; } # how many; also from subshells

# board_power_cut: as if the plug were pulled
board_power_cut() {
	[ -n "$board_pid" ] || return 0
	kill -KILL "$board_pid" 2>/dev/null
	wait "$board_pid" 2>/dev/null
	board_pid=
}

# board_card_out, board_card_in: unbind the card's controller from its driver, so
# that the card disappears, and bind it again. Between the two the card's file
# may be overwritten in place: another card.
board_card_out() { board_controller unbind; }
board_card_in() { board_controller bind; }
board_controller() { board_run "echo fe340000.mmc >/sys/bus/platform/drivers/sdhci-iproc/$1"; }

# board_card_slow WRITES: a card that writes so many sectors a second
board_card_slow() {
	board_qmp block_set_io_throttle '{ "device": "card", "bps": 0, "bps_rd": 0,
		"bps_wr": 0, "iops": 0, "iops_rd": 0, "iops_wr": '"$1"' }'
}

# board_qmp COMMAND [JSON-ARGUMENTS]: a command of QEMU's machine protocol
board_qmp() {
	echo "{\"execute\": \"$1\", \"arguments\": ${2:-{\}}}" 1<>"$W/qmp.in"
	board_qmp_answer
}

board_qmp_answer() {
	local line
	while read -r -t 30 line; do
		case $line in
		*'"return"'* | *'"QMP"'*) return 0 ;;
		*'"error"'*) diag "QEMU: $line"; return 1 ;;
		esac
	done <>"$W/qmp.out"
	return 1
}
