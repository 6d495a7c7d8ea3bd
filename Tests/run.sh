#!/usr/bin/env bash
# Runs every test. Arguments go to `swift test`, such as `--filter Configuration`, and then nothing else is run.
#
# The DynamoDB tests speak real HTTP to an endpoint that this script starts, unless AWS_ENDPOINT_URL_DYNAMODB already
# names one. The endpoint ends when its standard input closes, which the end of this script sees to, whatever ends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

moto_version=5.2.1
confluent_kafka_version=2.16.1
schemathesis_version=4.32.5
standardwebhooks_version=1.1.0
venv=.build/venv

prepare_venv() {
    local packages=(
        "moto[server]==$moto_version" "confluent-kafka==$confluent_kafka_version" "schemathesis==$schemathesis_version"
        "standardwebhooks==$standardwebhooks_version"
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

swift build --build-tests
CLOCKWORK_EXECUTABLE=$(swift build --show-bin-path)/clockwork
export CLOCKWORK_EXECUTABLE
if [[ $# -gt 0 ]]; then
    swift test --skip-build --no-parallel "$@"
    exit
fi
# Tests against real brokers, stores and processes run one at a time: beside others that keep every thread busy, their
# sessions and deadlines would run out for want of a processor.
real_parts='^(Kafka|HTTPTransport|DynamoDB|ScheduleStores|Cluster|ClockworkAPI|ClockworkClient|ClockworkCommand)Tests\.'
swift test --skip-build --skip "$real_parts"
swift test --skip-build --no-parallel --filter "$real_parts"
# A client made from the OpenAPI document alone.
Tests/openapi.sh
