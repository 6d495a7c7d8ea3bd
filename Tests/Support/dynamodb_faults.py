"""A proxy with faults in front of a DynamoDB endpoint, for tests.

    dynamodb_faults.py ENDPOINT FAULTS SEED

Listens on 127.0.0.1 and prints its URL on the first line of standard output. FAULTS is a file with one JSON object,
read again whenever it has changed; without it every request is passed on. Its members:

    delay         seconds that each answer is late
    throttle      the share of requests refused with ProvisionedThroughputExceededException, and not passed on
    error         the share answered with status 500, and not passed on
    drop          the share whose connection is closed: half of them before they are passed on, half after
    unprocessed   the share of batches of which a random half is passed on, and the rest named as unprocessed
    half          the share of batches of which a random half is passed on, and the whole answered with status 500
"""

import http.client
import json
import os
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

BATCHES = {"BatchWriteItem": "UnprocessedItems", "BatchGetItem": "UnprocessedKeys"}


class Faults:
    """What the file says, and the dice."""

    def __init__(self, path, seed):
        self.path = path
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.read_at = None
        self.shares = {}

    def strikes(self, *names):
        """The first fault that strikes this request; None mostly."""
        with self.lock:
            try:
                changed_at = os.stat(self.path).st_mtime_ns
                if changed_at != self.read_at:
                    with open(self.path) as file:
                        self.shares = json.load(file)
                    self.read_at = changed_at
            except FileNotFoundError:
                self.shares = {}
            return next((name for name in names if self.random.random() < self.shares.get(name, 0)), None)

    def coin(self):
        with self.lock:
            return self.random.random() < 0.5

    @property
    def delay(self):
        return self.shares.get("delay", 0)


def split_batch(operation, request, coin):
    """Cuts a batch in two by the throw of a coin for each element."""
    first, rest = {}, {}
    for table, content in request["RequestItems"].items():
        elements = content if operation == "BatchWriteItem" else content["Keys"]
        parts = ([], [])
        for element in elements:
            parts[coin()].append(element)
        for part, side in zip(parts, (first, rest)):
            if part:
                side[table] = part if operation == "BatchWriteItem" else {**content, "Keys": part}
    return first, rest


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    faults = None
    endpoint = None
    local = threading.local()

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        fault = self.faults.strikes("throttle", "error", "drop")
        if fault is None and operation in BATCHES:
            fault = self.faults.strikes("unprocessed", "half")
        if self.faults.delay:
            time.sleep(self.faults.delay)
        if fault == "throttle":
            self.answer(400, error("ProvisionedThroughputExceededException"))
        elif fault == "error":
            self.answer(500, error("InternalServerError"))
        elif fault == "drop":
            if self.faults.coin():
                self.forward(body)
            self.close_connection = True
        elif fault in ("unprocessed", "half"):
            self.forward_half(operation, json.loads(body), fault)
        else:
            self.answer(*self.forward(body))

    def forward_half(self, operation, request, fault):
        first, rest = split_batch(operation, request, self.faults.coin)
        answer = {"Responses": {}} if operation == "BatchGetItem" else {}
        if first:
            status, text = self.forward(json.dumps({**request, "RequestItems": first}).encode())
            if status != 200:
                self.answer(status, text)
                return
            answer = json.loads(text)
        if fault == "half":
            self.answer(500, error("InternalServerError"))
        else:
            left = answer.setdefault(BATCHES[operation], {})
            left.update(rest)
            self.answer(200, json.dumps(answer).encode())

    def forward(self, body):
        """Passes a request on, signed by somebody whose signature the endpoint does not check."""
        headers = {
            name: value for name, value in self.headers.items()
            if name.lower() not in ("host", "content-length", "connection", "authorization")
        }
        key = self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        headers["Authorization"] = self.headers.get("Authorization", "").replace(f"={key}/", "=fault-proxy/", 1)
        for attempt in range(2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = http.client.HTTPConnection(self.endpoint.hostname, self.endpoint.port, timeout=60)
                self.local.connection = connection
            try:
                connection.request("POST", self.path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                # The endpoint has closed an idle connection.
                self.local.connection = None
                if attempt:
                    raise

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True


def error(name):
    return json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{name}", "message": "an injected fault"}).encode()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


def main():
    endpoint, path, seed = sys.argv[1:]
    Handler.endpoint = urlsplit(endpoint)
    Handler.faults = Faults(path, int(seed))
    server = Server(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
