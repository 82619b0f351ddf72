"""A stand-in for the Docker Engine API, so that the local cloud's ECS has something to run.

Without a Docker daemon the local cloud (MiniStack) calls every rollout a success at once, whatever the image.
With DOCKER_HOST=tcp://127.0.0.1:PORT it drives its tasks through the Docker Engine API, and this program answers:
images are pulled (or are not), containers run (or exit), and rolling updates take seconds. Nothing is executed.

    python3 docker_standin.py --port 2375 --registry http://127.0.0.1:4566

What an image does is asked of the image itself. The registry is the local cloud's own ECR: an image that is not
there cannot be pulled, a tag has the digest that it has there. Annotations of its manifest (labels of a control rule
have the same names) say how it behaves:

    standin.exit-code    the container exits with this code
    standin.exit-after   after so many seconds (0.3 unless set)
    standin.exit-code-of.WORD   the container exits with this code where its command ends with this word
    standin.pull-error   the pull fails with this message

and so does a control rule, for images whose bytes must not decide it; the first rule whose `match` is part of the image's
name or digest wins, before the annotations:

    PUT    /standin/rules       [{"match": "sha256:ab12", "exit-code": 1, "exit-after": 0.2}, {"match": …, "pull-error": "…"}]
    GET    /standin/rules
    GET    /standin/containers  what runs: image, state, labels

An image of any other registry than ECR exists, and has a digest derived from its name.

Differs from AWS, as measured with MiniStack 1.5.33 behind it:
- A task that cannot pull stops with `TaskFailedToStart` and `CannotPullContainerError: …` in `stoppedReason`;
  AWS says the same and also writes it into the container's `reason`.
- `imageDigest` is there for images pinned by digest, and for tags where the registry resolves them. AWS shows the
  digest of the platform's manifest or of the index, depending on the agent.
- A service's first deployment is COMPLETED at once. A breaker's rollback makes the old deployment PRIMARY again with
  its old id, where AWS makes a new one with the same task definition; the failed deployment stays in `deployments[]`
  for ever as ACTIVE/FAILED with nothing running.
- `failedTasks` counts only with the circuit breaker on. Containers are never health-checked.
- RegisterTaskDefinition keeps the fields that it knows and answers others as null or empty; AWS leaves them out.
"""

import argparse
import json
import re
import signal
import sys
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from docker_registry import DockerError, Registry, pinned, split

API_VERSION = "1.44"


class Daemon:
    """Images, containers and rules. One lock; no call to anything else is made under it."""

    def __init__(self, registry, pull_seconds):
        self.registry = registry
        self.pull_seconds = pull_seconds
        self.lock = threading.Lock()
        self.rules = []
        self.images = {}
        self.containers = {}

    def behaviour(self, image, digest, annotations):
        """Returns what the image does: the first matching rule's members over the manifest's annotations."""
        found = {key.removeprefix("standin."): value for key, value in annotations.items() if key.startswith("standin.")}
        with self.lock:
            rules = list(self.rules)
        for rule in rules:
            if rule["match"] in image or rule["match"] in (digest or ""):
                return {**found, **rule}
        return found

    def distribution(self, image):
        """Returns what the registry says of an image."""
        digest, _ = self.registry.describe(image)
        return {
            "Descriptor": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": 1000},
            "Platforms": [{"architecture": "amd64", "os": "linux"}],
        }

    def pull(self, image):
        """Pulls an image; takes `pull_seconds`."""
        image = pinned(image)
        digest, annotations = self.registry.describe(image)
        behaviour = self.behaviour(image, digest, annotations)
        time.sleep(self.pull_seconds)
        if "pull-error" in behaviour:
            raise DockerError(500, str(behaviour["pull-error"]))
        with self.lock:
            self.images[image] = {"Id": digest, "annotations": annotations}

    def image(self, name):
        """A pulled image as Docker inspects it."""
        with self.lock:
            for known, image in self.images.items():
                if known == pinned(name) or image["Id"] == name:
                    return {"Id": image["Id"], "RepoTags": [known], "RepoDigests": [], "Config": {"Labels": {}}}
        raise DockerError(404, f"No such image: {name}")

    def tag(self, name, repository, tag):
        """Gives a pulled image one more name."""
        self.image(name)
        with self.lock:
            source = next(v for k, v in self.images.items() if k == pinned(name) or v["Id"] == name)
            self.images[pinned(f"{repository}:{tag}")] = source

    def create(self, name, body):
        """Creates a container of an image that was pulled."""
        image = self.image(body["Image"])
        with self.lock:
            annotations = next(v["annotations"] for v in self.images.values() if v["Id"] == image["Id"])
        behaviour = self.behaviour(body["Image"], image["Id"], annotations)
        last = (body.get("Cmd") or [""])[-1]
        own = behaviour.get(f"exit-code-of.{last}")
        behaviour |= {} if own is None else {"exit-code": own}
        container = {
            "id": uuid.uuid4().hex * 2,
            "name": name,
            "image": body["Image"],
            "digest": image["Id"],
            "body": body,
            "created": time.time(),
            "started": None,
            "ended": None,
            "exit_code": int(behaviour["exit-code"]) if "exit-code" in behaviour else None,
            "exit_after": float(behaviour.get("exit-after", 0.3)),
        }
        with self.lock:
            self.containers[container["id"]] = container
        return container["id"]

    def container(self, reference):
        """A container by id, the beginning of its id, or name."""
        with self.lock:
            for container in self.containers.values():
                if reference and (container["name"] == reference or container["id"].startswith(reference)):
                    return container
        raise DockerError(404, f"No such container: {reference}")

    def start(self, reference):
        """Starts a container; its time begins."""
        container = self.container(reference)
        container["started"] = container["started"] or time.time()

    def stop(self, reference):
        """Stops a container that runs."""
        container = self.container(reference)
        if status(container)[0] == "running":
            container["ended"], container["exit_code"] = time.time(), 143

    def remove(self, reference):
        """Removes a container."""
        container = self.container(reference)
        with self.lock:
            self.containers.pop(container["id"], None)

    def wait(self, reference):
        """Waits until a container has ended, and answers its exit code."""
        container = self.container(reference)
        while status(container)[0] != "exited":
            self.container(container["id"])
            time.sleep(0.05)
        return status(container)[1]

    def listing(self, everything, labels):
        """Containers as Docker lists them."""
        with self.lock:
            containers = list(self.containers.values())
        wanted = [label.partition("=") for label in labels]
        found = []
        for container in containers:
            state, _ = status(container)
            own = container["body"].get("Labels") or {}
            fits = all(key in own and (not sign or own[key] == value) for key, sign, value in wanted)
            if fits and (everything or state == "running"):
                found.append({
                    "Id": container["id"], "Names": ["/" + container["name"]], "Image": container["image"],
                    "ImageID": container["digest"], "Labels": own, "State": state, "Status": state,
                    "Created": int(container["created"]),
                })
        return found


