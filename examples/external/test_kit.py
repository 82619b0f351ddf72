"""The kit finds each broken promise, and finds nothing wrong with a function that keeps them all."""

import contextlib
import hashlib
import http.server
import itertools
import json
import pathlib
import subprocess
import sys
import threading

import kit
import pytest

HERE = pathlib.Path(__file__).parent
SECRET = "planted-secret"
RELEASES = [b'{"text": "open", "style": "bold"}', b'{"text": "closed", "style": "round"}']
MARKS = itertools.count(1)
# The broken function, and what of the sentence of the promise that it breaks.
BROKEN = {
    "Counts": "looks change nothing",
    "Flips": "two looks agree",
    "Repeats": "two equal calls make one change",
    "Forces": "a stale `if` is refused",
    "Remembers": "killed before, within and after the change",
    "GivesUp": "a lost answer",
    "Forgets": "there and back",
    "LeavesSomething": "a first release",
    "Modern": "a format of yesterday",
    "Late": "after `not_after`",
    "Long": "no answer is longer",
    "Leaks": "a planted secret",
    "Trusts": "a wrong digest",
    "Guesses": "an unknown `do`",
    "Hurries": "`ready` is never said",
}


class Sign(kit.Outside, http.server.ThreadingHTTPServer):
    """A sign that is painted, and then dries."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Request)
        self.reset()

    def paint(self, text, style="plain", key=None):
        self.now = {"text": text, "style": style, "key": key, "mark": next(MARKS), "dry": text is None, "failed": None}
        self.painted.append(self.now)

    def reset(self):
        self.painted, self.visits = [], 0
        self.paint(None)

    def seen(self):
        return json.dumps([self.painted, self.visits])

    def served(self):
        return self.now["text"], self.now["style"]

    def meddle(self):
        self.paint("by somebody")

    def finish(self):
        self.now["dry"] = True

    def give_up(self, sentence):
        self.now["failed"] = sentence


class Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind, _, name = self.path[1:].partition("/")
        self.answer(200, RELEASES[int(name)] if kind == "bytes" else None)

    def do_PUT(self):
        sign = self.server
        with contextlib.suppress(ConnectionAbortedError):
            sign.tap("before")
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/visits":
                sign.visits += 1
            elif self.headers.get("If-Match", str(sign.now["mark"])) != str(sign.now["mark"]):
                return self.answer(412)
            else:
                sign.paint(**asked)
            return self.answer(200)

    def answer(self, status, content=None):
        with contextlib.suppress(ConnectionAbortedError):
            if self.command == "GET":
                self.server.tap("before")
            content = content or json.dumps(self.server.now).encode()
            self.server.tap("after")
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def sign():
    server = Sign()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def trial(sign, folder, broken="Honest", **more):
    releases = [
        {"bucket": "b", "key": str(number), "version_id": "v", "sha256": hashlib.sha256(content).hexdigest()}
        for number, content in enumerate(RELEASES)
    ]
    address = f"127.0.0.1:{sign.server_port}"
    variables = {"SIGN": address, "SIGN_SECRET": SECRET, "SIGN_NOTE": str(folder / "note"), "BROKEN": broken}
    command = [sys.executable, "-S", str(HERE / "kit.py"), "serve", str(HERE / "sign.py")]
    tried = {"command": command, "outside": sign, "releases": releases, "variables": variables}
    return kit.Trial(**tried | {"former": ({"format": "0", "text": "open"},)} | more)


def ends(trial):
    return {sentence: end for sentence, end, _ in kit.try_all(trial)}


def test_a_function_that_keeps_all_promises_breaks_none(sign, tmp_path):
    found = ends(trial(sign, tmp_path))
    assert len(found) == 15
    assert set(found.values()) == {"kept"}, found


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_function_is_found_by_its_promise_and_by_no_other(name, sign, tmp_path):
    found = [sentence for sentence, end in ends(trial(sign, tmp_path, name)).items() if end != "kept"]
    assert len(found) == 1 and BROKEN[name] in found[0], found


# What takes the place of the AWS command line: it runs the function here, and writes its answer as Lambda does.
AWS = """#!{python}
import json, os, pathlib, sys, traceback
sys.path.insert(0, {folder!r})
import sign
assert sys.argv[1:7] == ["lambda", "invoke", "--function-name", "sign-prod", "--qualifier", "live"], sys.argv
payload, answer = sys.argv[-2].removeprefix("fileb://"), pathlib.Path(sys.argv[-1])
try:
    answer.write_text(json.dumps(sign.handler(json.loads(pathlib.Path(payload).read_bytes()), None)))
