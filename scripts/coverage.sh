#!/usr/bin/env bash
# How much of the pure core its own tests reach: the scheduler, the decoder and the wheel, by line and by region (a
# region is a branch of the code; the Swift compiler counts no branches within one expression). Real parts are left
# out, so what is reported as reached is reached by tests that can tell when it is wrong. Arguments are files to show
# line by line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=.build-coverage
swift test --enable-code-coverage --scratch-path "$scratch" --filter '^(Scheduling|TimerWheel)Tests\.'
folder=$(swift build --scratch-path "$scratch" --show-bin-path)
data=("$folder"/*.xctest -instr-profile "$folder/codecov/default.profdata")
if [[ $# -gt 0 ]]; then
    llvm-cov show "${data[@]}" "$@"
else
    llvm-cov report "${data[@]}" -show-branch-summary=false Sources/Scheduling Sources/TimerWheel
fi