def status(container):
    """(state, exit code) now: what a container does follows from the clock alone, so nothing can race."""
    if container["started"] is None:
        return "created", 0
    if container["ended"] is not None:
        return "exited", container["exit_code"]
    crashes_at = container["started"] + container["exit_after"]
    if container["exit_code"] is not None and time.time() >= crashes_at:
        return "exited", container["exit_code"]
    return "running", 0


def rfc3339(seconds):
    """Docker's way to write time; its zero where there is none."""
    if not seconds:
        return "0001-01-01T00:00:00Z"
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def inspected(container):
    """A container as Docker inspects it."""
    state, exit_code = status(container)
    body = container["body"]
    host = body.get("HostConfig") or {}
    ended = container["ended"] or (container["started"] + container["exit_after"] if state == "exited" else None)
    address = {"IPAddress": "127.0.0.1", "Gateway": "127.0.0.1"}
    return {
        "Id": container["id"], "Name": "/" + container["name"], "Image": container["digest"],
        "Created": rfc3339(container["created"]),
        "State": {
            "Status": state, "Running": state == "running", "ExitCode": exit_code, "Pid": 1 if state == "running" else 0,
            "StartedAt": rfc3339(container["started"]), "FinishedAt": rfc3339(ended), "Error": "", "OOMKilled": False,
        },
        "Config": {"Image": body.get("Image"), "Env": body.get("Env") or [], "Labels": body.get("Labels") or {}},
        "HostConfig": {**host, "LogConfig": {"Type": "json-file", "Config": {}}},
        "NetworkSettings": {"Networks": {"bridge": address}, "Ports": {}, **address},
        "Mounts": [],
    }


VERSION = {
    "Version": "27.0.0", "ApiVersion": API_VERSION, "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64",
    "KernelVersion": "6.1.0", "GoVersion": "go1.21", "GitCommit": "standin", "Platform": {"Name": "stand-in"},
}


