"""What the function meets, on loopback: Git (`git http-backend`), Secrets Manager, a Kubernetes API, and Argo CD in it.

`../kit.py` tries the function against it by `trial`, the tests here by `Outside`. Argo CD does nothing by itself: a
test says when it looks, applies, ends or gives up. How it writes its status then is read from its source (3.6).
"""

import base64
import datetime
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent)]

import git_server  # noqa: E402
import kit  # noqa: E402
from kubernetes_standin import Cluster, Server  # noqa: E402

SECRET = "planted-secret"
KEY, SECRET_KEY = "AKIDLOOK", "the-secret-key-of-the-function"
REGION = "eu-central-1"
SETTINGS = {
    "repository": "org/deployments",
    "branch": "main",
    "file": "apps/orders/kustomization.yaml",
    "field": ["images", {"name": "orders"}, "digest"],
    "application": "orders",
}
# What a person has written, with what an editor of YAML would lose.
FILE = """\
# The orders service. Windlass writes the digest of `orders`, and nothing else.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [deployment.yaml,   service.yaml]   # two

images:
- name: proxy
  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
- {newName: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/orders,  name: orders, digest: ""}  # here
"""
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/orders"
DIGESTS = tuple(f"sha256:{digit * 64}" for digit in "ab")
RELEASES = tuple({"image": f"{IMAGE}@{digest}"} for digest in DIGESTS)


def groups():
    """Returns the groups that the access entries of the template put the function in."""
    text = (HERE / "template.yaml").read_text()
    return sorted({line.split("[")[1].split("]")[0] for line in text.splitlines() if "KubernetesGroups:" in line})


def rules():
    """Returns the objects of access.yaml."""
    return list(yaml.safe_load_all((HERE / "access.yaml").read_text()))


def now(seconds=0):
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


