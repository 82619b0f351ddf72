"""Tries a function for a component of the kind `external`: says of each promise to Windlass whether it is kept.

    python3 kit.py TRIAL.py

`trial` in that file returns a `Trial`: the function, an imitation of the outside thing, and two releases. The function
is a process that reads one request a line and writes one answer a line: `python3 kit.py serve HANDLER.py` is one around
a handler in Python, `python3 kit.py invoke NAME:ALIAS` one around a function that is installed.
"""

import contextlib
import dataclasses
import importlib
import itertools
import json
import pathlib
import select
import subprocess
import sys
import tempfile
import time
import traceback

MOST_BYTES, SECONDS = 8192, {"observe": 12}  # of an answer; of a call, and 30 of any other
DEPLOYMENT = "1f0c2d9a4b5e6f70"
PAST, LATER = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds)) for seconds in (-60, 3600))
# The members that an answer must have, and those that it may have.
OBSERVED = ("owns state mark ready reads", "guarded prepared says failed value")
MEMBERS = {"observe": OBSERVED, "prepare": ("", "done more"), "change": ("sent", "")}


class Broken(Exception):
    """A promise is broken, by this sentence."""


class NotTried(Exception):
    """A promise was not tried, for this reason."""


class Outside:
    """The imitation of the outside thing, which an author writes.

    It has `reset()`, which takes away all that is there; `seen()`, which returns all that is there, and `served()`,
    which returns what callers get, both only to be compared; and `meddle()`, which changes what callers get as somebody
    else does. It calls `self.tap("before")` for a request of the function before it does anything, and
    `self.tap("after")` before it answers; where that raises `ConnectionAbortedError`, it closes the connection.
    """

    tap = staticmethod(lambda moment: None)

    def finish(self):
        """Ends well what was begun. What changes at once leaves this as it is."""

    def give_up(self, sentence):
        """Gives up what was begun, with this sentence."""
        raise NotTried("the imitation gives nothing up")


@dataclasses.dataclass
class Trial:
    """What is tried, against what."""

    command: list  # the process
    outside: Outside
    releases: tuple  # two, of different content
    settings: dict = dataclasses.field(default_factory=dict)
    variables: dict = None  # the environment of the process; that of the kit without it
    former: tuple = ()  # a state in each older format that the function reads
    secret: str = "planted-secret"  # what the function knows, and may not show