class Handler(BaseHTTPRequestHandler):
    """HTTP in, one method of the daemon, JSON out."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    daemon = None

    def log_message(self, *_):
        """Silent."""

    def do_GET(self):
        self.serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def serve(self):
        """Answers one request."""
        url = urllib.parse.urlsplit(self.path)
        query = {key: values[-1] for key, values in urllib.parse.parse_qs(url.query, keep_blank_values=True).items()}
        path = re.sub(r"^/v\d+\.\d+/", "/", urllib.parse.unquote(url.path))
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw) if raw else {}
            code, answer = self.route(self.command, path, query, body)
        except DockerError as error:
            code, answer = error.status, {"message": str(error)}
        except (ValueError, KeyError, TypeError) as error:
            code, answer = 400, {"message": f"{type(error).__name__}: {error}"}
        self.answer(code, answer)

    def answer(self, code, answer):
        """Sends an answer in one piece."""
        data = b"" if answer is None else answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n"
        self.send_response(code)
        self.send_header("Api-Version", API_VERSION)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, bytes) else "application/json")
        if code != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and code != 204:
            self.wfile.write(data)
        self.wfile.flush()

    def route(self, method, path, query, body):
        """(status, answer) of one request."""
        daemon = self.daemon
        read = "GET" if method == "HEAD" else method
        for wanted, pattern, action in ROUTES:
            found = re.fullmatch(pattern, path) if wanted == read else None
            if found:
                return action(daemon, found, query, body)
        raise DockerError(404, f"page not found: {method} {path}")


def pulled(daemon, query):
    """Pulls what POST /images/create names, and answers the progress."""
    reference = query.get("tag") or "latest"
    name = query["fromImage"]
    image = f"{name}{'@' if reference.startswith('sha256:') else ':'}{reference}"
    daemon.pull(name if split(name)[1] != "latest" else image)
    return 200, {"status": f"Status: Downloaded newer image for {image}"}


def ruled(daemon, body):
    """Replaces the control rules."""
    if not isinstance(body, list) or not all(rule.get("match") for rule in body):
        raise DockerError(400, "write a list of rules, each with a `match` that is not empty")
    with daemon.lock:
        daemon.rules = body
    return 200, body


def listed(daemon, query):
    """Containers by the filters that the local cloud uses: labels."""
    filters = json.loads(query.get("filters") or "{}")
    return 200, daemon.listing(query.get("all", "0").lower() in ("1", "true"), filters.get("label") or [])


def done(_result):
    """No content."""
    return 204, None


ROUTES = [
    ("GET", r"/_ping", lambda d, m, q, b: (200, b"OK")),
    ("GET", r"/version", lambda d, m, q, b: (200, VERSION)),
    ("GET", r"/info", lambda d, m, q, b: (200, {
        "ID": "standin", "Name": "standin", "OSType": "linux", "Architecture": "x86_64", "ServerVersion": "27.0.0",
        "Containers": len(d.containers), "Images": len(d.images)})),
    ("GET", r"/distribution/(.+)/json", lambda d, m, q, b: (200, d.distribution(m[1]))),
    ("POST", r"/images/create", lambda d, m, q, b: pulled(d, q)),
    ("GET", r"/images/json", lambda d, m, q, b: (200, [d.image(name) for name in list(d.images)])),
    ("GET", r"/images/(.+)/json", lambda d, m, q, b: (200, d.image(m[1]))),
    ("POST", r"/images/(.+)/tag", lambda d, m, q, b: (d.tag(m[1], q["repo"], q.get("tag") or "latest"), (201, None))[1]),
    ("DELETE", r"/images/(.+)", lambda d, m, q, b: (200, [])),
    ("GET", r"/containers/json", lambda d, m, q, b: listed(d, q)),
    ("POST", r"/containers/create", lambda d, m, q, b: (201, {"Id": d.create(q.get("name", ""), b), "Warnings": []})),
    ("GET", r"/containers/([^/]*)/json", lambda d, m, q, b: (200, inspected(d.container(m[1])))),
    ("GET", r"/containers/([^/]+)/logs", lambda d, m, q, b: (d.container(m[1]), (200, b""))[1]),
    ("POST", r"/containers/([^/]+)/start", lambda d, m, q, b: done(d.start(m[1]))),
    ("POST", r"/containers/([^/]+)/(?:stop|kill)", lambda d, m, q, b: done(d.stop(m[1]))),
    ("POST", r"/containers/([^/]+)/wait", lambda d, m, q, b: (200, {"StatusCode": d.wait(m[1])})),
    ("DELETE", r"/containers/([^/]+)", lambda d, m, q, b: done(d.remove(m[1]))),
    ("GET", r"/networks", lambda d, m, q, b: (200, [])),
    ("GET", r"/volumes", lambda d, m, q, b: (200, {"Volumes": [], "Warnings": []})),
    ("GET", r"/standin/rules", lambda d, m, q, b: (200, d.rules)),
    ("PUT", r"/standin/rules", lambda d, m, q, b: ruled(d, b)),
    ("GET", r"/standin/containers", lambda d, m, q, b: (200, d.listing(True, []))),
]


class Server(ThreadingHTTPServer):
    """Enough backlog for a service that starts many tasks at once."""

    daemon_threads = True
    request_queue_size = 128


def main():
    """Serves until it is asked to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for the Docker Engine API.")
    parser.add_argument("--port", type=int, default=2375)
    parser.add_argument("--registry", default="", help="the local cloud's endpoint; images are taken to exist without it")
    parser.add_argument("--pull-seconds", type=float, default=0.3, help="how long a pull takes")
    arguments = parser.parse_args()
    Handler.daemon = Daemon(Registry(arguments.registry), arguments.pull_seconds)
    server = Server(("127.0.0.1", arguments.port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"ready on 127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except (KeyboardInterrupt, SystemExit):
        return


if __name__ == "__main__":
    main()
