#!/usr/bin/env bash
# Counts the instructions that the parts on the hot path need, with valgrind, and compares them with those in
# Benchmarks/instructions.txt. Unlike times, counts hardly differ from run to run and from machine to machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tolerance_percent=4
figures=Benchmarks/instructions.txt

if ! command -v valgrind >/dev/null; then
    echo "check-instructions: valgrind is not on the PATH (Debian has it in the package of that name)" >&2
    exit 1
fi
export CLOCKWORK_INNER_MODULES=1
swift build -c release --package-path Benchmarks --product Parts
parts=$(swift build -c release --package-path Benchmarks --show-bin-path)/Parts

# Dictionaries whose order differs from process to process would differ in their cost, too.
export SWIFT_DETERMINISTIC_HASHING=1
failed=0
checked=0
while read -r expected name; do
    [[ $expected =~ ^[0-9]+$ ]] || continue
    output=$(valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$parts" --once "$name" 2>&1 </dev/null)
    operations=$(sed -n 's/^[^=].*: \([0-9]*\)$/\1/p' <<<"$output")
    instructions=$(sed -n 's/^==.*I *refs: *//p' <<<"$output" | tr -d ,)
    if [[ ! $operations =~ ^[0-9]+$ || ! $instructions =~ ^[0-9]+$ ]]; then
        printf 'check-instructions: "%s" cannot be counted:\n%s\n' "$name" "$output" >&2
        exit 1
    fi
    found=$((instructions / operations))
    percent=$((found * 100 / expected - 100))
    printf '%7d of %7d  %s\n' "$found" "$expected" "$name"
    if ((found * 100 > expected * (100 + tolerance_percent))); then
        echo "check-instructions: \"$name\" needs $percent % more instructions than $figures says" >&2
        failed=1
    fi
    if ((found * 100 < expected * (100 - tolerance_percent))); then
        echo "check-instructions: \"$name\" needs fewer than $figures says; write $found there" >&2
        failed=1
    fi
    checked=$((checked + 1))
done <"$figures"
if ((checked == 0)); then
    echo "check-instructions: $figures names no part" >&2
    exit 1
fi
exit $failed
