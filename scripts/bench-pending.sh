#!/usr/bin/env bash
# A pod that starts with many schedules pending in one partition: how long until it fires, how much memory it takes,
# how late the first deliveries are. COUNT schedules (default 1000000), spread over OVER (default 24h; 0ms puts them
# all on one instant), delivered and read: READ (default 20).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

count=${COUNT:-1000000}
over=${OVER:-24h}
read_count=${READ:-20}
first_in=${FIRST_IN:-20s}
clockwork=.build/release/clockwork
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

mkfifo "$folder/brokers"
SCHEDULE_CREATE_KAFKA_TOPIC=bench-intake "$clockwork" local-kafka --topic bench-intake:1 --topic bench:8 \
    >"$folder/brokers" &
read -r KAFKA_BROKERS <"$folder/brokers"
export KAFKA_BROKERS SCHEDULE_CREATE_KAFKA_TOPIC=bench-intake KAFKA_PROPERTY_FETCH_WAIT_MAX_MS=10

/usr/bin/time -f "filled in %e s" "$clockwork" bench fill --path "$folder/bench.db" --count "$count" --topic bench \
    --over "$over" --first-in "$first_in"
ls -l --block-size=M "$folder/bench.db" | awk '{print "file           " $5}'

"$clockwork" tail bench --json --count "$read_count" >"$folder/deliveries" &
reader=$!
started=$(date +%s%3N)
SCHEDULE_STORE=sqlite SQLITE_PATH="$folder/bench.db" LOG_LEVEL=info "$clockwork" serve 2>"$folder/log" &
pod=$!
until grep -q firing "$folder/log"; do
    kill -0 "$pod"
    read -r -t 0.05 <> <(:) || true
done
echo "fires after    $(($(date +%s%3N) - started)) ms (with the 3 s that the local cluster takes to form a group)"
grep firing "$folder/log"
wait "$reader"
awk '/VmRSS|VmHWM/ {print $1 "          " $2 " kB"}' "/proc/$pod/status"
python3 - "$folder/deliveries" <<'PY'
import json, sys
late = sorted(json.loads(line)["latenessMs"] for line in open(sys.argv[1]))
print(f"lateness       first {len(late)} deliveries: p50 {late[len(late) // 2]} ms, "
      f"p99 {late[int(len(late) * 0.99)]} ms, max {late[-1]} ms, early {sum(l < 0 for l in late)}")
PY
kill -TERM "$pod"
wait "$pod"
echo "ended with     exit code 0"
