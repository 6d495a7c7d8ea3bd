#!/usr/bin/env bash
# Runs every test. Arguments go to `swift test`, such as `--filter Configuration`, and then nothing else is run.
#
# The DynamoDB tests speak real HTTP to an endpoint that this script starts, unless AWS_ENDPOINT_URL_DYNAMODB already
# names one. The endpoint ends when its standard input closes, which the end of this script sees to, whatever ends it.
#
# CLOCKWORK_SANITIZER=thread or =address runs the same tests, and the pods they start, under that sanitizer: built apart,
# in .build-tsan or .build-asan, and with fewer simulated worlds. A report of any process fails the run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=.build
options=()
reports=
case ${CLOCKWORK_SANITIZER:-} in
"") ;;
thread) scratch=.build-tsan ;;
address) scratch=.build-asan ;;
*)
    echo "tests: CLOCKWORK_SANITIZER is thread or address, not $CLOCKWORK_SANITIZER" >&2
    exit 64
    ;;
esac
if [[ -n "${CLOCKWORK_SANITIZER:-}" ]]; then
    options=(--sanitize="$CLOCKWORK_SANITIZER" --scratch-path "$scratch")
    reports=$PWD/$scratch/reports
    rm -rf "$reports"
    mkdir -p "$reports"
    export TSAN_OPTIONS="log_path=$reports/report:suppressions=$PWD/Tests/Sanitizers/thread.supp"
    # No search for leaks: Swift keeps the case of an enum whose payloads are objects in free bits of the pointer, so the
    # sanitizer does not see what such a pointer leads to, and reports it as lost.
    export ASAN_OPTIONS="log_path=$reports/report:detect_leaks=0"
    export CLOCKWORK_SEEDS=${CLOCKWORK_SEEDS:-200}
fi

# CLOCKWORK_LIBRDKAFKA=newest runs the pods and commands that the tests start over the librdkafka of the confluent-kafka
# wheel in .build/venv, which is newer than Debian's, in place of the one that they were built with. The tests themselves,
# and so their mock brokers, keep Debian's: those of the newer one crash when a partition without a leader is fetched.
case ${CLOCKWORK_LIBRDKAFKA:-} in
"" | newest) ;;
*)
    echo "tests: CLOCKWORK_LIBRDKAFKA is newest, or not set, and not $CLOCKWORK_LIBRDKAFKA" >&2
    exit 64
    ;;
esac

# What the tests run under: nothing, or what the Thread Sanitizer is to be shown.
under=()
if [[ "${CLOCKWORK_SANITIZER:-}" == thread ]]; then
    clang -O1 -Wall -shared -fPIC -o "$scratch/tsan_hooks.so" Tests/Sanitizers/tsan_hooks.c
    under=(env "LD_PRELOAD=$PWD/$scratch/tsan_hooks.so")
fi

check_reports() {
    if [[ -n "$reports" && -n "$(ls -A "$reports")" ]]; then
        cat "$reports"/*
        echo "tests: the sanitizer has something to report, see above and $reports" >&2
        return 1
    fi
}

moto_version=5.2.1
confluent_kafka_version=2.16.1
prometheus_client_version=0.26.0
schemathesis_version=4.32.5
standardwebhooks_version=1.1.0
venv=.build/venv

prepare_venv() {
    local packages=(
        "moto[server]==$moto_version" "confluent-kafka==$confluent_kafka_version" "schemathesis==$schemathesis_version"
        "prometheus-client==$prometheus_client_version" "standardwebhooks==$standardwebhooks_version"
    )
    # Written last, so that an interrupted installation is repeated.
    local installed
    installed=$venv/$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-16).installed
    if [[ -e $installed ]]; then
        return
    fi
    echo "tests: preparing $venv"
    rm -rf "$venv"
    # Debian's own interpreter: the one that python3-venv belongs to.
    local python=/usr/bin/python3
    [[ -x $python ]] || python=python3
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input "${packages[@]}"
    touch "$installed"
}

start_endpoint() {
    local log=.build/dynamodb-endpoint.log
    coproc endpoint { exec "$venv/bin/python" Tests/Support/dynamodb_endpoint.py 2>"$log"; }
    endpoint_pid=$!
    endpoint_input=${endpoint[1]}
    local url=
    if ! read -r -t 60 -u "${endpoint[0]}" url || [[ $url != http://* ]]; then
        echo "tests: the DynamoDB endpoint did not start:" >&2
        cat "$log" >&2
        exit 1
    fi
    export AWS_ENDPOINT_URL_DYNAMODB=$url
}

stop_endpoint() {
    if [[ -n "${endpoint_pid:-}" ]]; then
        exec {endpoint_input}>&-
        wait "$endpoint_pid" 2>/dev/null || true
    fi
}
trap stop_endpoint EXIT
# Without these, bash would not run the EXIT trap on a signal.
trap 'exit 130' INT
trap 'exit 143' TERM HUP

scripts/setup.sh --tests
prepare_venv
export CLOCKWORK_PYTHON=$PWD/$venv/bin/python
if [[ -z "${AWS_ENDPOINT_URL_DYNAMODB:-}" ]]; then
    start_endpoint
fi
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test}
export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
export AWS_REGION=${AWS_REGION:-us-east-1}

# An import of a module that Package.swift does not give the target is an error: it keeps the direction of dependency.
swift build "${options[@]}" --build-tests --explicit-target-dependency-import-check error
CLOCKWORK_EXECUTABLE=$(swift build "${options[@]}" --show-bin-path)/clockwork
if [[ "${CLOCKWORK_LIBRDKAFKA:-}" == newest ]]; then
    # The wheel's library has a name of its own, with a hash in it; the others that it needs lie beside it.
    library=$(find "$PWD/$venv" -path '*confluent_kafka.libs/librdkafka-*' -print -quit)
    if [[ -z "$library" ]]; then
        echo "tests: there is no librdkafka in $venv" >&2
        exit 1
    fi
    printf '#!/bin/sh\nexec env LD_PRELOAD="%s" "%s" "$@"\n' "$library" "$CLOCKWORK_EXECUTABLE" >"$scratch/clockwork-newest"
    chmod +x "$scratch/clockwork-newest"
    CLOCKWORK_EXECUTABLE=$PWD/$scratch/clockwork-newest
fi
export CLOCKWORK_EXECUTABLE
failed=0
if [[ $# -gt 0 ]]; then
    "${under[@]}" swift test "${options[@]}" --skip-build --no-parallel "$@" || failed=1
    check_reports || failed=1
    exit $failed
fi
# Tests against real brokers, stores and processes run one at a time: beside others that keep every thread busy, their
# sessions and deadlines would run out for want of a processor.
real_parts='^(Kafka|HTTPTransport|DynamoDB|ScheduleStores|Cluster|ClockworkAPI|ClockworkClient|ClockworkCommand)Tests\.'
"${under[@]}" swift test "${options[@]}" --skip-build --skip "$real_parts" || failed=1
"${under[@]}" swift test "${options[@]}" --skip-build --no-parallel --filter "$real_parts" || failed=1
check_reports || failed=1
# A client made from the OpenAPI document alone.
[[ -n "${CLOCKWORK_SANITIZER:-}" ]] || Tests/openapi.sh || failed=1
exit $failed
