#!/usr/bin/env bash
# Runs schemathesis, a client made from the OpenAPI document alone, against a live `clockwork dev`. `Tests/run.sh` calls
# it with CLOCKWORK_PYTHON and CLOCKWORK_EXECUTABLE set; EXAMPLES and SEED change how much it tries, and what.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

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

APP_HOST=127.0.0.1 APP_PORT=0 SQLITE_PATH=$folder/clockwork.db LOG_LEVEL=info LOG_FORMAT=text \
    "$CLOCKWORK_EXECUTABLE" dev --topic out >"$folder/pod.log" 2>&1 &
pod=$!
url=
for _ in $(seq 300); do
    port=$(sed -n 's/.*HTTP API serves.*port=\([0-9]*\).*/\1/p' "$folder/pod.log")
    url=http://127.0.0.1:$port
    [[ -n $port ]] && curl --silent --fail --max-time 2 "$url/health/ready" >/dev/null && break
    kill -0 "$pod" || { cat "$folder/pod.log" >&2; exit 1; }
    sleep 0.2
done

PYTHONPATH=Tests/Support/schemathesis SCHEMATHESIS_HOOKS=clockwork_hooks \
    "$(dirname "$CLOCKWORK_PYTHON")/schemathesis" run "$url/openapi.json" \
    --max-examples "${EXAMPLES:-25}" --seed "${SEED:-1}" --generation-database none
