"""A stand-in for GitHub's REST API: it takes what GitHub's own description of its API allows, and refuses the rest.

`github_api.json` is that description, cut to the operations that are used: of the npm package that it names, which GitHub's
own SDK for JavaScript is generated from (MIT license). Another operation is added by cutting it out of the package's
`generated/api.github.com.json`.
"""

import contextlib
import http.server
import json
import pathlib
import re
import threading

import jsonschema

PUBLISHED = json.loads(pathlib.Path(__file__).with_name("github_api.json").read_text())
# "The maximum description length is 140 characters", which the description tells of deployments alone.
LONGEST = 140


def operation_of(method, path):
    """The operation by the path that it is asked with; `None` where GitHub has none."""
    for template, operations in PUBLISHED["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path):
            return operations.get(method.lower())
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, told = self.server.serve("POST", self.path, dict(self.headers), body)
        answer = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments):
        """Says nothing."""


class GitHub(http.server.ThreadingHTTPServer):
    """The stand-in; what it took is in `statuses`, oldest first, and what it refused in `refused`."""

    def __init__(self, token):
        super().__init__(("127.0.0.1", 0), Handler)
        self.token, self.statuses, self.refused = token, [], []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def serve(self, method, path, headers, body):
        try:
            self.statuses.append(self.checked(method, path, headers, body))
        except (ValueError, jsonschema.ValidationError) as error:
            self.refused.append(f"{method} {path}: {error}")
            return 422, {"message": str(error)}
        return 201, {"state": self.statuses[-1]["state"]}

    def checked(self, method, path, headers, body):
        """What a request asks for, once it is one that GitHub takes."""
        operation = operation_of(method, path)
        if operation is None:
            raise ValueError("there is no such operation")
        if headers.get("Authorization") != f"Bearer {self.token}":
            raise ValueError("Bad credentials")
        # GitHub refuses who does not tell what it is (REST API, "Getting started", User-Agent).
        if not headers.get("User-Agent"):
            raise ValueError("there is no User-Agent")
        asked = json.loads(body)
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(asked, schema)
        if unknown := asked.keys() - schema["properties"].keys():
            raise ValueError(f"GitHub knows no {sorted(unknown)}")
        if len(asked.get("description", "")) > LONGEST:
            raise ValueError("description is too long")
        commit = path.rsplit("/", 1)[-1]
        if not re.fullmatch("[0-9a-f]{40}", commit):
            raise ValueError(f"No commit found for SHA: {commit}")
        return {"commit": commit, **asked}


@contextlib.contextmanager
def github(token):
    """The stand-in, for as long as it is used."""
    server = GitHub(token)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
