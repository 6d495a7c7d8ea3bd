# Sourced by scripts that need a pod with its own Kafka and SQLite on this host: `start_dev_pod EXECUTABLE ARGUMENTS…`
# starts `clockwork dev`, waits until it is ready, and sets `pod`, `pod_url`, `pod_brokers` and `pod_folder` (where its
# log and file are). The pod ends with the script, whatever ends it.

pod=
pod_folder=$(mktemp -d)
stop_dev_pod() {
    if [[ -n $pod ]]; then
        kill "$pod" 2>/dev/null || true
        wait "$pod" 2>/dev/null || true
    fi
    rm -rf "$pod_folder"
}
trap stop_dev_pod EXIT
# Without these, bash would not run the EXIT trap on a signal.
trap 'exit 130' INT
trap 'exit 143' TERM HUP

start_dev_pod() {
    local log=$pod_folder/pod.log port=
    APP_HOST=127.0.0.1 APP_PORT=0 SQLITE_PATH=$pod_folder/clockwork.db LOG_LEVEL=info LOG_FORMAT=text \
        "$1" dev "${@:2}" >"$log" 2>&1 &
    pod=$!
    for _ in $(seq 600); do
        port=$(sed -n 's/.*HTTP API serves.*port=\([0-9]*\).*/\1/p' "$log")
        pod_url=http://127.0.0.1:$port
        if [[ -n $port ]] && curl --silent --fail --max-time 2 "$pod_url/health/ready" >/dev/null; then
            pod_brokers=$(sed -n 's/^Kafka brokers *//p' "$log")
            return
        fi
        kill -0 "$pod" 2>/dev/null || break
        sleep 0.1
    done
    echo "the pod did not start:" >&2
    cat "$log" >&2
    exit 1
}
