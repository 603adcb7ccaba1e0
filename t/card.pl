#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# card.pl - hold a file in a card slot: a loop device that cannot be left behind
#
#	perl t/card.pl FILE
#
# prints the device's name and holds it open until it is killed. The device is
# born with the kernel's autoclear flag, so it and its partitions go away with
# the last process that has it open or mounted, however that process ends.
use strict;
use warnings;
use Fcntl;

use constant {
	LOOP_CONFIGURE    => 0x4C0A,
	LOOP_CTL_GET_FREE => 0x4C82,
	AUTOCLEAR         => 4,
	PARTSCAN          => 8,
	EBUSY             => 16,
};

$| = 1;
my $file = shift // die "usage: card.pl FILE\n";
open my $back, '+<', $file or die "$file: $!\n";
open my $control, '+<', '/dev/loop-control' or die "/dev/loop-control: $!\n";

# struct loop_config of <linux/loop.h>, with the struct loop_info64 inside it
my $config = pack 'L L Q5 L4 a64 a64 a32 Q2 Q8', fileno $back, 0, (0) x 8,
	AUTOCLEAR | PARTSCAN, substr($file, -63), '', '', (0) x 10;

# Another cluster may take the free device first.
for (1 .. 100) {
	my $number = ioctl($control, LOOP_CTL_GET_FREE, 0) // die "no free loop device: $!\n";
	my $device = '/dev/loop' . int $number;
	sysopen my $loop, $device, O_RDWR or die "$device: $!\n";
	if (ioctl $loop, LOOP_CONFIGURE, $config) {
		print "$device\n";
		close STDOUT;
		sleep;
	}
	die "$device: $!\n" if $! != EBUSY;
}
die "no free loop device after 100 tries\n";
