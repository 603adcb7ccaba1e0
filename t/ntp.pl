#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# ntp.pl - answer NTP on ADDRESS with this machine's clock, for nodes without one
#
#	ntp.pl ADDRESS &
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes 'time';

my $since_1900 = 2_208_988_800;

sub stamp { my $t = shift; pack 'N N', int($t) + $since_1900, ($t - int $t) * 2**32 }

my $socket = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => 123, Proto => 'udp')
	or die "ntp.pl: $ARGV[0]: $!\n";
while (defined $socket->recv(my $request, 512)) {
	next if length $request < 48;
	my $now = stamp(time);
	# Version 4, a server, stratum 1; precise to 2^-20 s; the client's own
	# stamp comes back as the origin.
	$socket->send(pack('C C C c N N a4', 0x24, 1, 6, -20, 0, 0, 'HOST')
		. $now . substr($request, 40, 8) . $now . stamp(time));
}
