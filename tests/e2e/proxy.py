"""A proxy between functions and the local cloud: forwards each call as it is. Who derives from it decides what becomes of a call."""

import asyncio
import contextlib
import dataclasses
import re
import threading


@dataclasses.dataclass
class Call:
    """A call as it came: its head's bytes, its headers by lower-case name, its body."""

    head: bytes
    headers: dict
    body: bytes

    @property
    def method(self):
        return self.head.split(b" ", 2)[0].decode()

    @property
    def path(self):
        """With its query."""
        return self.head.split(b" ", 2)[1].decode()


class Proxy:
    """Forwards each call to a port of this machine."""

    def __init__(self, upstream_port):
        self.upstream_port = upstream_port
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
            head = await reader.readuntil(b"\r\n\r\n")
            headers = read_headers(head)
            if headers.get("expect", "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await self.answer(Call(head, headers, await read_body(reader, headers)), writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def answer(self, call, writer):
        """Answers a call: with what `respond` says."""
        writer.write(await self.respond(call))
        await writer.drain()

    async def respond(self, call):
        """The bytes of the answer to a call."""
        return await self.forward(call)

    async def forward(self, call):
        """Asks the cloud as it was asked, but for one answer only; answers the bytes of the answer."""
        dropped = (b"connection:", b"expect:", b"transfer-encoding:", b"content-length:")
        lines = [line for line in call.head[:-4].split(b"\r\n") if not line.lower().startswith(dropped)]
        lines += [b"Connection: close", b"Content-Length: %d" % len(call.body)]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        try:
            writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + call.body)
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


def response(status, content_type, more, body):
    head = f"HTTP/1.1 {status} Proxy\r\nContent-Type: {content_type}\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def with_body(answered, change):
    """An answer with another body, which `change` makes of the one it has."""
    head, _, body = answered.partition(b"\r\n\r\n")
    body = change(body)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


@contextlib.contextmanager
def asked_through(aws, function, address, *services):
    """While it lasts, a function asks these services through the proxy at an address, and not the cloud itself."""
    variables = aws.lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    through = {f"AWS_ENDPOINT_URL_{service}": address for service in services}
    aws.lambda_.update_function_configuration(FunctionName=function, Environment={"Variables": variables | through})
    try:
        yield
    finally:
        aws.lambda_.update_function_configuration(FunctionName=function, Environment={"Variables": variables})


@contextlib.contextmanager
def machine_asks_through(aws, functions, address, *services):
    """While it lasts, the release machine's functions ask these services through the proxy: the machine names a version, and a version its
    variables."""
    machine = aws.outputs["ReleaseMachineArn"]
    definition = aws.stepfunctions.describe_state_machine(stateMachineArn=machine)["definition"]
    other = definition
    for function in functions:
        with asked_through(aws, function, address, *services):
            version = aws.lambda_.publish_version(FunctionName=function)["FunctionArn"]
        other, found = re.subn(rf"arn:[^\"]*:function:{function}:\d+", version, other)
        assert found, function
    aws.stepfunctions.update_state_machine(stateMachineArn=machine, definition=other)
    try:
        yield
    finally:
        aws.stepfunctions.update_state_machine(stateMachineArn=machine, definition=definition)
