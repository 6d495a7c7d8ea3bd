#!/usr/bin/env bash
# Builds one of the fuzzers of `Fuzz/Sources` and runs it: scripts/fuzz.sh TARGET SECONDS [libFuzzer's own options]
#
# It starts from the checked-in inputs of `Fuzz/Corpus/TARGET` and what it has found before in `Fuzz/.build/corpus`. An
# input that breaks something is kept in `Fuzz/.build/findings`; `Fuzz/.build/release/TARGET FILE` replays it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=$1
seconds=$2
shift 2
if [[ ! -d Fuzz/Corpus/$target ]]; then
    echo "fuzz: there is no target $target, only: $(ls Fuzz/Corpus | xargs)" >&2
    exit 64
fi

export CLOCKWORK_INNER_MODULES=1
# Both sanitizers in one option: of several, the compiler heeds the last. The linker would take what tells libFuzzer of
# coverage for dead.
options=(--package-path Fuzz -c release --sanitize=fuzzer -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing
    --disable-dead-strip)
swift build "${options[@]}" --product "$target"

found=Fuzz/.build/corpus/$target
mkdir -p "$found" Fuzz/.build/findings
"$(swift build "${options[@]}" --show-bin-path)/$target" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
    -dict=Fuzz/words.dict -artifact_prefix="Fuzz/.build/findings/$target-" "$@" "$found" "Fuzz/Corpus/$target"
