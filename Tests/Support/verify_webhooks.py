"""Verifies webhooks with the reference implementation of Standard Webhooks.

Standard input: one JSON object a line, {"secret", "headers", "body"}. Ends with 1 and a line about the first that is not
verified, else prints how many are.
"""

import json
import sys

from standardwebhooks import Webhook

count = 0
for line in sys.stdin:
    message = json.loads(line)
    try:
        Webhook(message["secret"]).verify(message["body"], message["headers"])
    except Exception as error:
        sys.exit(f"{message['headers'].get('webhook-id')}: {error!r}")
    count += 1
print(count)
