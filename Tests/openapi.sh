#!/usr/bin/env bash
# Runs schemathesis, a client made from the OpenAPI document alone, against a live pod. `Tests/run.sh` calls it with
# CLOCKWORK_PYTHON and CLOCKWORK_EXECUTABLE set; EXAMPLES and SEED change how much it tries, and what.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/dev-pod.sh

start_dev_pod "$CLOCKWORK_EXECUTABLE" --topic out
PYTHONPATH=Tests/Support/schemathesis SCHEMATHESIS_HOOKS=clockwork_hooks \
    "$(dirname "$CLOCKWORK_PYTHON")/schemathesis" run "$pod_url/openapi.json" \
    --max-examples "${EXAMPLES:-25}" --seed "${SEED:-1}" --generation-database none
