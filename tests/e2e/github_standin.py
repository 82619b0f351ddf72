"""A stand-in for GitHub's REST API: it takes what GitHub's own description of its API allows, and refuses the rest.

`github_api.json` is that description, cut to the operations that are used: of the npm package that it names, which GitHub's
own SDK for JavaScript is generated from (MIT license). Another operation is added by cutting it out of the package's
`generated/api.github.com.json`: without texts and examples, and with what it refers to in its place.
"""

import contextlib
import http.server
import itertools
import json
import pathlib
import re
import threading
import time
import urllib.parse

import jsonschema

PUBLISHED = json.loads(pathlib.Path(__file__).with_name("github_api.json").read_text())
# "The maximum description length is 140 characters", which the description says of deployments alone.
LONGEST = 140
ENDS = ["success", "failure"]
REFUSED_BY = (ValueError, jsonschema.ValidationError)


class Refused(Exception):
    """The answer of GitHub in place of what was asked for."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def operation_of(method, path):
    """The operation by the path that it is asked with, and what stands in that path; `None` where GitHub has none."""
    for template, operations in PUBLISHED["paths"].items():
        if found := re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path):
            return operations.get(method.lower()), found.groupdict()
    return None, {}


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def answer(self, method):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, reply = self.server.serve(method, self.path, dict(self.headers), body)
        answer = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments):
        """Says nothing."""


class GitHub(http.server.ThreadingHTTPServer):
    """The stand-in. What it took is in `statuses`, oldest first, and in `deployments`; what it refused in `refused`.

    `tokens` says for each permission which token has it. Commits in `unknown` were never pushed. `lose_next` loses the
    answer to the next deployment that is made; `meeting`, a barrier, lets those that list deployments wait for each other;
    `overtaken`, an event, lets what is in progress wait until an end was sent.
    """

    def __init__(self, tokens):
        super().__init__(("127.0.0.1", 0), Handler)
        self.tokens, self.statuses, self.deployments, self.refused, self.asked = tokens, [], [], [], []
        self.unknown, self.lose_next, self.meeting, self.overtaken = set(), False, None, None
        self.ids, self.one = itertools.count(1), threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def serve(self, method, address, headers, body):
        path, _, query = address.partition("?")
        self.asked.append((method, path))
        if self.overtaken and b'"in_progress"' in body:
            self.overtaken.wait(60)
        try:
            with self.one:
                status, reply = self.answered(method, path, query, headers, body)
        except Refused as error:
            self.refused.append(f"{method} {path}: {error}")
            return error.status, {"message": str(error)}
        if status == 200 and path.endswith("/deployments") and self.meeting:
            self.meeting.wait(60)
            self.meeting = None
        if status == 201 and path.endswith("/deployments") and self.lose_next:
            self.lose_next = False
            return 502, {"message": "Server Error"}
        if self.overtaken and status == 201 and "/deployments/" in path and reply["state"] in ENDS:
            self.overtaken.set()
        return status, reply

    def deployments_of(self, commit):
        """Its deployments with their statuses, both oldest first."""
        with self.one:
            return [one | {"statuses": list(one["statuses"])} for one in self.deployments if one["sha"] == commit]

    def answered(self, method, path, query, headers, body):
        operation, place = operation_of(method, path)
        if operation is None:
            raise Refused(404, "there is no such operation")
        self.let_in(path, headers)
        try:
            asked = checked_body(operation, body) if method == "POST" else checked_query(operation, query)
        except REFUSED_BY as error:
            raise Refused(422, str(error)) from error
        name = operation["operationId"].partition("/")[2].replace("-", "_")
        status, reply = getattr(self, name)(place, asked)
        if content := operation["responses"][str(status)].get("content"):
            jsonschema.validate(reply, content["application/json"]["schema"])
        return status, reply

    def let_in(self, path, headers):
        permission = "deployments" if "/deployments" in path else "statuses"
        if headers.get("Authorization") != f"Bearer {self.tokens[permission]}":
            raise Refused(401, "Bad credentials")
        # GitHub refuses who does not say what it is (REST API, "Getting started", User-Agent).
        if not headers.get("User-Agent"):
            raise Refused(403, "there is no User-Agent")

    # ── operations, by the names that GitHub gives them ──

    def create_commit_status(self, place, asked):
        self.require_commit(place["sha"])
        self.statuses.append({"commit": place["sha"], **asked})
        return 201, {"state": asked["state"]}

    def list_deployments(self, _place, asked):
        wanted = {name: asked[name] for name in ("sha", "ref", "task", "environment") if asked.get(name, "none") != "none"}
        found = [one for one in reversed(self.deployments) if all(one[name] == value for name, value in wanted.items())]
        return 200, [shown(one) for one in page(found, asked)]

    def create_deployment(self, _place, asked):
        commit = asked["ref"]
        self.require_commit(commit)
        if asked["auto_merge"]:
            # As if each commit were behind the default branch.
            return 202, {"message": "Auto-merged main into the commit on deployment."}
        last = {status["context"]: status["state"] for status in self.statuses if status["commit"] == commit}
        missing = [context for context in asked.get("required_contexts", last) if last.get(context) != "success"]
        if missing:
            raise Refused(409, f"Conflict: Commit status checks failed for {missing}")
        deployment = {name: asked[name] for name in ("ref", "task", "environment", "description", "transient_environment")}
        deployment |= {"sha": commit, "payload": asked.get("payload", ""), "statuses": [], **self.made("deployments")}
        deployment["production_environment"] = asked.get("production_environment", asked["environment"] == "production")
        self.deployments.append(deployment)
        return 201, shown(deployment)

    def list_deployment_statuses(self, place, asked):
        return 200, page(list(reversed(self.deployment(place)["statuses"])), asked)

    def create_deployment_status(self, place, asked):
        deployment = self.deployment(place)
        status = self.add_status(deployment, asked)
        if asked["state"] == "success" and asked.get("auto_inactive", True):
            for one in self.deployments:
                is_prior = one["id"] < deployment["id"] and one["environment"] == deployment["environment"]
                is_kept = one["transient_environment"] or one["production_environment"]
                if is_prior and not is_kept and one["statuses"] and one["statuses"][-1]["state"] == "success":
                    self.add_status(one, {"state": "inactive"})
        return 201, status

    # ── what they share ──

    def require_commit(self, commit):
        if commit in self.unknown or not re.fullmatch("[0-9a-f]{40}", commit):
            raise Refused(422, f"No ref found for: {commit}")

    def deployment(self, place):
        """The one of the path."""
        for deployment in self.deployments:
            if str(deployment["id"]) == place["deployment_id"]:
                return deployment
        raise Refused(404, "Not Found")

    def add_status(self, deployment, asked):
        status = {name: asked.get(name, "") for name in ("state", "description", "log_url", "environment_url")}
        status |= {"target_url": status["log_url"], "environment": asked.get("environment", deployment["environment"]), **self.made("statuses")}
        deployment["statuses"].append(status | {"deployment_url": f"{self.url}/deployments/{deployment['id']}"})
        return deployment["statuses"][-1]

    def made(self, what):
        """Returns what each thing has that GitHub has made."""
        number = next(self.ids)
        made = {"id": number, "node_id": f"N_{number}", "creator": {"login": "windlass-bot"}, "created_at": now(), "updated_at": now()}
        addresses = {"url": f"{self.url}/{what}/{number}", "repository_url": self.url}
        return made | addresses | ({"statuses_url": f"{self.url}/{what}/{number}/statuses"} if what == "deployments" else {})


def checked_body(operation, body):
    """Returns what a request asks for, with what GitHub takes for what is left out."""
    asked = json.loads(body)
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    jsonschema.validate(asked, schema)
    if unknown := asked.keys() - schema["properties"].keys():
        raise ValueError(f"GitHub knows no {sorted(unknown)}")
    if len(asked.get("description", "")) > LONGEST:
        raise ValueError("description is too long")
    return {name: part["default"] for name, part in schema["properties"].items() if "default" in part} | asked


def checked_query(operation, query):
    """Returns what the query of an address asks for."""
    known = {part["name"]: part["schema"] for part in operation["parameters"] if part["in"] == "query"}
    asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    if unknown := asked.keys() - known.keys():
        raise ValueError(f"GitHub knows no {sorted(unknown)}")
    return {name: int(value) if known[name]["type"] == "integer" else value for name, value in asked.items()}


def page(found, asked):
    """A page of a list, which is newest first."""
    length = min(asked.get("per_page", 30), 100)
    begin = (asked.get("page", 1) - 1) * length
    return found[begin : begin + length]


def shown(deployment):
    """A deployment as GitHub answers it: its statuses are asked for apart."""
    return {name: value for name, value in deployment.items() if name != "statuses"}


@contextlib.contextmanager
def github(tokens):
    """The stand-in, for as long as it is used."""
    server = GitHub(tokens)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
