"""The stand-in for the Docker Engine API by itself: what the local cloud's ECS relies on."""

import json
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parent / "docker_standin.py"
ECR = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent"
GOOD, BAD = "sha256:" + "a" * 64, "sha256:" + "b" * 64


class Ecr(BaseHTTPRequestHandler):
    """BatchGetImage of a registry with a good image and one that exits with 3."""

    images = {
        GOOD: {"imageTag": "1.0", "annotations": {}},
        BAD: {"imageTag": "1.1", "annotations": {"standin.exit-code": "3", "standin.exit-after": "0.1"}},
    }

    def log_message(self, *_):
        """Silent."""

    def do_POST(self):
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["imageIds"][0]
        found = [
            {"imageId": {"imageDigest": digest}, "imageManifest": json.dumps({"annotations": image["annotations"]})}
            for digest, image in self.images.items()
            if wanted in ({"imageDigest": digest}, {"imageTag": image["imageTag"]})
        ]
        body = json.dumps({"images": found}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Docker:
    """A client of the stand-in."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"

    def call(self, method, path, body=None, **query):
        """(status, answer)."""
        url = f"{self.base}{path}?{urllib.parse.urlencode(query)}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, json.loads(text) if text[:1] in (b"{", b"[") else text

    def pull(self, image):
        """As docker-py does: the reference goes apart."""
        repository, reference = re.split(r"[@]|:(?=[^/]*$)", image, maxsplit=1)
        return self.call("POST", "/v1.44/images/create", fromImage=repository, tag=reference)

    def run(self, image):
        """Creates and starts a container."""
        status, made = self.call("POST", "/v1.44/containers/create", {"Image": image, "Labels": {"a": "b"}}, name="x")
        assert status == 201, made
        assert self.call("POST", f"/v1.44/containers/{made['Id']}/start")[0] == 204
        return made["Id"]

    def state(self, container):
        """(status, exit code)."""
        state = self.call("GET", f"/v1.44/containers/{container}/json")[1]["State"]
        return state["Status"], state["ExitCode"]


@pytest.fixture
def docker():
    """The stand-in beside its registry."""
    registry = HTTPServer(("127.0.0.1", 0), Ecr)
    threading.Thread(target=registry.serve_forever, daemon=True).start()
    command = [sys.executable, SCRIPT, "--port", "0", "--pull-seconds", "0"]
    command += ["--registry", f"http://127.0.0.1:{registry.server_port}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield Docker(process.stdout.readline().rsplit(":", 1)[1].strip())
    finally:
        process.terminate()
        process.wait(5)
        registry.shutdown()


def test_a_tag_has_the_digest_that_the_registry_answers(docker):
    assert docker.call("GET", "/_ping") == (200, b"OK")
    status, reply = docker.call("GET", f"/v1.44/distribution/{ECR}:1.0/json")
    assert (status, reply["Descriptor"]["digest"]) == (200, GOOD)


def test_a_good_image_runs_until_it_is_stopped(docker):
    assert docker.pull(f"{ECR}@{GOOD}")[0] == 200
    container = docker.run(f"{ECR}@{GOOD}")
    assert docker.state(container) == ("running", 0)
    filters = json.dumps({"label": ["a=b"]})
    assert len(docker.call("GET", "/v1.44/containers/json", filters=filters)[1]) == 1
    docker.call("POST", f"/v1.44/containers/{container}/stop")
    assert docker.state(container) == ("exited", 143)
    assert docker.call("DELETE", f"/v1.44/containers/{container}")[0] == 204
    assert docker.call("GET", f"/v1.44/containers/{container}/json")[0] == 404


def test_an_image_can_say_that_it_exits(docker):
    assert docker.pull(f"{ECR}@{BAD}")[0] == 200
    container = docker.run(f"{ECR}@{BAD}")
    began = time.monotonic()
    assert docker.call("POST", f"/v1.44/containers/{container}/wait")[1] == {"StatusCode": 3}
    assert time.monotonic() - began < 2
    assert docker.state(container) == ("exited", 3)


def test_an_image_that_is_not_there_cannot_be_pulled_or_run(docker):
    status, reply = docker.pull(f"{ECR}@sha256:{'0' * 64}")
    assert status == 404 and "manifest unknown" in reply["message"]
    status, reply = docker.call("POST", "/v1.44/containers/create", {"Image": f"{ECR}:2.0"}, name="x")
    assert status == 404 and reply["message"] == f"No such image: {ECR}:2.0"


def test_a_rule_wins_over_the_image(docker):
    rules = [{"match": GOOD, "exit-code": 7, "exit-after": 0}, {"match": "1.1", "pull-error": "no space left on device"}]
    assert docker.call("PUT", "/standin/rules", rules)[0] == 200
    assert docker.pull(f"{ECR}@{GOOD}")[0] == 200
    assert docker.state(docker.run(f"{ECR}@{GOOD}")) == ("exited", 7)
    assert docker.pull(f"{ECR}:1.1") == (500, {"message": "no space left on device"})
    assert docker.call("PUT", "/standin/rules", [{"exit-code": 1}])[0] == 400
