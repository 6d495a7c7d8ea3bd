#!/usr/bin/env bash
# Callbacks beside deliveries to topics, each figure with and without the other in one run:
#
# 1. TOPIC_RATE (5000) deliveries a second to a topic for SECONDS (15), then the same beside CALLBACK_RATE (2000)
#    callbacks a second to a fast server on this host.
# 2. GOOD_RATE (500) callbacks a second to a good endpoint for SECONDS, then the same beside DEAD (100000) schedules of
#    1,000 bytes for one that never answers, due over DEAD_MS (the whole time; 0 for all at once), and GOOD_RATE a second
#    for one that answers 503. The pod may keep RESIDENT (100000, its default) schedules of a partition in memory; there
#    are two.
#
# Lateness is in milliseconds, measured where the delivery arrives. Needs node, python3 and a release build. PARTS=2 runs
# the second part alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

parts=${PARTS:-12}
seconds=${SECONDS_EACH:-15}
topic_rate=${TOPIC_RATE:-5000}
callback_rate=${CALLBACK_RATE:-2000}
good_rate=${GOOD_RATE:-500}
dead=${DEAD:-100000}
dead_ms=${DEAD_MS:-$((seconds * 1000))}
clockwork=${CLOCKWORK:-.build/release/clockwork}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

mkfifo "$folder/brokers" "$folder/ports"
"$clockwork" local-kafka --topic schedule-create:2 --topic bench:4 >"$folder/brokers" &
read -r KAFKA_BROKERS <"$folder/brokers"
export KAFKA_BROKERS KAFKA_PROPERTY_FETCH_WAIT_MAX_MS=10
node scripts/bench-callbacks-server.mjs >"$folder/ports" &
read -r good busy never <"$folder/ports"
SCHEDULE_STORE=sqlite SQLITE_PATH=$folder/bench.db APP_HOST=127.0.0.1 APP_PORT=0 CALLBACK_ALLOW_PRIVATE=true \
    MAX_RESIDENT_SCHEDULES=${RESIDENT:-100000} "$clockwork" serve 2>"$folder/log" &
pod=$!
until grep -q firing "$folder/log"; do
    kill -0 "$pod"
    sleep 0.1
done

port=$(sed -n 's/.*HTTP API serves.*port=\([0-9]*\).*/\1/p' "$folder/log")

# Writes RATE schedules a second for $seconds, the first one due at FROM: PREFIX FROM RATE DELIVERY BYTES
schedules() {
    python3 - "$seconds" "$@" <<'PY'
import json, sys
seconds, prefix, start, rate, delivery, size = sys.argv[1:]
for number in range(int(rate) * int(seconds)):
    print(json.dumps({
        "clientId": "bench", "scheduleKey": f"{prefix}-{number}", "orderingKey": f"{prefix}-{number % 1000}",
        "taskData": "x" * int(size), "delivery": json.loads(delivery),
        "scheduleTime": int(start) + number * 1000 // int(rate),
    }))
PY
}
# Sends a file in pieces, each when the pod has read the one before: a local broker keeps 5 MB of a partition.
sent=0
send() {
    split --lines 3000 "$1" "$folder/piece."
    local piece
    for piece in "$folder"/piece.*; do
        "$clockwork" schedule --file "$piece" >/dev/null
        sent=$((sent + $(wc -l <"$piece")))
        until (($(read_so_far) >= sent)); do
            kill -0 "$pod"
            sleep 0.05
        done
        rm "$piece"
    done
}
read_so_far() {
    curl --silent "http://127.0.0.1:$port/metrics" |
        awk '/^clockwork_requests_total.*kind="create"/ {sum += $2} END {print sum + 0}'
}
at() { echo $(($(date +%s%3N) + $1 * 1000)); }
until_time() { while (($(date +%s%3N) < $1)); do sleep 0.2; done; }
memory() { awk -v name="$1" '$1 == name":" {print int($2 / 1024)}' "/proc/$pod/status"; }

