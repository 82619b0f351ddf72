"""A proxy between the functions and the local cloud, on which calls go wrong in the ways in which they do on a bad day.

    dropped     the cloud does what was asked, and its answer is lost
    reset       the connection is reset before the cloud hears of it
    unavailable the cloud answers 503 and does nothing
    throttled   the service answers that it was asked too much, in its own words, and does nothing
"""

import asyncio
import collections
import json
import random
import socket
import struct
import threading

KINDS = ("dropped", "reset", "unavailable", "throttled")
UNAVAILABLE = (503, "text/plain", "", b"Service Unavailable")
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
RATE = b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"


class FaultyProxy:
    """Forwards each call, or lets it go wrong with the probability `rate`; counts what went wrong by kind."""

    def __init__(self, upstream_port, seed):
        self.upstream_port = upstream_port
        self.random = random.Random(seed)
        self.rate = 0.0
        self.calls = 0
        self.faults = collections.Counter()
        self.port = None

    def start(self):
        """Serves on a free port, in a thread of its own; answers the address."""
        ready = threading.Event()

        async def serve():
            server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=2**20)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await server.serve_forever()

        threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
        ready.wait(10)
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader, writer):
        """One call per connection: every answer says that the connection is closed."""
        try:
            await self.answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        headers = read_headers(head)
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await read_body(reader, headers)
        fault = self.choose()
        if fault == "reset":
            reset(writer)
        elif fault in ("unavailable", "throttled"):
            writer.write(response(*(UNAVAILABLE if fault == "unavailable" else throttled(head, headers))))
            await writer.drain()
        else:
            answered = await self.forward(head, body)
            if fault != "dropped":
                writer.write(answered)
                await writer.drain()

    def choose(self):
        """What goes wrong with this call; None for most."""
        self.calls += 1
        if self.random.random() >= self.rate:
            return None
        kind = self.random.choice(KINDS)
        self.faults[kind] += 1
        return kind

    async def forward(self, head, body):
        """Asks the cloud as it was asked, but for one answer only; answers the bytes of the answer."""
        lines = [line for line in head[:-4].split(b"\r\n") if not line.lower().startswith((b"connection:", b"expect:", b"transfer-encoding:", b"content-length:"))]
        lines += [b"Connection: close", b"Content-Length: %d" % len(body)]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        try:
            writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()


def read_headers(head):
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}


async def read_body(reader, headers):
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


def throttled(head, headers):
    """How the service that is asked says that it was asked too much."""
    path = head.split(b" ", 2)[1]
    target = headers.get("x-amz-target", "")
    if target.startswith("DynamoDB"):
        kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
        return 400, "application/x-amz-json-1.0", "", json.dumps({"__type": kind, "message": "Rate exceeded"}).encode()
    if target:
        return 400, "application/x-amz-json-1.1", "", json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
    if path.startswith(b"/2015-03-31/"):
        body = json.dumps({"Reason": "CallerRateLimitExceeded", "Type": "User", "message": "Rate exceeded"}).encode()
        return 429, "application/json", "x-amzn-errortype: TooManyRequestsException\r\n", body
    if path.startswith(b"/2020-05-31/"):
        return 400, "text/xml", "", RATE
    return 503, "application/xml", "", SLOW_DOWN


def response(status, content_type, more, body):
    head = f"HTTP/1.1 {status} Chaos\r\nContent-Type: {content_type}\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def reset(writer):
    """Closes with a reset: nothing is lingered for (socket(7), SO_LINGER)."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
