#!/usr/bin/env bash
# Measures `POST /schedule` with wrk: COUNT schedules (default 10000) within DURATION (default 15s), due at once, over 64 kept-alive connections to a
# pod with its own Kafka and SQLite on this host; then reads the deliveries and counts them.
#
# wrk, the brokers, the pod and the reader share this machine's processors. Needs `make build`, and wrk (Debian: wrk).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

count=${COUNT:-10000}
clockwork=${CLOCKWORK_EXECUTABLE:-.build/release/clockwork}
command -v wrk >/dev/null || { echo "bench-api: wrk is missing; on Debian: apt-get install wrk" >&2; exit 1; }

source scripts/dev-pod.sh
start_dev_pod "$clockwork" --topic out:8

wrk --threads 2 --connections 64 --duration "${DURATION:-15s}" --latency --script scripts/bench-api.lua \
    "$pod_url" -- $((count / 2))

KAFKA_BROKERS=$pod_brokers "$clockwork" tail out --from-beginning --json --count "$count" >"$pod_folder/deliveries"
echo "delivered $(wc -l <"$pod_folder/deliveries"), of them different" \
    "$(sed -n 's/.*"schedule-key":"\([^"]*\)".*/\1/p' "$pod_folder/deliveries" | sort -u | wc -l)"
grep VmHWM "/proc/$pod/status"
