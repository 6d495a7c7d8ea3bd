"""Keeps generated requests within what JSON Schema cannot say.

To JSON Schema 1.0 is an integer; the contract takes plain digits only.
"""

import schemathesis


def plain(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    return value


@schemathesis.hook
def map_body(context, body):
    return plain(body)
