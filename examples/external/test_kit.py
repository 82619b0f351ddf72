"""The kit finds each broken promise, and finds nothing wrong with a function that keeps them all."""

import contextlib
import hashlib
import http.server
import itertools
import json
import os
import pathlib
import subprocess
import sys
import threading

import kit
import pytest

HERE = pathlib.Path(__file__).parent
SECRET = "planted-secret"
RELEASES = [b'{"text": "open", "style": "bold"}', b'{"text": "closed", "style": "round"}']
MARKS = itertools.count(1)
# The broken function, and what of the sentence of the promise that it breaks.
BROKEN = {
    "Counts": "looks change nothing",
    "Flips": "two looks agree",
    "Repeats": "two equal calls make one change",
    "Forces": "a stale `if` is refused",
    "Remembers": "killed before, within and after the change",
    "GivesUp": "a lost answer",
    "Forgets": "there and back",
    "LeavesSomething": "a first release",
    "Modern": "a format of yesterday",
    "Late": "after `not_after`",
    "Long": "no answer is longer",
    "Leaks": "a planted secret",
    "Trusts": "a wrong digest",
    "Guesses": "an unknown `do`",
    "Hurries": "`ready` is never said",
}


class Sign(kit.Outside, http.server.ThreadingHTTPServer):
    """A sign that is painted, and then dries."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Request)
        self.reset()

    def paint(self, text, style="plain", key=None):
        self.now = {"text": text, "style": style, "key": key, "mark": next(MARKS), "dry": text is None, "failed": None}
        self.painted.append(self.now)

    def reset(self):
        self.painted, self.visits = [], 0
        self.paint(None)

    def seen(self):
        return json.dumps([self.painted, self.visits])

    def served(self):
        return self.now["text"], self.now["style"]

    def meddle(self):
        self.paint("by somebody")

    def finish(self):
        self.now["dry"] = True

    def give_up(self, sentence):
        self.now["failed"] = sentence


class Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind, _, name = self.path[1:].partition("/")
        self.answer(200, RELEASES[int(name)] if kind == "bytes" else None)

    def do_PUT(self):
        sign = self.server
        with contextlib.suppress(ConnectionAbortedError):
            sign.tap("before")
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/visits":
                sign.visits += 1
            elif self.headers.get("If-Match", str(sign.now["mark"])) != str(sign.now["mark"]):
                return self.answer(412)
            else:
                sign.paint(**asked)
            return self.answer(200)

    def answer(self, status, content=None):
        with contextlib.suppress(ConnectionAbortedError):
            if self.command == "GET":
                self.server.tap("before")
            content = content or json.dumps(self.server.now).encode()
            self.server.tap("after")
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def sign():
    server = Sign()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def trial(sign, folder, broken="Honest", **more):
    releases = [
        {"bucket": "b", "key": str(number), "version_id": "v", "sha256": hashlib.sha256(content).hexdigest()}
        for number, content in enumerate(RELEASES)
    ]
    address = f"127.0.0.1:{sign.server_port}"
    variables = {"SIGN": address, "SIGN_SECRET": SECRET, "SIGN_NOTE": str(folder / "note"), "BROKEN": broken}
    command = [sys.executable, "-S", str(HERE / "kit.py"), "serve", str(HERE / "sign.py")]
    tried = {"command": command, "outside": sign, "releases": releases, "variables": variables}
    return kit.Trial(**tried | {"former": ({"format": "0", "text": "open"},)} | more)


def ends(trial):
    return {sentence: end for sentence, end, _ in kit.try_all(trial)}


def test_a_function_that_keeps_all_promises_breaks_none(sign, tmp_path):
    found = ends(trial(sign, tmp_path))
    assert len(found) == 15
    assert set(found.values()) == {"kept"}, found


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_function_is_found_by_its_promise_and_by_no_other(name, sign, tmp_path):
    found = [sentence for sentence, end in ends(trial(sign, tmp_path, name)).items() if end != "kept"]
    assert len(found) == 1 and BROKEN[name] in found[0], found
