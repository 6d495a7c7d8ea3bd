"""A DynamoDB endpoint for tests: moto, with what it is lax about made strict.

    dynamodb_endpoint.py [PORT]

Listens on 127.0.0.1, prints its URL on the first line of standard output, and ends when its standard input closes,
so that it can never outlive what started it. Keeps everything in memory.
"""

import functools
import io
import json
import re
import sys
import threading
from decimal import Decimal

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodb.exceptions import MockValidationException
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

# Requests that name this access key must be signed with this secret; other keys are not checked.
CHECKED_ACCESS_KEY = "clockwork-test"
CHECKED_SECRET = "clockwork/test+secret"


# --- Numbers -----------------------------------------------------------------------------------------------------
# DynamoDB keeps 38 significant digits. moto has read numbers as floats with 17, which would make one of all the
# schedules of a millisecond; whatever the release at hand does, here they are exact.

exact = functools.lru_cache(maxsize=1 << 16)(Decimal)
moto_cast_value = DynamoType.cast_value.fget


def cast_value(self):
    return exact(self.value) if self.is_number() else moto_cast_value(self)


DynamoType.cast_value = property(cast_value)


# --- Speed -------------------------------------------------------------------------------------------------------
# moto sorts a whole table for every query, and then sorts what it found again.

def all_items(self):
    if not self.range_key_attr:
        return list(self.items.values())
    return [item for items in self.items.values() for item in items.values()]


Table.all_items = all_items


# --- Limits that moto does not hold ------------------------------------------------------------------------------

def value_bytes(value):
    (kind, content), = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        digits = len(Decimal(content).normalize().as_tuple().digits)
        if digits > 38:
            raise MockValidationException("Attempting to store more than 38 significant digits in a Number")
        return (digits + 1) // 2 + 1
    if kind == "B":
        # moto has decoded the base64 by now.
        return len(content)
    return 0


# moto guesses at a limit between 400,000 bytes and the real one of 400 KiB, which `check_item` holds.
LimitedSizeDict.__setitem__ = dict.__setitem__


def check_item(item):
    if sum(len(name.encode()) + value_bytes(value) for name, value in item.items()) > 400 * 1024:
        raise MockValidationException("Item size has exceeded the maximum allowed size")


def check_batch_write(body):
    keys = set()
    count = 0
    for table, requests in body["RequestItems"].items():
        for request in requests:
            count += 1
            (kind, content), = request.items()
            item = content["Item"] if kind == "PutRequest" else content["Key"]
            check_item(item)
            number = item.get("scheduleTime", {}).get("N")
            keys.add((table, json.dumps(item["partitionId"]), None if number is None else Decimal(number)))
    if not 1 <= count <= 25:
        raise MockValidationException("Too many items requested for the BatchWriteItem call")
    if len(keys) < count:
        raise MockValidationException("Provided list of item keys contains duplicates")


def check_query(body):
    bounds = re.search(r"BETWEEN\s+(:\w+)\s+AND\s+(:\w+)", body.get("KeyConditionExpression", ""))
    if bounds:
        lower, upper = (Decimal(body["ExpressionAttributeValues"][name]["N"]) for name in bounds.groups())
        if lower > upper:
            raise MockValidationException(
                "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or "
                "equal to lower bound"
            )


def checked(operation, check):
    original = getattr(DynamoHandler, operation)

    @functools.wraps(original)
    def handler(self):
        check(self.body)
        return original(self)

    setattr(DynamoHandler, operation, handler)


checked("batch_write_item", check_batch_write)
checked("put_item", lambda body: check_item(body["Item"]))
checked("query", check_query)

moto_update_time_to_live = DynamoHandler.update_time_to_live


def update_time_to_live(self):
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    if table.ttl.get("TimeToLiveStatus") == "ENABLED" and self.body["TimeToLiveSpecification"]["Enabled"]:
        raise MockValidationException("TimeToLive is already enabled")
    return moto_update_time_to_live(self)


DynamoHandler.update_time_to_live = update_time_to_live


# --- Signatures --------------------------------------------------------------------------------------------------

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)
MUST_BE_SIGNED = {"host", "content-type", "x-amz-date", "x-amz-target"}


def signature_fault(environ, body):
    """What is wrong with the request's signature, found with botocore's own implementation; None if nothing is."""
    match = AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if not match:
        return "the Authorization header is not of signature version 4"
    access_key, region, service, signed_headers, signature = match.groups()
    if access_key != CHECKED_ACCESS_KEY:
        return None
    headers = {
        name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    names = signed_headers.split(";")
    must_be_signed = MUST_BE_SIGNED | {name for name in headers if name.startswith("x-amz-")}
    if missing := must_be_signed - set(names):
        return "not signed: " + ", ".join(sorted(missing))
    url = "http://" + headers["host"] + environ["PATH_INFO"]
    request = AWSRequest(environ["REQUEST_METHOD"], url, data=body, headers={name: headers[name] for name in names})
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(access_key, CHECKED_SECRET), service, region)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return None if expected == signature else "the signature is wrong"


class Application:
    """moto behind the signature check, one request at a time: moto has no locks."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        fault = signature_fault(environ, body)
        if fault:
            answer = json.dumps({"__type": "x#InvalidSignatureException", "message": fault}).encode()
            start_response("400 Bad Request", [("Content-Length", str(len(answer)))])
            return [answer]
        with self.lock:
            return self.moto(environ, start_response)


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are written apart; without this the body waits 40 ms for the acknowledgement of the head.
    disable_nagle_algorithm = True

    def log(self, *arguments):
        pass


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = make_server("127.0.0.1", port, Application(), threaded=True, request_handler=Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
