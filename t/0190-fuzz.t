#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each fuzzer of t/fuzz, on its corpus, and for a few seconds more
. "$(dirname "$0")/lib.sh"
need clang make
resources=$(clang -print-resource-dir 2>/dev/null)
ls "$resources"/lib/*/libclang_rt.fuzzer-*.a >/dev/null 2>&1 ||
	skip_all 'needs the runtime of clang (libclang-rt-dev)'

lives make --directory="$TOP" --no-print-directory B="$B" fuzzers 'the fuzzers build'
for source in "$TOP"/t/fuzz/*.c; do
	name=$(basename "$source" .c)
	corpus=("$TOP/t/fuzz/$name.corpus"/*)
	lives "$B/fuzz/t/fuzz/$name.run" -timeout=10 "${corpus[@]}" "$name: what it is kept for"
	mkdir "$W/$name"
	cp "${corpus[@]}" "$W/$name"
	lives "$B/fuzz/t/fuzz/$name.run" -seed=1 -max_total_time="${FUZZ_SECONDS:-3}" -timeout=10 \
		-artifact_prefix="$W/" "$W/$name" "$name: a few seconds"
done
done_testing
