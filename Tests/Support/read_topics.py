"""Reads topics with a Kafka client that Clockwork has no part in, for tests.

    read_topics.py BROKERS TOPIC...

Reads every partition of the topics from its beginning and writes a line of JSON for each record to standard output:
topic, partition, offset, timestamp and arrival (epoch milliseconds), key, value and headers (bytes in base64, or null).
"""

import base64
import json
import sys
import time

from confluent_kafka import Consumer, KafkaError, TopicPartition, OFFSET_BEGINNING


def text(data):
    return None if data is None else base64.b64encode(data).decode()


def partitions(consumer, topics):
    """All partitions of the topics, as soon as each topic is there."""
    while True:
        try:
            known = consumer.list_topics(timeout=5).topics
        except Exception:
            continue
        if all(topic in known and known[topic].partitions for topic in topics):
            return [
                TopicPartition(topic, partition, OFFSET_BEGINNING)
                for topic in topics for partition in known[topic].partitions
            ]
        time.sleep(0.1)


def main():
    brokers, *topics = sys.argv[1:]
    consumer = Consumer({
        "bootstrap.servers": brokers,
        "group.id": "read-topics",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        # A local broker lets an empty fetch wait its whole time.
        "fetch.wait.max.ms": 10,
        "reconnect.backoff.max.ms": 200,
        "log_level": 0,
    })
    consumer.assign(partitions(consumer, topics))
    while True:
        for message in consumer.consume(500, 0.05):
            if message.error() is not None:
                # Outages and the like pass; whatever does not shows as records that never come.
                if message.error().code() != KafkaError._PARTITION_EOF:
                    print(message.error(), file=sys.stderr, flush=True)
                continue
            print(json.dumps({
                "topic": message.topic(),
                "partition": message.partition(),
                "offset": message.offset(),
                "timestamp": message.timestamp()[1],
                "arrival": time.time_ns() // 1_000_000,
                "key": text(message.key()),
                "value": text(message.value()),
                "headers": [[name, text(value)] for name, value in message.headers() or []],
            }))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