except Exception as error:
    answer.write_text(json.dumps({{"errorMessage": str(error), "errorType": type(error).__name__}}))
print(json.dumps({{"StatusCode": 200}}))
"""


def test_a_function_is_tried_by_its_name_and_cannot_be_killed(sign, tmp_path):
    aws = tmp_path / "aws"
    aws.write_text(AWS.format(python=sys.executable, folder=str(HERE)))
    aws.chmod(0o755)
    tried = trial(sign, tmp_path, command=[sys.executable, str(HERE / "kit.py"), "invoke", "sign-prod:live"])
    tried.variables["PATH"] = str(tmp_path)
    found = ends(tried)
    assert [sentence.partition(" ")[0] for sentence, end in found.items() if end != "kept"] == ["killed"], found
    assert "not tried" in found.values()


# A function in one line, and what the kit says of it.
ODD = [
    ("{'owns': 'x', 'state': None, 'mark': None, 'ready': True, 'reads': ['1']}", "unknown, or in no format of"),
    ("{'owns': 'x' * 201, 'state': {'format': '1'}, 'mark': None, 'ready': True, 'reads': '1'}", "`owns` is too long"),
    ("{'owns': 'x', 'state': {'format': '2'}, 'mark': None, 'ready': True, 'reads': ['1']}", "in no format of `reads`"),
    ("{'owns': 'x', 'state': {}, 'mark': None, 'ready': True, 'reads': [], 'goal': {}}", "`observe` answers ['goal', "),
    ("{'owns': 'x', 'redy': True}", "`observe` answers ['owns', 'redy'], and not ["),
    ("{'refused': {'name': 'NotNow', 'says': 'no'}}", "a look shows nothing: {'name': 'NotNow', 'says': 'no'}"),
    ("{}['owns']", "a look shows nothing: an error (its log ends: KeyError: 'owns')"),
    ("__import__('time').sleep(60)", "`observe` takes longer than 2 s"),
]


@pytest.mark.parametrize("answer, why", ODD)
def test_what_is_no_answer_of_the_protocol_is_said(answer, why, sign, tmp_path, monkeypatch):
    function = tmp_path / "odd.py"
    function.write_text(f"def handler(event, _):\n    return {answer}\n")
    command = [sys.executable, str(HERE / "kit.py"), "serve", str(function)]
    monkeypatch.setitem(kit.SECONDS, "observe", 2)
    session = kit.Promises(trial(sign, tmp_path, command=command))
    with pytest.raises(kit.Broken) as broken:
        session.looks()
    session.kill()
    last = (pathlib.Path(session.log.name).read_text().splitlines() or ["none"])[-1]
    assert why in f"{broken.value} (its log ends: {last})"


# What a process writes as its answer, and no JSON object is.
@pytest.mark.parametrize("line", ["no JSON", "7", "[]", '"text"', '{"refused": null}'])
def test_what_is_no_object_breaks_each_promise(line, sign, tmp_path):
    command = [sys.executable, "-S", "-c", f"while input(): print({line!r}, flush=True)"]
    found = ends(trial(sign, tmp_path, command=command))
    assert set(found.values()) == {"broken"}, found


def test_an_outside_that_compares_nothing_is_not_tried_for_that(sign, tmp_path):
    session = kit.Promises(trial(sign, tmp_path, "Unguarded"))
    with pytest.raises(kit.NotTried):
        session.stale()
    session.kill()


@pytest.mark.parametrize("arguments, status", [([], 1), (["--help"], 0), (["no_such_trial.py"], 1)])
def test_without_a_trial_the_command_line_says_how_it_is_called(arguments, status):
    command = [sys.executable, str(HERE / "kit.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (status, kit.__doc__.strip(), "")


def test_the_command_line_says_each_promise_in_a_line_and_fails_for_a_broken_one(sign, tmp_path):
    for broken, status in (("Honest", 0), ("Trusts", 1)):
        (tmp_path / f"{broken}.py").write_text(
            "import pathlib, threading, test_kit\n"
            "def trial():\n"
            "    sign = test_kit.Sign()\n"
            "    threading.Thread(target=sign.serve_forever, daemon=True).start()\n"
            f"    return test_kit.trial(sign, pathlib.Path({str(tmp_path)!r}), {broken!r})\n"
        )
        command = [sys.executable, str(HERE / "kit.py"), str(tmp_path / f"{broken}.py")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = done.stdout.splitlines()
        assert (done.returncode, len(lines)) == (status, 15), done
        assert [line for line in lines if not line.startswith("kept: ")] == [
            "broken: a wrong digest is refused: the outside is another one after the call (its log ends: no log)"
        ] * status
