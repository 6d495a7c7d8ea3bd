#!/usr/bin/env bash
# What a pod takes that has nothing to do: PARTITIONS owned partitions (default 64), SQLite, metrics scraped every 15 s.
# Prints its resident memory and its share of a core over MEASURE_SECONDS (default 60). The local cluster is a process of its
# own. `FETCH_WAIT` (default 500, librdkafka's own) is how long a broker keeps an empty fetch, in milliseconds.
#
# Usage: scripts/measure-idle.sh [path of the clockwork executable]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

clockwork=${1:-.build/release/clockwork}
partitions=${PARTITIONS:-64}
seconds=${MEASURE_SECONDS:-60}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkfifo "$folder/brokers"
"$clockwork" local-kafka --topic "schedule-create:$partitions" --topic out:1 >"$folder/brokers" 2>/dev/null &
read -r KAFKA_BROKERS <"$folder/brokers"
export KAFKA_BROKERS KAFKA_PROPERTY_FETCH_WAIT_MAX_MS=${FETCH_WAIT:-500}
SCHEDULE_STORE=sqlite SQLITE_PATH=$folder/clockwork.db APP_HOST=127.0.0.1 APP_PORT=0 \
    "$clockwork" serve 2>"$folder/log" &
pod=$!
until [[ $(grep -c " firing " "$folder/log") == "$partitions" ]]; do
    kill -0 "$pod"
    sleep 0.2
done
port=$(sed -n 's/.*HTTP API serves.*port=\([0-9]*\).*/\1/p' "$folder/log")

# What its beginning has left to do is over by then.
sleep 20
ticks() { awk '{print $14 + $15}' "/proc/$pod/stat"; }
before=$(ticks)
started=$(date +%s%N)
for ((second = 0; second < seconds; second++)); do
    if ((second % 15 == 0)); then
        curl --silent --fail "http://127.0.0.1:$port/metrics" >"$folder/page"
    fi
    sleep 1
done
used=$(($(ticks) - before))
elapsed=$(($(date +%s%N) - started))
grep -q "^clockwork_owned_partitions $partitions\$" "$folder/page"
awk '/VmRSS|RssAnon|RssFile|VmHWM|Threads/ {print $1, $2, $3}' "/proc/$pod/status"
awk -v used="$used" -v hz="$(getconf CLK_TCK)" -v elapsed="$elapsed" -v partitions="$partitions" \
    'BEGIN {printf "%d partitions, idle: %.2f %% of a core over %.0f s\n", partitions, 1e11 * used / hz / elapsed, elapsed / 1e9}'
