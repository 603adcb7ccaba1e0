# SPDX-License-Identifier: GPL-2.0-or-later
# GNU make. `make help` lists the targets.

VERSION     := 0.1.0
B           ?= build$(CROSS:%-=/%)
CC          ?= cc
PKG_CONFIG  ?= pkg-config
# For another machine: make CROSS=aarch64-linux-gnu-, with its libraries from
# where scripts/sysroot puts them, or beside those of this machine.
ifneq ($(CROSS),)
SYSROOT     ?= $(wildcard build/sysroot/$(CROSS:%-=%))
CC          := $(CROSS)gcc $(SYSROOT:%=--sysroot=%)
AR          := $(CROSS)ar
PKG_CONFIG  := $(if $(SYSROOT),scripts/sysroot --pkg-config $(SYSROOT),$(CROSS)pkg-config)
endif
prefix      ?= /usr
sbindir     ?= $(prefix)/sbin
mandir      ?= $(prefix)/share/man
docdir      ?= $(prefix)/share/doc/slurm-pi
sysconfdir  ?= /etc
# Where slurmd looks for plugins; Debian's is a multiarch directory.
multiarch   := $(shell $(CC) -print-multiarch 2>/dev/null)
plugindir   ?= $(prefix)/lib/$(multiarch:%=%/)slurm-wlm
unitdir     ?= $(or $(shell $(PKG_CONFIG) --variable=systemdsystemunitdir \
               systemd 2>/dev/null),$(prefix)/lib/systemd/system)

# What the code needs stays out of CFLAGS, so `make CFLAGS=-O0` still builds.
CFLAGS      ?= -O2 -g
pi_cppflags := -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
               -DPI_VERSION='"$(VERSION)"'
pi_cflags   := -std=gnu11 -fPIC -Wall -Wextra -Wshadow -Wstrict-prototypes \
               -Wmissing-prototypes -Wformat=2 -Wvla
pi_ldflags  := -Wl,--as-needed,-z,relro,-z,now

lib_pkgs    := inih
agent_pkgs  := libudev blkid fdisk mount jansson libsystemd
head_pkgs   := jansson
all_pkgs    := $(lib_pkgs) $(agent_pkgs) $(head_pkgs)
agent_libs  := -lmunge -lslurm
head_libs   := -lgenders

objs  = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))
libs  = $(shell $(PKG_CONFIG) --libs $(1))
link  = $(CC) $(pi_cflags) $(CFLAGS) $(pi_ldflags) $(LDFLAGS) -o $@ \
        $(filter %.o %.a,$^)
tap   = B=$(abspath $(B)) TMPDIR=$(abspath $(B))/tmp CK_TAP_LOG_FILE_NAME=- \
        CK_VERBOSITY=silent prove $(PROVEFLAGS) -e ''