topics_beside_callbacks() {
echo "--- $topic_rate topic deliveries a second, without and with $callback_rate callbacks a second"
alone=$(at 40)
beside=$((alone + (seconds + 5) * 1000))
{
    schedules alone "$alone" "$topic_rate" '{"topic":"bench"}' 200
    schedules beside "$beside" "$topic_rate" '{"topic":"bench"}' 200
    schedules callback "$beside" "$callback_rate" "{\"url\":\"http://127.0.0.1:$good/?fast\"}" 200
} >"$folder/first"
"$clockwork" tail bench --json --count $((2 * topic_rate * seconds)) >"$folder/deliveries" &
reader=$!
send "$folder/first"
(($(date +%s%3N) < alone)) || echo "the first were due before all were sent: no measurement"
wait "$reader"
until_time $((beside + (seconds + 3) * 1000))
curl --silent "http://127.0.0.1:$good/report" >"$folder/report"
python3 - "$folder" <<'PY'
import json, sys
folder = sys.argv[1]
late = {"alone": [], "beside": []}
for line in open(f"{folder}/deliveries"):
    record = json.loads(line)
    late[record["clockwork"]["schedule-key"].split("-")[0]].append(record["latenessMs"])
p99 = {}
for phase, values in late.items():
    values.sort()
    p99[phase] = values[int((len(values) - 1) * 0.99)]
    print(f"topic, {phase:8} {len(values)}: p50 {values[len(values) // 2]}, p99 {p99[phase]}, max {values[-1]}, early "
          f"{sum(value < 0 for value in values)}")
fast = json.load(open(f"{folder}/report")).get("fast")
print(f"callbacks        {fast['count']}: p50 {fast['p50']}, p99 {fast['p99']}, max {fast['max']}, min {fast['min']}")
print(f"ratio of the topic's p99 with and without callbacks: {p99['beside'] / max(p99['alone'], 1):.2f}")
PY
}

good_beside_dead() {
echo "--- $good_rate callbacks a second to a good endpoint, without and with a dead one ($dead) and one that answers 503"
before=$(memory VmRSS)
alone=$(at 25)
beside=$((alone + (seconds + 5) * 1000))
{
    schedules good-alone "$alone" "$good_rate" "{\"url\":\"http://127.0.0.1:$good/?alone\"}" 200
    schedules good-beside "$beside" "$good_rate" "{\"url\":\"http://127.0.0.1:$good/?beside\"}" 200
    schedules busy "$beside" "$good_rate" "{\"url\":\"http://127.0.0.1:$busy/\"}" 200
    python3 - "$beside" "$dead" "http://127.0.0.1:$never/" "$dead_ms" <<'PY'
import json, sys
start, count, url, over = sys.argv[1:]
for number in range(int(count)):
    print(json.dumps({
        "clientId": "bench", "scheduleKey": f"dead-{number}", "orderingKey": f"dead-{number}",
        "taskData": "x" * 1000, "delivery": {"url": url},
        "scheduleTime": int(start) + number * int(over) // int(count),
    }))
PY
} >"$folder/second"
send "$folder/second"
(($(date +%s%3N) < alone)) || echo "the first were due before all were sent: no measurement"
until_time $((beside + (seconds + 10) * 1000))
curl --silent "http://127.0.0.1:$good/report" >"$folder/report"
python3 - "$folder" <<'PY'
import json, sys
report = json.load(open(f"{sys.argv[1]}/report"))
for phase in ("alone", "beside"):
    late = report[phase]
    print(f"good, {phase:8}   {late['count']}: p50 {late['p50']}, p99 {late['p99']}, max {late['max']}")
print(f"ratio of the good one's p99: {report['beside']['p99'] / max(report['alone']['p99'], 1):.2f}")
print(f"attempts         {report['dead']} at the dead one, {report['busy']} at the one that answers 503")
PY
echo "memory           $before MB before, $(memory VmRSS) MB now, $(memory VmHWM) MB at most"
grep -c "host keeps failing" "$folder/log" | sed 's/^/hosts broken     /'
}

if [[ $parts == *1* ]]; then topics_beside_callbacks; fi
if [[ $parts == *2* ]]; then good_beside_dead; fi
