"""The API of an installation, scripted: it answers what `answers.json` has, moves one deployment, and refuses or takes what is posted. Beside it
the little of AWS that answers log groups and their lines."""

import copy
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

HERE = Path(__file__).parent
# A release of a stack with what stands on it has its answer in a file of its own: a real API gave it.
ANSWERS = json.loads((HERE / "answers.json").read_text()) | json.loads((HERE / "stack.json").read_text())
GOING = "3b1c0d9a4b5e6f72"
FAILED = "2a1c0d9a4b5e6f71"
STUCK = "4c1c0d9a4b5e6f73"
STACK = "2e19c4c1b92c0eb3"
PLAN = "aa1c0d9a4b5e6f71"
EXECUTION = "arn:aws:states:eu-west-1:111111111111:execution:windlass-release:one"


# When the deployment that moves was accepted, by the script.
ACCEPTED = 1_795_179_600_000


def shifted(answer, by):
    """The same, with every time later: the script is of a deployment that was accepted some minutes ago."""
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


def line(number, second, stream, message):
    return {"eventId": str(number), "timestamp": ACCEPTED + second * 1000, "logStreamName": stream, "message": message}


def aws(target, path, body):
    """Returns what AWS answers of a function and of a service: both write into a log group, and one of them has written nothing yet."""
    if path.startswith("/2015-03-31/functions/"):
        name = path.split("/")[3]
        return {"LoggingConfig": {"LogGroup": "/shop/api" if name.startswith("shop") else f"/aws/lambda/{name}"}}
    action = target.rpartition(".")[2]
    logs = {"awslogs-group": "/shop/agent", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "agent"}
    container = {"name": "agent", "image": "shop/agent", "logConfiguration": {"logDriver": "awslogs", "options": logs}}
    lines = [line(1, 62, "2026/11/20/[41]aa", "the former one"), line(2, 63, "2026/11/20/[42]bb", "KeyError: 'total'")]
    definition = {"taskDefinitionArn": body.get("taskDefinition"), "family": "agent", "containerDefinitions": [container]}
    return {
        "FilterLogEvents": {"events": lines if body.get("logGroupName") == "/shop/api" else []},
        "ListTasks": {"taskArns": []},
        "DescribeTaskDefinition": {"taskDefinition": definition, "tags": []},
    }[action]


def problem(status, finding):
    """A refusal (RFC 9457)."""
    title = finding["name"]
    return status, {"type": f"docs/findings.md#{title.lower()}", "title": title, "status": status, "detail": finding["reason"], "findings": [finding]}


class Standin:
    """What it answers can be changed while it serves; `calls` has every call of the API, and `of_aws` what AWS was asked."""

    def __init__(self):
        answers = shifted(ANSWERS, int(time.time() * 1000) - ACCEPTED - 250_000)
        self.answers = {path: answer for path, answer in answers.items() if path.startswith("/")}
        self.moves, self.move = answers["moves"], 0
        self.pages = None
        self.refuses = None
        self.calls = []
        self.of_aws = []
        self.observed = answers["observed"]
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length) or "null")
                address = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(address.query).items()}
                path = address.path.removeprefix("/stage")
                if path == address.path:
                    target = self.headers.get("x-amz-target", "")
                    standin.of_aws.append(target or path)
                    status, answer = 200, aws(target, path, body)
                else:
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
        self.aws_url = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.aws_url}/stage"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method, path, query):
        if method != "GET":
            if self.refuses and path.endswith(self.refuses[0]):
                return problem(409, self.refuses[1])
            if path.endswith("/plans"):
                return 202, {"id": PLAN, "execution": EXECUTION, "status": f"https://api/apps/shop/plans/{PLAN}"}
            return 202, {"id": GOING, "version": "1.5.0", "execution": EXECUTION, "status": f"https://api/apps/shop/deployments/{GOING}"}
        if query.get("observe") == "true":
            return 200, self.answers[path] | {"observed": self.observed}
        if path == "/apps" and self.pages:
            return 200, self.pages[query.get("after", "")]
        if path == f"/apps/shop/deployments/{GOING}":
            return 200, self.moves[self.move]
        if "execution" in query:
            return 200, {"deployment": GOING, "refusal": None, "done": None, "execution": None}
        if path.endswith("/deployments") and "environment" in query:
            path = f"{path}?environment={query['environment']}" + (f"&after={query['after']}" if "after" in query else "")
        if path in self.answers:
            return 200, self.answers[path]
        known = [one["id"] for one in self.answers["/apps/shop/deployments?environment=prod"]["deployments"]]
        name = path.removeprefix("/apps/shop/deployments/")
        if name in known:
            record = copy.deepcopy(self.answers[f"/apps/shop/deployments/{FAILED}"])
            record["deployment"]["id"] = name
            return 200, record
        finding = {"name": "UnknownName", "path": "path", "reason": f"`{path}` is not known.", "remedy": "See the board."}
        return problem(404, finding)

    def posted(self):
        return [(method, path, body) for method, path, _, body in self.calls if method != "GET"]
