"""A proxy between the functions and the local cloud, on which calls go wrong in the ways in which they do on a bad day.

    dropped     the cloud does what was asked, and its answer is lost
    reset       the connection is reset before the cloud hears of it
    unavailable the cloud answers 503 and does nothing
    throttled   the service answers that it was asked too much, in its own words, and does nothing
"""

import collections
import json
import random
import socket
import struct

from proxy import Proxy, response

KINDS = ("dropped", "reset", "unavailable", "throttled")
UNAVAILABLE = (503, "text/plain", "", b"Service Unavailable")
SLOW_DOWN = (503, "application/xml", "", b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
RATE = b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"


class FaultyProxy(Proxy):
    """Forwards each call, or lets it go wrong with the probability `rate`; counts what went wrong by kind."""

    def __init__(self, upstream_port, seed):
        super().__init__(upstream_port)
        self.random = random.Random(seed)
        self.rate = 0.0
        self.calls = 0
        self.faults = collections.Counter()

    async def answer(self, call, writer):
        fault = self.choose()
        if fault == "reset":
            reset(writer)
        elif fault == "dropped":
            await self.forward(call)
        elif fault:
            writer.write(response(*(UNAVAILABLE if fault == "unavailable" else throttled(call))))
            await writer.drain()
        else:
            await super().answer(call, writer)

    def choose(self):
        """Returns what goes wrong with this call; None for most."""
        self.calls += 1
        if self.random.random() >= self.rate:
            return None
        kind = self.random.choice(KINDS)
        self.faults[kind] += 1
        return kind


def throttled(call):
    """Returns how the service that is asked says that it was asked too much."""
    target = call.headers.get("x-amz-target", "")
    if target.endswith(".TransactWriteItems"):
        return 400, "application/x-amz-json-1.0", "", canceled(len(json.loads(call.body)["TransactItems"]))
    if target.startswith("DynamoDB"):
        kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
        return 400, "application/x-amz-json-1.0", "", json.dumps({"__type": kind, "message": "Rate exceeded"}).encode()
    if target:
        return 400, "application/x-amz-json-1.1", "", json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
    if call.path.startswith("/2015-03-31/"):
        body = json.dumps({"Reason": "CallerRateLimitExceeded", "Type": "User", "message": "Rate exceeded"}).encode()
        return 429, "application/json", "x-amzn-errortype: TooManyRequestsException\r\n", body
    if call.path.startswith("/2020-05-31/"):
        return 400, "text/xml", "", RATE
    return SLOW_DOWN


def canceled(writes):
    """Returns how DynamoDB says that of a transaction of so many writes the last was one too many (API Reference, CancellationReason)."""
    reasons = [{"Code": "None"}] * (writes - 1) + [{"Code": "ThrottlingError", "Message": "Rate exceeded"}]
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(reason['Code'] for reason in reasons)}]"
    kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    return json.dumps({"__type": kind, "message": message, "CancellationReasons": reasons}).encode()


def reset(writer):
    """Closes with a reset: nothing is lingered for (socket(7), SO_LINGER)."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
