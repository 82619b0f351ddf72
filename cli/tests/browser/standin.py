"""The API of an installation, scripted: it answers what `answers.json` has, moves one deployment, and refuses or takes what is posted."""

import copy
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text())
GOING = "3b1c0d9a4b5e6f72"
FAILED = "2a1c0d9a4b5e6f71"
PLAN = "aa1c0d9a4b5e6f71"


# When the deployment that moves was accepted, by the script.
ACCEPTED = 1_795_179_600_000


def shifted(answer, by):
    """The same, with every time later: the script tells of a deployment that was accepted some minutes ago."""
    if isinstance(answer, dict):
        return {name: shifted(value, by) for name, value in answer.items()}
    if isinstance(answer, list):
        return [shifted(value, by) for value in answer]
    is_time = isinstance(answer, int) and answer > 1_700_000_000_000
    return answer + by if is_time else answer


def many(count):
    """So many environments, on pages as the API makes them."""
    shop = ANSWERS["/apps"]["apps"][2]
    apps = []
    for number in range(count // 4):
        environments = [copy.deepcopy(shop["environments"][1]) | {"environment": name} for name in ("dev", "qa", "staging", "prod")]
        apps.append(copy.deepcopy(shop) | {"app": f"service-{number:02}", "environments": environments})
    pages = [apps[first : first + 10] for first in range(0, len(apps), 10)]
    return {
        "" if number == 0 else str(number): {"apps": page, "next": str(number + 1) if number + 1 < len(pages) else None}
        for number, page in enumerate(pages)
    }


class Standin:
    """What it answers can be changed while it serves; `calls` has every call."""

    def __init__(self):
        told = shifted(ANSWERS, int(time.time() * 1000) - ACCEPTED - 250_000)
        self.answers = {path: answer for path, answer in told.items() if path.startswith("/")}
        self.moves, self.move = told["moves"], 0
        self.pages = None
        self.refuses = None
        self.calls = []
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length) or "null")
                address = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(address.query).items()}
                path = address.path.removeprefix("/stage")
                standin.calls.append((self.command, path, query, body))
                status, answer = standin.answer(self.command, path, query)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_DELETE = do

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/stage"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method, path, query):
        if method != "GET":
            if self.refuses and path.endswith(self.refuses[0]):
                return 409, {"detail": "refused", "findings": [self.refuses[1]]}
            if path.endswith("/plans"):
                return 202, {"id": PLAN}
            return 202, {"id": GOING, "execution": "arn:aws:states:eu-west-1:111111111111:execution:windlass-release:one"}
        if path == "/apps" and self.pages:
            return 200, self.pages[query.get("after", "")]
        if path == f"/apps/shop/deployments/{GOING}":
            return 200, self.moves[self.move]
        if "execution" in query:
            return 200, {"deployment": GOING, "refusal": None, "done": None, "execution": None}
        if path.endswith("/deployments") and "environment" in query:
            path = f"{path}?environment={query['environment']}"
        if path in self.answers:
            return 200, self.answers[path]
        finding = {"name": "UnknownName", "path": "path", "reason": f"`{path}` is not known.", "remedy": "See the board."}
        return 404, {"detail": "unknown", "findings": [finding]}

    def posted(self):
        return [(method, path, body) for method, path, _, body in self.calls if method != "GET"]
