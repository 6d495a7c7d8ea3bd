#!/usr/bin/env bash
# Runs schemathesis, a client made from the OpenAPI document alone, against a live `clockwork dev`.
#
# Usage: Tests/openapi.sh [path of the clockwork executable]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=4.32.5
clockwork=${1:-.build/debug/clockwork}
venv=.build/venv-schemathesis
if [[ ! -e $venv/installed-$version ]]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input "schemathesis==$version"
    touch "$venv/installed-$version"
fi

folder=$(mktemp -d)
pod=
stop() {
    if [[ -n $pod ]]; then
        kill "$pod" 2>/dev/null || true
        wait "$pod" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

port=${APP_PORT:-5087}
APP_HOST=127.0.0.1 APP_PORT=$port SQLITE_PATH=$folder/clockwork.db LOG_LEVEL=warning \
    "$clockwork" dev --topic out >"$folder/pod.log" 2>&1 &
pod=$!
for _ in $(seq 300); do
    curl --silent --fail --max-time 2 "http://127.0.0.1:$port/health/ready" >/dev/null && break
    kill -0 "$pod" || { cat "$folder/pod.log" >&2; exit 1; }
    sleep 0.2
done

PYTHONPATH=Tests/Support/schemathesis SCHEMATHESIS_HOOKS=clockwork_hooks \
    "$venv/bin/schemathesis" run "http://127.0.0.1:$port/openapi.json" \
    --max-examples "${EXAMPLES:-25}" --seed "${SEED:-1}" --generation-database none
