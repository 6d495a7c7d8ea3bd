#!/usr/bin/env bash
# Measures everything and writes docs/benchmarks.md with its plots. About 25 minutes on two cores, most of it builds and
# the ten million pending. A quiet machine, please: nothing else is to run meanwhile.
#
# REPEAT (default 3) is how often each scenario is measured. What was measured stays in .build/bench, one JSON object a
# line; `scripts/bench.sh --report` only writes the page anew from it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

results=.build/bench
venv=.build/bench-venv
matplotlib_version=3.10.7
mkdir -p "$results"

if [[ "${1:-}" != --report ]]; then
    scripts/setup.sh
    build=(swift build -c release --static-swift-stdlib --scratch-path .build-static)
    echo "bench: the executable as it is shipped: Swift linked statically, stripped"
    "${build[@]}" --product clockwork
    echo "bench: what measures it, with the floor in it"
    "${build[@]}" --product clockwork-bench
    # Pods are started from the clockwork that lies beside clockwork-bench.
    install --strip "$("${build[@]}" --show-bin-path)"/{clockwork,clockwork-bench} "$results"
    echo "bench: a pod beside the floor"
    "$results/clockwork-bench" --json --repeat "${REPEAT:-3}" | tee "$results/pod.jsonl"
    echo "bench: the parts"
    for ((run = 0; run < ${REPEAT:-3}; run++)); do
        make --no-print-directory --silent bench-micro MICRO_OPTIONS=--json | grep '^{'
    done | tee "$results/micro.jsonl"
    {
        echo "date=$(date +%F)"
        echo "processor=$(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
        echo "memory=$(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)"
        echo "kernel=Linux $(uname -r | cut -d. -f1,2)"
        echo "swift=$(swift --version 2>/dev/null | sed -n 's/.*\(Swift version [0-9.]*\).*/\1/p' | head -1)"
        echo "librdkafka=librdkafka $(pkg-config --modversion rdkafka)"
    } >"$results/machine"
fi

if [[ ! -e $venv/$matplotlib_version.installed ]]; then
    rm -rf "$venv"
    python=/usr/bin/python3
    [[ -x $python ]] || python=python3
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input "matplotlib==$matplotlib_version"
    touch "$venv/$matplotlib_version.installed"
fi
"$venv/bin/python" scripts/bench_report.py "$results" docs
echo "bench: see docs/benchmarks.md"