class Session:
    """The calls by which one promise is tried, from an outside where nothing is there."""

    def __init__(self, trial):
        self.trial, self.outside, self.process = trial, trial.outside, None
        self.answers, self.log = [], tempfile.NamedTemporaryFile()
        self.begin()

    def begin(self):
        self.kill()
        self.outside.tap = lambda moment: None
        self.outside.reset()

    def kill(self):
        """Kills the process, and leaves nothing of its memory; the next call starts another one."""
        process, self.process = self.process, None
        if process:
            process.kill()
            process.wait()

    def call(self, do, **more):
        """Returns the answer to one call, or the name and sentence of its refusal, or nothing where it failed."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.log, "bufsize": 0}
        process = self.process = self.process or subprocess.Popen(self.trial.command, env=self.trial.variables, **pipes)
        request = {"windlass": 1, "do": do, "app": "kit", "environment": "dev", "component": "tried"}
        request |= {"deployment": DEPLOYMENT, "settings": self.trial.settings} | more
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
        seconds = SECONDS.get(do, 30)
        if not select.select([process.stdout], [], [], seconds)[0]:
            raise Broken(f"`{do}` takes longer than {seconds} s")
        text = process.stdout.readline().decode().strip()
        self.answers.append(text)
        if len(text.encode()) > MOST_BYTES:
            raise Broken(f"an answer to `{do}` has {len(text.encode())} bytes, of at most {MOST_BYTES}")
        answer = json.loads(text or "{}")
        if not text or "errorType" in answer:
            return {}
        needed, allowed = (set(names.split()) for names in MEMBERS.get(do, ("", "")))
        if "refused" in answer:
            needed, allowed, answer = {"name", "says"}, set(), answer["refused"]
        elif "release" in more and do == "observe":
            needed.add("goal")
        if not needed <= set(answer) <= needed | allowed | {"windlass"}:
            raise Broken(f"`{do}` answers {sorted(answer)}, and not {sorted(needed)} with at most {sorted(allowed)}")
        read = [(answer[name] or {}).get("format") in answer["reads"] for name in {"state", "goal"} & set(answer)]
        if not all(read) or len(answer.get("owns", "").encode()) > 200:
            raise Broken(f"`state` or `goal` of `{do}` is unknown, or in no format of `reads`; or `owns` is too long")
        return answer

    def look(self, **more):
        seen = self.call("observe", **more)
        if "owns" not in seen:
            raise Broken(f"a look shows nothing: {seen or 'an error'}")
        return seen

    def prepare(self, goal, release, **more):
        """Prepares a goal in as many calls as it takes, and returns the last answer."""
        asked = {"goal": goal, "release": release, "key": f"{DEPLOYMENT}/tried/forward", "not_after": LATER} | more
        answers = (self.call("prepare", **asked) for _ in range(100))
        return next((answer for answer in answers if not answer.get("more")), {})

    def change(self, goal, mark, release=None, **more):
        """Returns the answer to a change, forward with a release and back without."""
        asked = {"goal": goal, "if": mark, "key": f"{DEPLOYMENT}/tried/back", "not_after": LATER}
        forward = {"release": release, "key": f"{DEPLOYMENT}/tried/forward"} if release else {}
        return self.call("change", **asked | forward | more)

    def plan(self, number):
        """Returns the goal of a release, which is prepared, what was seen with it, and the release."""
        release = self.trial.releases[number]
        seen = self.look(release=release)
        if not seen.get("prepared") and "done" not in (answer := self.prepare(seen["goal"], release)):
            raise Broken(f"`prepare` is not done: {answer or 'an error'}")
        return seen["goal"], seen, release

    def send(self, goal, mark, release=None):
        """Makes a change to which nothing is in the way."""
        if "sent" not in (answer := self.change(goal, mark, release)):
            raise Broken(f"a change is not sent, though nothing is in its way: {answer or 'an error'}")

    def bring(self, number):
        """Releases one of the two, and returns what is there then."""
        goal, seen, release = self.plan(number)
        self.send(goal, seen["mark"], release)
        return self.arrived(goal)

    def arrived(self, goal):
        """Returns what a look shows once the outside has ended what it had begun."""
        self.outside.finish()
        seen = self.look(goal=goal)
        if seen["state"] != goal:
            raise Broken(f"the state is {seen['state']}, and not the goal {goal}")
        return seen

    def go_back(self, state, served):
        self.send(state, self.look(goal=state)["mark"])
        if not self.arrived(state)["ready"] or self.outside.served() != served:
            raise Broken("callers do not get what they got before, or it is not ready")

    def refused(self, name, answer):
        if answer.get("name") != name:
            raise Broken(f"the answer is not the refusal {name}: {answer or 'an error'}")

    def unchanged(self, call, *arguments, **more):
        """Returns the answer to a call that changes nothing."""
        before = self.outside.seen()
        answer = call(*arguments, **more)
        if self.outside.seen() != before:
            raise Broken("the outside is another one after the call")
        return answer


class Promises(Session):
    """Each tries one promise, which its text says."""

    def looks(self):
        """looks change nothing"""
        self.unchanged(self.look)
        for number, release in enumerate(self.trial.releases):
            self.unchanged(self.look, release=release)
            self.unchanged(self.look, goal=self.bring(number)["state"])

    def agree(self):
        """two looks agree"""
        asked = {"release": self.trial.releases[0]}
        first, _, second = self.look(**asked), self.kill(), self.look(**asked)
        if other := [name for name in ("state", "goal", "owns") if first[name] != second[name]]:
            raise Broken(f"two looks differ in {other}")

    def equal(self):
        """two equal calls make one change"""
        goal, seen, release = self.plan(0)
        self.send(goal, seen["mark"], release)
        self.unchanged(self.send, goal, seen["mark"], release)

    def stale(self):
        """a stale `if` is refused and changes nothing"""
        self.bring(0)
        goal, seen, release = self.plan(1)
        if not seen.get("guarded", True):
            raise NotTried("it answers `guarded: false`, because the outside compares nothing")
        self.outside.meddle()
        self.refused("Conflict", self.unchanged(self.change, goal, seen["mark"], release))

    def killed(self):
        """killed before, within and after the change, the next look shows the truth"""
        if "invoke" in self.trial.command:
            raise NotTried("a function that is installed cannot be killed from here")
        for number in itertools.count():
            self.begin()
            before, was = self.bring(0)["state"], self.outside.served()
            goal, seen, release = self.plan(1)
            moments = itertools.count()

            def tap(_moment):
                if next(moments) == number:
                    self.kill()
                    raise ConnectionAbortedError

            self.outside.tap = tap
            self.change(goal, seen["mark"], release)
            self.outside.tap = lambda moment: None
            if next(moments) <= number:
                return
            now, served = self.look(goal=goal), self.outside.served()
            if now["state"] != goal:
                self.send(goal, now["mark"], release)
            self.arrived(goal)
            truth = before if served == was else goal if served == self.outside.served() else "of neither release"
            if now["state"] != truth:
                raise Broken(f"killed at moment {number}, the state is {truth}, and the look shows {now['state']}")

    def lost(self):
        """a lost answer of the outside is no refusal, and nothing is sent again"""
        self.bring(0)
        goal, seen, release = self.plan(1)
        was, after = self.outside.served(), []

        def tap(moment):
            if moment == "after" and not after and self.outside.served() != was:
                after.append(self.outside.seen())
                raise ConnectionAbortedError

        self.outside.tap = tap
        answer = self.change(goal, seen["mark"], release)
        if "name" in answer:
            raise Broken(f"what was made is refused: {answer}")
        if after != [self.outside.seen()]:
            raise Broken("the change was sent again" if after else "callers get the same as before")
        self.arrived(goal)

    def back(self):
        """there and back gives the very state before"""
        before, was = self.bring(0)["state"], self.outside.served()
        self.bring(1)
        self.go_back(before, was)

    def first(self):
        """there is a way back from a first release"""
        before, was = self.look()["state"], self.outside.served()
        self.bring(0)
        self.go_back(before, was)

    def yesterday(self):
        """a format of yesterday is read, and one that `reads` does not list is refused"""
        seen = self.bring(0)
        formats = {seen["state"]["format"], *(state["format"] for state in self.trial.former)}
        if formats != set(seen["reads"]):
            raise Broken(f"`reads` is {seen['reads']}, and the trial has states in {sorted(formats)}")
        self.look(goal=seen["state"] | {"format": "other"})
        self.refused("UnknownFormat", self.unchanged(self.change, seen["state"] | {"format": "other"}, seen["mark"]))
        for state in self.trial.former:
            self.send(state, self.look(goal=state)["mark"])
            self.arrived(state)

    def late(self):
        """after `not_after` nothing begins"""
        goal, seen, release = self.plan(0)
        self.refused("TooLate", self.unchanged(self.prepare, goal, release, not_after=PAST))
        self.refused("TooLate", self.unchanged(self.change, goal, seen["mark"], release, not_after=PAST))

    def short(self):
        """no answer is longer than its limit"""
        goal, seen, release = self.plan(0)
        self.send(goal, seen["mark"], release)
        self.outside.give_up("No way. " * MOST_BYTES)
        if not self.look(goal=goal).get("failed"):
            raise Broken("the outside has given the goal up, and `failed` does not say so")

    def secret(self):
        """a planted secret appears nowhere"""
        goal, seen, release = self.plan(0)
        self.send(goal, seen["mark"], release)
        self.outside.tap = lambda moment: (_ for _ in ()).throw(ConnectionAbortedError)
        self.call("observe", goal=goal)
        self.outside.tap = lambda moment: None
        self.outside.give_up(f"No access with {self.trial.secret}.")
        self.look(goal=goal)
        self.kill()
        if self.trial.secret in "".join(self.answers) + pathlib.Path(self.log.name).read_text(errors="replace"):
            raise Broken("an answer or the log has it")

    def digest(self):
        """a wrong digest is refused"""
        release = self.trial.releases[0]
        goal, mark = (self.look(release=release)[name] for name in ("goal", "mark"))
        release = release | ({"image": release["image"][:-1]} if "image" in release else {"sha256": "0" * 64})
        for call, *asked in ((self.call, "observe"), (self.prepare, goal), (self.change, goal, mark)):
            answer = self.unchanged(call, *asked, release=release)
            if answer.get("name") == "WrongDigest":
                return
        raise Broken("neither a look nor `prepare` nor `change` refuses it as WrongDigest")

    def unknown(self):
        """an unknown `do` and an unknown version are refused"""
        goal, seen, release = self.plan(0)
        asked = {"goal": goal, "if": seen["mark"], "release": release, "key": "key", "not_after": LATER}
        self.refused("UnknownDo", self.unchanged(self.call, "destroy", **asked))
        self.refused("UnknownVersion", self.unchanged(self.call, "change", **asked, windlass=2))

    def ready(self):
        """`ready` is never said of the former state"""
        self.bring(0)
        goal, seen, release = self.plan(1)
        early = [self.look(goal=goal)["ready"]]
        self.send(goal, seen["mark"], release)
        early += [self.look(goal=goal)["ready"] and type(self.outside).finish is not Outside.finish]
        if any(early) or not self.arrived(goal)["ready"]:
            raise Broken("it is ready before the outside is" if any(early) else "it is not ready once the outside is")


def try_all(trial):
    """Yields of each promise its sentence, `kept`, `broken` or `not tried`, and why."""
    for promise in filter(callable, vars(Promises).values()):
        session, end, why = Promises(trial), "kept", ""
        try:
            promise(session)
        except NotTried as error:
            end, why = "not tried", f": {error}"
        except (Broken, AttributeError, KeyError, TypeError, ValueError) as error:
            log = ["no log", *pathlib.Path(session.log.name).read_text(errors="replace").splitlines()]
            end, why = "broken", f": {error} (its log ends: {log[-1]})"
        session.kill()
        yield promise.__doc__, end, why


def invoke(name, event):
    """Returns the answer of a function that is installed, by the command line of AWS with its credentials."""
    function, _, alias = name.partition(":")
    with tempfile.NamedTemporaryFile() as asked, tempfile.NamedTemporaryFile() as answer:
        pathlib.Path(asked.name).write_text(json.dumps(event))
        command = ["aws", "lambda", "invoke", "--function-name", function, "--qualifier", alias, "--payload"]
        subprocess.run([*command, f"fileb://{asked.name}", answer.name], stdout=sys.stderr, check=True)
        return json.load(answer)


def serve(function):
    """Answers each line of the input by a function, and its errors as Lambda does."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        try:
            answer = function(json.loads(line), None)
        except Exception as error:
            traceback.print_exc()
            answer = {"errorType": type(error).__name__}
        print(json.dumps(answer), file=answers, flush=True)


def main(do="", name=""):
    """Does what the command line asks for, and returns whether a promise is broken."""
    if do == "invoke":
        return serve(lambda event, _: invoke(name, event))
    path, ends = pathlib.Path(name or do), []
    if not path.is_file():
        return print(__doc__.strip()) or do != "--help"
    sys.path.insert(0, str(path.parent))
    module = importlib.import_module(path.stem)
    if do == "serve":
        return serve(module.handler)
    for sentence, end, why in try_all(module.trial()):
        print(f"{end}: {sentence}{why}", flush=True)
        ends.append(end)
    return "broken" in ends


if __name__ == "__main__":
    import kit  # what a trial imports is this same module

    sys.exit(kit.main(*sys.argv[1:]))
