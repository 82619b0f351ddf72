"""A Git server on loopback for tests: the real `git http-backend`, with a token, over repositories in a folder."""

import base64
import os
import subprocess
import urllib.parse


def git(folder, *arguments, **options):
    """Runs git in a folder and returns what it prints."""
    done = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True, **options)
    return done.stdout.strip()


def create(folder, branch):
    """Makes a bare repository with a default branch of this name, which serves parts of its objects, as GitHub does."""
    subprocess.run(["git", "init", "--quiet", "--bare", f"--initial-branch={branch}", folder], check=True)
    for name in ["http.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"]:
        git(folder, "config", name, "true")


def may_pass(headers, token):
    """Returns whether a request shows the token, as Git shows a password."""
    _, _, shown = headers.get("Authorization", "").partition("Basic ")
    return base64.b64decode(shown).decode().partition(":")[2] == token


def serve(request, root, done=lambda: None):
    """Answers a request of `http.server` by git http-backend, for the repositories below `root`.

    `done` is called when it is served and nobody has the answer yet.
    """
    path, _, query = request.path.partition("?")
    is_parted = request.headers.get("Transfer-Encoding") == "chunked"
    length = int(request.headers.get("Content-Length", 0))
    body = b"".join(chunks(request.rfile)) if is_parted else request.rfile.read(length)
    environment = os.environ | {
        "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "windlass", "QUERY_STRING": query,
        "REQUEST_METHOD": request.command, "PATH_INFO": urllib.parse.unquote(path), "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
    }  # fmt: skip
    answered = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
    done()
    head, _, content = answered.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
    request.send_response(int(headers.pop("Status", "200").split()[0]))
    for name, value in (headers | {"Content-Length": str(len(content))}).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(content)


def chunks(stream):
    """The parts of a body that is sent in parts."""
    while length := int(stream.readline() or b"0", 16):
        yield stream.read(length)
        stream.readline()
    stream.readline()