units = $(patsubst %.c,$(B)/%.t,$(wildcard t/unit/*.c))
sd    = $(patsubst etc/%.in,%,$(wildcard etc/*.in))
san  := -fsanitize=address,undefined -fno-sanitize-recover=undefined

all: $(B)/spank_scratch.so $(B)/pi-agent $(B)/pi-nodes ## build everything

$(B)/%.o: %.c Makefile | $(B)/needs
	@mkdir -p $(@D) $(B)/tmp
	$(CC) $(pi_cppflags) $(pkg_cflags) $(CPPFLAGS) $(pi_cflags) $(CFLAGS) \
		-MMD -MP -c -o $@ $<
pkg_cflags := $(shell $(PKG_CONFIG) --cflags $(all_pkgs) 2>/dev/null)
ifneq ($(.SHELLSTATUS),0)
.PHONY: $(B)/needs
endif

# What is missing is said in one line, by the name of its package.
needs = CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' PKG_CONFIG='$(PKG_CONFIG)' \
        ANY_SLURM='$(ANY_SLURM)' scripts/needs
$(B)/needs: Makefile scripts/needs
	@mkdir -p $(@D)
	@$(needs)
	@touch $@
$(B)/needs-tests: Makefile scripts/needs
	@mkdir -p $(@D)
	@$(needs) --tests
	@touch $@
$(units:.t=.o): | $(B)/needs-tests

# One archive a floor; the unit tests link what they need of them.
$(B)/libpi.a: $(call objs,lib)
$(B)/libagent.a: $(filter-out %/main.o,$(call objs,agent))
$(B)/libhead.a: $(filter-out %/main.o,$(call objs,head))
# What of the plugin does without Slurm.
$(B)/libspank.a: $(B)/spank/value.o
$(B)/%.a:
	$(RM) $@
	$(AR) rcs $@ $^

$(B)/spank_scratch.so: $(call objs,spank) $(B)/libpi.a spank/spank_scratch.map
	$(link) -shared -Wl,--version-script=spank/spank_scratch.map \
		$(call libs,$(lib_pkgs))
$(B)/pi-agent: $(B)/agent/main.o $(B)/libagent.a $(B)/libpi.a
	$(link) $(call libs,$(lib_pkgs) $(agent_pkgs)) $(agent_libs)
$(B)/pi-nodes: $(B)/head/main.o $(B)/libhead.a $(B)/libpi.a
	$(link) $(call libs,$(lib_pkgs) $(head_pkgs)) $(head_libs)
$(B)/t/unit/%.t: $(B)/t/unit/%.o $(B)/libspank.a $(B)/libagent.a $(B)/libhead.a $(B)/libpi.a
	$(link) $(call libs,check $(all_pkgs)) $(agent_libs) $(head_libs)
tests: all $(units) ## build the unit tests too
check: all $(units) ## run the tests that need no privilege
	$(tap) $(units) t/0*.t
check-root: all ## run the tests that need root and loop devices
	$(tap) $(ROOT_TESTS)
check-slurm: all ## run the tests on a private Slurm cluster (root)
	$(tap) $(SLURM_TESTS)
check-vm: all ## run the tests that boot virtual machines (root)
	$(tap) t/9*.t
check-arm64: all ## run those with arm64 nodes that have arm64 packages (root)
	B=$(abspath $(B)) scripts/check-arm64
# With the kernel, the emulator and the Slurm of Debian 13
check-pi: ## boot the agent on an emulated Raspberry Pi 4 (root)
	scripts/sysroot aarch64-linux-gnu trixie
	$(MAKE) B=$(B)/pi CROSS=aarch64-linux-gnu- \
		SYSROOT=build/sysroot/aarch64-linux-gnu-trixie $(B)/pi/pi-agent
	PI_MUST=1 $(subst $(abspath $(B)),$(abspath $(B)/pi),$(tap)) t/board.t
check-matrix: ## build, install and test in trees of other Debian releases (root)
	scripts/check-matrix
check-all: all $(units) ## run every tier, one summary
	$(tap) $(units) t/[0-9]*.t
demo: all ## play the whole loop on a private cluster (root)
	scripts/demo --no-setup
asan: ## run the unprivileged and root tests under ASan and UBSan
	$(MAKE) B=build/asan CFLAGS='-O1 -g -fno-omit-frame-pointer $(san)' \
		LDFLAGS='$(san)' ROOT_TESTS='t/10*.t' $(ASAN_TIERS)
ASAN_TIERS ?= check check-root
# Packages (t/12*.t) are built without sanitizers whoever asks.
ROOT_TESTS ?= t/1*.t
SLURM_TESTS ?= t/2*.t

sources := $(wildcard lib/*.c spank/*.c agent/*.c head/*.c)
# (cppcheck knows no cleanup attribute; -fanalyzer looks for leaks.)
analyze: ## gcc -fanalyzer and cppcheck, as errors
	$(MAKE) B=build/analyze CC=gcc CFLAGS='-O1 -fanalyzer -Werror' all
	cppcheck --quiet --error-exitcode=1 --std=c11 --language=c \
		--enable=warning,portability,performance --inline-suppr \
		--suppress=missingIncludeSystem --suppress=resourceLeak \
		-I. -D_GNU_SOURCE \
		-DPI_VERSION='""' '-DSPANK_PLUGIN(a,b)=' $(sources)

# One program a file of t/fuzz, on everything built for it with clang, whose
# runtime Debian has in libclang-rt-14-dev.
fuzzers := $(patsubst t/fuzz/%.c,%,$(wildcard t/fuzz/*.c))
FUZZ_TIME ?= 60
$(B)/fuzz/t/fuzz/%.run: $(B)/fuzz/t/fuzz/%.o $(B)/fuzz/libspank.a \
		$(B)/fuzz/libagent.a $(B)/fuzz/libhead.a $(B)/fuzz/libpi.a
	$(link) -fsanitize=fuzzer $(call libs,$(all_pkgs)) $(agent_libs) \
		$(head_libs)
fuzzers: ## build the fuzzers
	$(MAKE) B=$(B)/fuzz CC=clang CFLAGS='-O1 -g $(san) -fsanitize=fuzzer-no-link' \
		$(fuzzers:%=$(B)/fuzz/t/fuzz/%.o) $(B)/fuzz/libspank.a \
		$(B)/fuzz/libagent.a $(B)/fuzz/libhead.a $(B)/fuzz/libpi.a
	$(MAKE) CC=clang CFLAGS='-O1 -g $(san)' $(fuzzers:%=$(B)/fuzz/t/fuzz/%.run)
fuzz: fuzzers ## run each fuzzer for FUZZ_TIME seconds
	set -e; for f in $(fuzzers); do mkdir -p $(B)/fuzz/corpus/$$f; \
		$(B)/fuzz/t/fuzz/$$f.run -max_total_time=$(FUZZ_TIME) -timeout=10 \
		-artifact_prefix=$(B)/fuzz/$$f- $(B)/fuzz/corpus/$$f \
		$$(ls -d t/fuzz/$$f.corpus 2>/dev/null); done
bench: all ## measure; t/bench/README.md says what against what
	set -e; for b in t/bench/*.sh; do B=$(abspath $(B)) $$b; done

conf_files := etc/slurm-pi.conf etc/cluster.conf
examples   := $(filter-out $(conf_files) %.in %.5,$(wildcard etc/*))
man5 := $(wildcard */*.5)
man8 := $(wildcard */*.8)
# in = $(call in,DIR,FILES): where install puts them
in = $(addprefix $(DESTDIR)$(1)/,$(notdir $(2)))

install: all ## install into DESTDIR; honours prefix, plugindir, unitdir
	install -D -m 0755 -t $(DESTDIR)$(plugindir) $(B)/spank_scratch.so
	install -D -m 0755 -t $(DESTDIR)$(sbindir) $(B)/pi-agent $(B)/pi-nodes
	install -d -m 0755 $(DESTDIR)$(unitdir)
	umask 022; set -e; for u in $(sd); do sed 's|@sbindir@|$(sbindir)|g' \
		etc/$$u.in >$(DESTDIR)$(unitdir)/$$u; done
	set -e; for f in $(conf_files); do \
		to=$(DESTDIR)$(sysconfdir)/slurm-pi/$${f#etc/}; \
		[ -e $$to ] || install -D -m 0644 $$f $$to; done
	install -D -m 0644 -t $(DESTDIR)$(docdir)/examples $(examples)
	install -D -m 0644 -t $(DESTDIR)$(mandir)/man5 $(man5)
	install -D -m 0644 -t $(DESTDIR)$(mandir)/man8 $(man8)
uninstall: ## remove what install installs, but no configuration that was edited
	$(RM) $(call in,$(plugindir),spank_scratch.so)
	$(RM) $(call in,$(sbindir),pi-agent pi-nodes) $(call in,$(unitdir),$(sd))
	$(RM) $(call in,$(mandir)/man5,$(man5)) $(call in,$(mandir)/man8,$(man8))
	$(RM) $(call in,$(docdir)/examples,$(examples))
	for f in $(conf_files); do to=$(DESTDIR)$(sysconfdir)/slurm-pi/$${f#etc/}; \
		! cmp -s $$f $$to || $(RM) $$to; done
	@for d in $(docdir)/examples $(docdir) $(sysconfdir)/slurm-pi; do \
		[ ! -d $(DESTDIR)$$d ] || rmdir $(DESTDIR)$$d 2>/dev/null || \
		echo "left: $$(echo $(DESTDIR)$$d/*)"; done

tarball := slurm-pi-$(VERSION)
dist: ## make build/slurm-pi-VERSION.tar.gz of the last commit
	@[ -e .git ] || { echo 'make dist: needs a git clone' >&2; exit 1; }
	@git diff --quiet HEAD || \
		echo 'make dist: what is not committed is not in it' >&2
	@mkdir -p $(B)
	git -c tar.umask=0022 archive --prefix=$(tarball)/ -o $(B)/$(tarball).tar HEAD
	gzip -9nf $(B)/$(tarball).tar
clean: ## remove build/
	$(RM) -r build
help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: all tests check check-root check-slurm check-vm check-arm64 check-matrix check-pi check-all demo asan fuzzers fuzz bench analyze install \
	uninstall dist clean help
.SECONDARY:
.DELETE_ON_ERROR:
-include $(wildcard $(patsubst %,$(B)/%/*.d,lib spank agent head t/unit))
