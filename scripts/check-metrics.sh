#!/usr/bin/env bash
# Has a real Prometheus scrape three live pods, and asks it for what they tell. Needs `prometheus` and `promtool`
# (Debian: prometheus), kcat and curl, and the DynamoDB endpoint of the tests, for which `Tests/run.sh` has once made
# .build/venv.
#
# Usage: scripts/check-metrics.sh [path of the clockwork executable]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

clockwork=${1:-.build/debug/clockwork}
python=.build/venv/bin/python
for command in prometheus promtool kcat curl "$python" "$clockwork"; do
    command -v "$command" >/dev/null || { echo "check-metrics: $command is missing" >&2; exit 1; }
done

folder=$(mktemp -d)
stop() {
    # Pods before what they stand on.
    kill "${pods[@]}" "${others[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
pods=()
others=()
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
    echo "check-metrics: $*" >&2
    tail -n 20 "$folder"/*.log >&2
    exit 1
}

# Repeats a command until it succeeds, for at most a minute.
until_true() {
    for _ in $(seq 300); do
        "$@" && return
        sleep 0.2
    done
    fail "waited in vain for: $*"
}

mkfifo "$folder/brokers" "$folder/endpoint" "$folder/input" "$folder/callbacks"
exec {input}<>"$folder/input"
"$python" Tests/Support/dynamodb_endpoint.py <"$folder/input" >"$folder/endpoint" 2>"$folder/endpoint.log" &
others+=($!)
read -r -t 60 AWS_ENDPOINT_URL_DYNAMODB <"$folder/endpoint"
export AWS_ENDPOINT_URL_DYNAMODB AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
"$clockwork" local-kafka --topic schedule-create:6 --topic orders:3 >"$folder/brokers" 2>"$folder/kafka.log" &
others+=($!)
read -r -t 60 KAFKA_BROKERS <"$folder/brokers"
export KAFKA_BROKERS KAFKA_PROPERTY_FETCH_WAIT_MAX_MS=10 KAFKA_PROPERTY_SESSION_TIMEOUT_MS=6000
export KAFKA_PROPERTY_HEARTBEAT_INTERVAL_MS=500 KAFKA_PROPERTY_STATISTICS_INTERVAL_MS=1000
"$clockwork" tables create >"$folder/tables.log" 2>&1 || fail "no tables"

# Where callbacks go: every one is answered 200.
"$python" -u -c 'from http.server import BaseHTTPRequestHandler, HTTPServer
class Endpoint(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
server = HTTPServer(("127.0.0.1", 0), Endpoint)
print(server.server_port)
server.serve_forever()' >"$folder/callbacks" 2>"$folder/callbacks.log" &
others+=($!)
read -r -t 60 callback_port <"$folder/callbacks"
export CALLBACK_ALLOW_PRIVATE=true

ports=()
for number in 0 1 2; do
    role=all
    if [[ $number == 2 ]]; then role=scheduler; fi
    POD_NAME=pod-$number APP_HOST=127.0.0.1 APP_PORT=0 "$clockwork" serve --role $role 2>"$folder/pod-$number.log" &
    pods+=($!)
done
for number in 0 1 2; do
    until_true grep -q "HTTP API serves" "$folder/pod-$number.log"
    ports+=("$(sed -n 's/.*HTTP API serves.*port=\([0-9]*\).*/\1/p' "$folder/pod-$number.log")")
done
for port in "${ports[@]}"; do
    until_true curl --silent --fail --output /dev/null "http://127.0.0.1:$port/health/ready"
done
all_partitions_fire() {
    local sum=0 port owned
    for port in "${ports[@]}"; do
        owned=$(curl --silent "http://127.0.0.1:$port/metrics" | awk '/^clockwork_owned_partitions / {print $2}')
        [[ ${owned:-0} -gt 0 ]] || return 1
        sum=$((sum + owned))
    done
    [[ $sum == 6 ]]
}
until_true all_partitions_fire

cat >"$folder/prometheus.yml" <<YAML
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: clockwork
    static_configs:
      - targets: [$(printf '"127.0.0.1:%s",' "${ports[@]}")]
YAML
promtool check config "$folder/prometheus.yml" >"$folder/promtool.log" 2>&1 || fail "the configuration is refused"
prometheus_port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/data" --log.level=warn \
    --web.listen-address="127.0.0.1:$prometheus_port" >"$folder/prometheus.log" 2>&1 &
others+=($!)

# The value of a query that has one; nothing where it has none.
query() {
    curl --silent --get "http://127.0.0.1:$prometheus_port/api/v1/query" --data-urlencode "query=$1" |
        "$python" -c 'import json, sys
result = json.load(sys.stdin)["data"]["result"]
print(result[0]["value"][1] if result else "")' 2>/dev/null
}
# Waits until a query gives a value that bears the comparison, which is part of the query.
expect() {
    answered() { [[ -n "$(query "$1")" ]]; }
    until_true answered "$1"
    echo "    $1 = $(query "$1")"
}

# Something to tell of: deliveries on time and at once, a replacement, a cancel, what is no request, an HTTP request.
send() { "$clockwork" schedule --topic orders --client check --data hello "$@" >>"$folder/client.log" 2>&1; }
for number in $(seq 20); do send --key "soon-$number" --in 3s; done
send --key replaced --in 10m
send --key replaced --in 20m
send --key cancelled --in 10m
"$clockwork" cancel --client check --key cancelled --ordering-key cancelled >>"$folder/client.log" 2>&1
echo 'key|not a request' | kcat -b "$KAFKA_BROKERS" -t schedule-create -P -K '|' 2>>"$folder/client.log"
for number in 1 2 3 4 5; do
    "$clockwork" schedule --url "http://127.0.0.1:$callback_port/hook" --client check --data hello --in 3s \
        --key "callback-$number" >>"$folder/client.log" 2>&1
done
for _ in 1 2 3; do curl --silent --output /dev/null "http://127.0.0.1:${ports[0]}/schedule/check/soon-1"; done

echo "promtool check metrics:"
for port in "${ports[@]}"; do
    curl --silent "http://127.0.0.1:$port/metrics" | promtool check metrics || fail "promtool finds fault with :$port"
    echo "    127.0.0.1:$port is well"
done

echo "Prometheus, of three pods:"
expect 'sum(up{job="clockwork"}) == 3'
expect 'sum(clockwork_owned_partitions) == 6'
expect 'sum(clockwork_deliveries_total{topic="orders",result="delivered"}) == 20'
expect 'sum(clockwork_delivery_lateness_seconds_count) == 20'
expect 'histogram_quantile(0.99, sum by (le) (clockwork_delivery_lateness_seconds_bucket)) < 60'
expect 'sum(clockwork_callbacks_total{result="delivered",host!="(other)"}) == 5'
expect 'sum(clockwork_requests_total{kind="create"}) == 28'
expect 'sum(clockwork_requests_total{kind="replace"}) == 1'
expect 'sum(clockwork_requests_total{kind="cancel",result="applied"}) == 1'
expect 'sum(clockwork_requests_total{kind="invalid"}) == 1'
expect 'sum(clockwork_dead_letters_total{code="invalid-json"}) == 1'
expect 'sum(clockwork_intake_lag_records) == 0'
expect 'count(clockwork_intake_lag_records) == 6'
expect 'sum(clockwork_unsettled_offsets) == 0'
expect 'sum(clockwork_store_call_duration_seconds_count{operation="apply",result="ok"}) > 0'
expect 'sum(clockwork_dynamodb_requests_total{operation="BatchWriteItem",result="ok"}) > 0'
expect 'sum(clockwork_dynamodb_consumed_capacity_units_total) > 0'
expect 'sum(clockwork_http_request_duration_seconds_count{route="/schedule/{clientId}/{scheduleKey}"}) == 3'
expect 'min(clockwork_kafka_connected_brokers{client="consumer"}) > 0'
expect 'sum(rate(process_cpu_seconds_total[5s])) > 0'
expect 'count(clockwork_build_info) == 3'

# Every metric of the document but those of what has not happened.
missing=$(comm -23 \
    <(sed -n 's/^| `\([a-z_]*\)` | \(counter\|gauge\) .*/\1/p; s/^| `\([a-z_]*\)` | histogram .*/\1_bucket/p' docs/metrics.md | sort) \
    <(curl --silent "http://127.0.0.1:$prometheus_port/api/v1/label/__name__/values" |
        "$python" -c 'import json, sys; print("\n".join(json.load(sys.stdin)["data"]))' | sort))
echo "of docs/metrics.md without a series: ${missing:-none}"
[[ -z "$missing" || "$missing" == clockwork_dynamodb_retries_total ]] || fail "metrics are missing: $missing"

# Every query of the dashboard has something to show; over an interval as short as this run.
echo "the dashboard's queries:"
"$python" -c 'import json
def queries(panels):
    for panel in panels:
        for target in panel.get("targets", []):
            print(target["expr"].replace("$__rate_interval", "30s"))
        queries(panel.get("panels", []))
queries(json.load(open("deploy/grafana/dashboards/clockwork.json"))["panels"])' >"$folder/queries"
while read -r expression; do expect "$expression"; done <"$folder/queries"
