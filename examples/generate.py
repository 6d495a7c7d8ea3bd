#!/usr/bin/env python3
"""Writes requests.jsonl, the requests of `make demo`. The same seed gives the same file.

`python3 examples/generate.py` writes the file beside this script; `--expect` prints what must come of it, counted from
the file as it stands and not from what this script meant to write.
"""

import json
import pathlib
import random
import sys

FILE = pathlib.Path(__file__).with_name("requests.jsonl")
SEED = 20261224
TOPICS = ["order-reminders", "payment-retries", "content-releases", "process-timeouts"]
# A cancel or a replacement is read within moments of its create. The create is due no earlier than this, so that the
# outcome does not depend on how fast the machine is.
SAFE_MILLISECONDS = 8_000


def due(random_source, low=1_000, high=15_000):
    return f"+{random_source.randrange(low, high, 10)}ms"


def create(client, key, ordering_key, topic, time, data):
    request = {
        "clientId": client,
        "scheduleKey": key,
        "orderingKey": ordering_key,
        "delivery": {"topic": topic},
        "scheduleTime": time,
        "taskData": json.dumps(data, ensure_ascii=False, separators=(",", ":")),
    }
    if ordering_key is None:
        del request["orderingKey"]
    return request


def order_reminder(r, number):
    order = 70_000 + number
    return create(
        "shop",
        f"order-{order}-reminder",
        f"customer-{r.randrange(1, 40)}",
        "order-reminders",
        due(r),
        {"order": order, "mail": "basket-waiting", "language": r.choice(["de", "en", "fr"])},
    )


def payment_retry(r, number):
    return create(
        r.choice(["billing-eu", "billing-us"]),
        f"invoice-{4_000 + number}-attempt-{r.randrange(2, 5)}",
        f"account-{r.randrange(1, 25)}",
        "payment-retries",
        due(r),
        {"invoice": 4_000 + number, "amount": f"{r.randrange(5, 400)}.{r.randrange(100):02}", "currency": "EUR"},
    )


def content_release(r, number):
    title = r.choice(["Winterfahrplan", "Crème brûlée", "Release notes", "東京ガイド", "Der große Test"])
    return create("newsroom", f"article-{900 + number}", None, "content-releases", due(r), {"id": 900 + number, "title": title})


def process_timeout(r, number):
    return create(
        "workflow",
        f"process-{number:04}/approval",
        f"process-{number:04}",
        "process-timeouts",
        due(r),
        {"process": number, "step": "approval", "onTimeout": r.choice(["escalate", "reject"])},
    )


def cancel_of(request):
    return {"action": "cancel"} | {name: request[name] for name in ("clientId", "scheduleKey", "orderingKey") if name in request}


def replacement_of(request, r):
    return request | {"scheduleTime": due(r, SAFE_MILLISECONDS), "taskData": request["taskData"][:-1] + ',"moved":true}'}


def lines(r):
    creates = (
        [order_reminder(r, number) for number in range(90)]
        + [payment_retry(r, number) for number in range(70)]
        + [content_release(r, number) for number in range(40)]
        + [process_timeout(r, number) for number in range(60)]
    )
    r.shuffle(creates)
    # Approvals that came in time are what cancels are for; reminders and releases are what gets moved.
    cancelled = [request for request in creates if request["clientId"] == "workflow"][:25]
    replaced = [request for request in creates if request["clientId"] in ("shop", "newsroom")][:20]
    for request in cancelled + replaced:
        request["scheduleTime"] = due(r, SAFE_MILLISECONDS)
    later = [cancel_of(request) for request in cancelled] + [replacement_of(request, r) for request in replaced]
    r.shuffle(later)
    result = [json.dumps(request, ensure_ascii=False) for request in creates + later]

    unknown_topic = create("shop", "loyalty-1", "customer-1", "loyalty-points", "+2000ms", {"points": 10})
    no_payload = create("billing-eu", "invoice-1-attempt-2", "account-1", "payment-retries", "+2000ms", {})
    del no_payload["taskData"]
    for place, line in ((40, json.dumps(unknown_topic)), (120, json.dumps(no_payload)), (200, '{"clientId": "shop", "schedu')):
        result.insert(place, line)
    return result


def expectation(text):
    """Counts by the contract's rules: requests of one key follow each other, and all of them come before any is due."""
    pending, counts = {}, {"lines": 0, "creates": 0, "replaced": 0, "cancelled": 0, "dead letters": 0}
    for line in text.splitlines():
        counts["lines"] += 1
        try:
            request = json.loads(line)
        except ValueError:
            counts["dead letters"] += 1
            continue
        key = (request["clientId"], request["scheduleKey"])
        if request.get("action") == "cancel":
            counts["cancelled"] += pending.pop(key, None) is not None
            continue
        if "taskData" not in request:
            counts["dead letters"] += 1
            continue
        counts["creates"] += 1
        counts["replaced"] += key in pending
        pending[key] = request["delivery"]["topic"]
    for topic in TOPICS:
        counts[f"delivered to {topic}"] = sum(value == topic for value in pending.values())
    counts["dead letters"] += sum(value not in TOPICS for value in pending.values())
    return counts


if __name__ == "__main__":
    if "--expect" in sys.argv:
        for name, count in expectation(FILE.read_text(encoding="utf-8")).items():
            print(f"{count:4} {name}")
    else:
        FILE.write_text("\n".join(lines(random.Random(SEED))) + "\n", encoding="utf-8")
