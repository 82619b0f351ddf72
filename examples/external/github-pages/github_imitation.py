"""What the function meets, on loopback: Git (`git http-backend`), GitHub's Pages API, Secrets Manager and S3.

`../kit.py` tries the function against it by `trial`. The answers of the Pages API are held to `github_api.json`,
GitHub's own description of its API, cut to the operations that are used: of the npm package that it names, from whose
`generated/api.github.com.deref.json` (MIT license) another one is cut likewise. GitHub begins a build of each head of
the branch, and ends none by itself: `finish` and `give_up` do.
"""

import hashlib
import http.server
import io
import itertools
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import threading
import time
import zipfile

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent)]

import git_server
import kit

SECRET = "planted-secret"
SETTINGS = {"repository": "org/textbook", "branch": "gh-pages"}
DOMAIN = "book.example.com"
BUILDS = [{"index.html": "first", "a/page.html": "page"}, {"index.html": "second", "a/page.html": "page", "b.css": "b"}]


def known_null(schema):
    """Returns a schema that says of null what OpenAPI says by `nullable`."""
    if isinstance(schema, list):
        return [known_null(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: known_null(part) for name, part in schema.items()}
    if schema.pop("nullable", False):
        schema["type"] = [schema["type"], "null"]
        schema |= {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema


PUBLISHED = known_null(json.loads((HERE / "github_api.json").read_text()))["paths"]


def zipped(files):
    """Returns a zip of files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


class Request(http.server.BaseHTTPRequestHandler):
    """A request to any of the four."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Answers one, unless the connection is to be closed."""
        try:
            self.route(self.server.outside)
        except ConnectionAbortedError:
            self.close_connection = True

    do_POST = do_GET

    def route(self, outside):
        """Answers one by what it asks for."""
        if "X-Amz-Target" in self.headers:
            self.rfile.read(int(self.headers["Content-Length"]))
            return self.answer({"Name": "token", "SecretString": SECRET})
        if self.path.startswith("/artifacts/"):
            return self.send(outside.artifacts[self.path.removeprefix("/artifacts/").partition("?")[0]])
        outside.asked = self.path
        outside.tap("before")
        if self.path.startswith("/repos/"):
            return self.answer(*outside.github(self.path, self.headers))
        if not git_server.may_pass(self.headers, SECRET):
            return self.answer({"message": "Bad credentials"}, 401)
        git_server.serve(self, outside.folder, self.served)

    def served(self):
        """Lets GitHub see a push that was served."""
        if self.path.endswith("/git-receive-pack"):
            self.server.outside.took()
        self.server.outside.tap("after")

    def answer(self, reply, status=200):
        """Sends JSON."""
        self.send(json.dumps(reply).encode(), status)

    def send(self, content, status=200):
        """Sends bytes."""
        if not self.path.startswith("/artifacts/") and "X-Amz-Target" not in self.headers:
            self.server.outside.tap("after")
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Logs nothing."""


class Outside(kit.Outside):
    """The repository, and GitHub, which builds it."""

    def __init__(self):
        self.folder, self.numbers = tempfile.mkdtemp(), itertools.count(1)
        self.repository, self.artifacts = pathlib.Path(self.folder, SETTINGS["repository"] + ".git"), {}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.server.outside, self.server.daemon_threads = self, True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.releases = tuple(self.artifact(files) for files in BUILDS)
        self.reset()

    def close(self):
        """Ends the server and removes what it served."""
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder)

    def artifact(self, files):
        """Puts a build into the bucket, and returns it as a release of it."""
        content, key = zipped(files), f"textbook/prod/book/{next(self.numbers)}.zip"
        self.artifacts[f"artifacts/{key}"] = content
        sha256 = hashlib.sha256(content).hexdigest()
        return {"bucket": "artifacts", "key": f"artifacts/{key}", "version_id": "v1", "sha256": sha256}

    def variables(self):
        """Returns the environment of the function."""
        of_aws = {"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL": self.url}
        of_aws |= {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "PATH": os.environ["PATH"]}
        ours = {"GIT_SERVER": self.url, "GITHUB_API": self.url, "TOKEN": "token"}
        return of_aws | ours | {"PYTHONPATH": f"{HERE}:{HERE.parent}"}

    # Git.

    def git(self, *arguments, **options):
        """Runs git in the repository."""
        return git_server.git(self.repository, *arguments, **options)

    def commit(self, files, parent=None):
        """Puts a commit of somebody else on the branch, with these files and no others."""
        who = {f"GIT_{who}_{what}": "somebody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        variables = os.environ | who | {"GIT_INDEX_FILE": str(pathlib.Path(self.folder, "index"))}
        self.git("read-tree", "--empty", env=variables)
        for name, text in files.items():
            blob = self.git("hash-object", "-w", "--stdin", input=text)
            self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", env=variables)
        tree, parents = self.git("write-tree", env=variables), ["-p", parent] if parent else []
        commit = self.git("commit-tree", tree, "-m", "by hand", *parents, env=variables)
        self.git("update-ref", f"refs/heads/{SETTINGS['branch']}", commit)
        self.took()

    def head(self):
        """Returns the commit of the branch."""
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{SETTINGS['branch']}")

    def files(self):
        """Returns the files of the branch."""
        names = self.git("ls-tree", "-r", "--name-only", SETTINGS["branch"]).splitlines()
        return {name: self.git("show", f"{SETTINGS['branch']}:{name}") for name in names}

    # GitHub.

    def took(self):
        """GitHub builds the head of the branch, where that is another one."""
        head = self.head()
        if head and (not self.builds or self.builds[-1]["commit"] != head):
            self.builds.append({"commit": head, "status": "queued", "error": {"message": None}})

    def github(self, path, headers):
        """Returns an answer of the Pages API with its status."""
        if headers.get("Authorization") != f"Bearer {SECRET}":
            return {"message": "Bad credentials"}, 401
        # GitHub refuses who does not say what it is (REST API, "Getting started", User-Agent).
        if not headers.get("User-Agent"):
            return {"message": "Request forbidden by administrative rules"}, 403
        template = re.sub("^/repos/[^/]+/[^/]+", "/repos/{owner}/{repo}", path)
        found, is_build = PUBLISHED[template]["get"]["responses"], template.endswith("/latest")
        is_known = self.site is not None and (bool(self.builds) or not is_build)
        status, reply = (200, self.build() if is_build else self.site) if is_known else (404, {"message": "Not Found"})
        # GitHub's description lists no 404 for the newest build; that of the site is the same.
        schema = found.get(str(status)) or PUBLISHED["/repos/{owner}/{repo}/pages"]["get"]["responses"][str(status)]
        schema = schema["content"]["application/json"]["schema"]
        jsonschema.validate(reply, schema)
        assert set(reply) <= set(schema["properties"]), "GitHub answers nothing else"
        return reply, status

    def build(self):
        """Returns the newest build as GitHub shows it."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        address = f"{self.url}/repos/{SETTINGS['repository']}/pages/builds/{len(self.builds)}"
        more = {"url": address, "pusher": None, "duration": 0, "created_at": at, "updated_at": at}
        return self.builds[-1] | more

    # What the kit asks of an imitation.

    def reset(self):
        """Pages serves a branch that has nothing but `.nojekyll`, as the page says to begin."""
        shutil.rmtree(self.repository, ignore_errors=True)
        self.repository.parent.mkdir(exist_ok=True)
        git_server.create(self.repository, SETTINGS["branch"])
        self.builds = []
        certificate = {"state": "approved", "description": "Certificate is approved", "domains": [DOMAIN]}
        self.site = {
            "url": f"{self.url}/repos/{SETTINGS['repository']}/pages", "status": None, "cname": DOMAIN,
            "custom_404": False, "html_url": f"https://{DOMAIN}/", "build_type": "legacy", "public": True,
            "source": {"branch": SETTINGS["branch"], "path": "/"}, "protected_domain_state": "verified",
            "https_certificate": certificate, "https_enforced": True,
        }  # fmt: skip
        self.commit({".nojekyll": "", "CNAME": DOMAIN})
        self.finish()

    def seen(self):
        """Returns all commits and builds."""
        return self.git("rev-list", "--all", "--reflog"), json.dumps(self.builds)

    def served(self):
        """Returns the tree of the branch."""
        return self.git("rev-parse", f"{SETTINGS['branch']}^{{tree}}")

    def meddle(self):
        """Somebody pushes."""
        self.commit({".nojekyll": "", "index.html": "by hand"}, self.head())

    def finish(self):
        """GitHub has built the head."""
        self.builds[-1]["status"] = "built"

    def give_up(self, sentence):
        """GitHub cannot build the head."""
        self.builds[-1] |= {"status": "errored", "error": {"message": sentence}}


def trial():
    """Returns what `../kit.py` tries: the function against this imitation."""
    outside = Outside()
    command = [sys.executable, str(HERE.parent / "kit.py"), "serve", str(HERE / "handler.py")]
    more = {"settings": SETTINGS, "variables": outside.variables(), "secret": SECRET}
    return kit.Trial(command, outside, outside.releases, **more)