class Request(http.server.BaseHTTPRequestHandler):
    """A request of Git or for a secret."""

    def log_message(self, *_):
        """Nothing is logged."""

    def do_GET(self):
        outside = self.server.outside
        outside.asked = self.path
        try:
            outside.tap("before")
            if "X-Amz-Target" in self.headers:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_json({"Name": "token", "SecretString": SECRET})
            elif git_server.may_pass(self.headers, SECRET):
                git_server.serve(self, outside.folder, lambda: outside.tap("after"))
            else:
                self.send_json({"message": "Bad credentials"}, 401)
        except ConnectionAbortedError:
            self.close_connection = True

    do_POST = do_GET

    def send_json(self, answer, status=200):
        content = json.dumps(answer).encode()
        self.server.outside.tap("after")
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Outside(kit.Outside):
    """The repository, the cluster, and Argo CD."""

    def __init__(self):
        self.folder, self.tap = tempfile.mkdtemp(), lambda moment: None
        self.repository = str(pathlib.Path(self.folder, SETTINGS["repository"] + ".git"))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.server.outside, self.server.daemon_threads = self, True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.cluster = Cluster("prod", REGION, {})
        self.kubernetes = Server(self.cluster, self.folder)
        self.kubernetes.tap = lambda moment: self.tap(moment)
        self.reset()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.kubernetes.close()
        shutil.rmtree(self.folder)

    def variables(self):
        """Returns the environment of the function, as its template gives it."""
        at = f"http://127.0.0.1:{self.server.server_port}"
        authority = base64.b64encode(pathlib.Path(self.kubernetes.authority).read_bytes()).decode()
        return {
            "PATH": os.environ["PATH"], "PYTHONPATH": f"{HERE}:{HERE.parent}", "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": "of-a-session", "AWS_STS_REGIONAL_ENDPOINTS": "regional",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": at, "GIT_SERVER": at, "TOKEN": "token", "CLUSTER": self.cluster.name,
            "CLUSTER_ENDPOINT": self.kubernetes.endpoint, "CLUSTER_CA": authority,
        }  # fmt: skip

    def git(self, *arguments, **options):
        return git_server.git(self.repository, *arguments, **options)

    def head(self):
        return self.git("rev-parse", "main")

    def text(self, commit="main"):
        return subprocess.run(
            ["git", "-C", self.repository, "show", f"{commit}:{SETTINGS['file']}"], check=True, capture_output=True
        ).stdout.decode()

    def commit(self, files, message="by hand"):
        """Puts a commit of somebody else on the branch, with these files in place of those of the same names."""
        names = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
        index = {"GIT_INDEX_FILE": str(pathlib.Path(self.folder, "index"))} | dict.fromkeys(names, "somebody")

        def run(*arguments, **more):
            return self.git(*arguments, env=os.environ | index, **more)

        parent = self.git("for-each-ref", "--format=%(objectname)", "refs/heads/main")
        run("read-tree", *([parent] if parent else ["--empty"]))
        for name, text in files.items():
            blob = run("hash-object", "-w", "--stdin", input=text)
            run("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
        made = run("commit-tree", run("write-tree"), "-m", message, *(["-p", parent] if parent else []))
        self.git("update-ref", "refs/heads/main", made)
        return made

    # What Argo CD does.

    def application(self, **status):
        """Writes parts of the application's status."""
        where = "applications", "argocd", "orders"
        self.cluster.replace(*where, lambda old: old | {"status": old.get("status", {}) | status})

    def began(self, revision=None):
        """Argo CD has seen a commit, and applies it."""
        revision = revision or self.head()
        operation = {"operation": {"sync": {"revision": revision}}, "phase": "Running", "startedAt": now(-3)}
        self.application(
            operationState=operation | {"syncResult": {"revision": revision}},
            sync={"status": "OutOfSync", "revision": revision},
        )

    def ended(self, phase, message, revision=None):
        """Its operation ends, and it has not looked again."""
        self.began(revision)
        last = self.cluster.objects["applications", "argocd", "orders"]["status"]["operationState"]
        self.application(operationState=last | {"phase": phase, "message": message, "finishedAt": now(-2)})

    def looked(self, revision=None, sync="Synced", health="Healthy"):
        """It compares the cluster with a commit."""
        revision = revision or self.head()
        self.application(sync={"status": sync, "revision": revision}, health={"status": health}, reconciledAt=now(-1))

    # What the kit asks of an imitation.

    def reset(self):
        shutil.rmtree(self.repository, ignore_errors=True)
        pathlib.Path(self.repository).parent.mkdir(exist_ok=True)
        git_server.create(self.repository, "main")
        self.commit({SETTINGS["file"]: FILE, "apps/other.yaml": "replicas: 1\n"})
        self.cluster.roles = {KEY: (SECRET_KEY, groups())}
        for item in rules():
            self.cluster.put(f"{item['kind'].lower()}s", "argocd", item["metadata"]["name"], item, "ADDED")
        self.cluster.put("applications", "argocd", "orders", {"spec": {"project": "default"}, "status": {}}, "ADDED")
        self.finish()

    def seen(self):
        return self.git("rev-list", "--all"), self.cluster.version

    def served(self):
        return self.text()

    def meddle(self):
        self.commit({SETTINGS["file"]: FILE.replace('digest: ""', 'digest: "by-hand"')})

    def finish(self):
        self.ended("Succeeded", "successfully synced (all tasks run)")
        self.looked()

    def give_up(self, sentence):
        self.ended("Failed", sentence)
        self.looked(sync="OutOfSync")


def trial():
    """Returns what `../kit.py` tries: the function against this imitation."""
    outside = Outside()
    command = [sys.executable, str(HERE.parent / "kit.py"), "serve", str(HERE / "handler.py")]
    return kit.Trial(
        command, outside, RELEASES, settings=SETTINGS, variables=outside.variables(), secret=SECRET,
        former=({"format": "1", "value": f"sha256:{'c' * 64}"},),
    )  # fmt: skip
