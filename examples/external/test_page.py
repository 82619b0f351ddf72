"""The handler that docs/integrate/external.md shows keeps its promises: against an imitation of Qdrant, and of S3."""

import hashlib
import http.server
import json
import pathlib
import sys
import textwrap
import threading

import kit

HERE = pathlib.Path(__file__).resolve().parent
FILES = [b'{"collection": "docs-1"}', b'{"collection": "docs-2"}']
# What the page leaves out.
CALLS = """
import urllib.request

def qdrant(path, body=None):
    request = urllib.request.Request(os.environ["QDRANT"] + path, body and json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=5) as reply:
        return json.load(reply)["result"]

def points_to(alias):
    aliases = {it["alias_name"]: it["collection_name"] for it in qdrant("/aliases")["aliases"]}
    return aliases.get(alias)
"""


class Qdrant(kit.Outside):
    """One alias, which is changed at once; no collection is ever given up."""

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.server.outside, self.server.daemon_threads = self, True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def reset(self):
        self.alias, self.changes = None, 0

    def seen(self):
        return self.alias, self.changes

    def served(self):
        return self.alias

    def meddle(self):
        self.alias = "by-hand"

    def change(self, actions):
        """Makes the actions of a request, one after the other."""
        for action in actions:
            ((_, what),) = action.items()
            self.alias, self.changes = what.get("collection_name"), self.changes + 1
        return True


class Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        outside, place = self.server.outside, self.path.partition("?")[0]
        if place.startswith("/artifacts/"):
            return self.send(FILES[int(place[-1])])
        try:
            outside.tap("before")
            if self.command == "POST":
                body = self.rfile.read(int(self.headers["Content-Length"]))
                result = outside.change(json.loads(body)["actions"])
            elif place == "/aliases":
                there = {"alias_name": "docs", "collection_name": outside.alias}
                result = {"aliases": [there] if outside.alias else []}
            else:
                result = {"status": "green"}
            outside.tap("after")
            self.send(json.dumps({"result": result}).encode())
        except ConnectionAbortedError:
            self.close_connection = True

    do_POST = do_GET

    def send(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def test_the_handler_of_the_page_keeps_its_promises(tmp_path):
    page = (HERE.parents[1] / "docs/integrate/external.md").read_text()
    shown = page.partition("```python\n")[2].partition("   ```")[0]
    (tmp_path / "handler.py").write_text(textwrap.dedent(shown) + CALLS)
    outside = Qdrant()
    releases = [
        {"bucket": "artifacts", "key": f"docs/{number}", "version_id": "v", "sha256": hashlib.sha256(file).hexdigest()}
        for number, file in enumerate(FILES)
    ]
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "eu-central-1")
    of_aws = {"AWS_ENDPOINT_URL": outside.url, "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"} | region
    variables = {"QDRANT": outside.url, "PYTHONPATH": str(HERE)} | of_aws
    command = [sys.executable, str(HERE / "kit.py"), "serve", str(tmp_path / "handler.py")]
    trial = kit.Trial(command, outside, releases, settings={"alias": "docs"}, variables=variables)
    ends = {sentence: end for sentence, end, _ in kit.try_all(trial)}
    outside.server.shutdown()
    outside.server.server_close()
    odd = [sentence for sentence, end in ends.items() if end == "not tried"]
    # Qdrant compares nothing, and gives nothing up.
    assert len(odd) == 3 and odd[0].startswith("a stale `if`"), ends
    assert len(ends) == 15 and set(ends.values()) == {"kept", "not tried"}, ends
