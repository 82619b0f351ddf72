"""The smallest function that keeps all promises of the kind `external`, and fifteen that each break one.

The outside thing is a sign with a text in a style, which somebody paints and which then dries. `SIGN` is its address,
`BROKEN` the name of a class below.
"""

import hashlib
import http.client
import json
import os
import pathlib
import time

SECRET = os.environ.get("SIGN_SECRET", "")
NOTHING = {"format": "1", "text": None, "style": "plain"}


class Refused(Exception):
    """A name and a sentence."""


class Honest:
    """Keeps every promise."""

    def sign(self, method="GET", path="/sign", wanted=None, mark=None):
        """Asks the sign; a mark that has moved is a Conflict."""
        connection = http.client.HTTPConnection(os.environ["SIGN"], timeout=10)
        headers = {"Authorization": SECRET} | ({"If-Match": str(mark)} if mark is not None else {})
        connection.request(method, path, json.dumps(wanted), headers)
        answer = connection.getresponse()
        if answer.status == 412:
            raise Refused("Conflict", "somebody has painted the sign since")
        return answer.read() if path.startswith("/bytes") else json.loads(answer.read())

    def handle(self, event):
        """Answers one request."""
        try:
            self.check_words(event)
            if event["do"] != "observe":
                self.check_time(event)
            if "release" in event:
                self.check_digest(event)
            return getattr(self, event["do"])(event)
        except Refused as refused:
            name, says = refused.args
            return {"refused": {"name": name, "says": says}}

    def check_words(self, event):
        if event["windlass"] != 1:
            raise Refused("UnknownVersion", "only version 1 is understood")
        if event["do"] not in ("observe", "prepare", "change"):
            raise Refused("UnknownDo", f"{event['do']} is not understood")

    def check_time(self, event):
        if event["not_after"] < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()):
            raise Refused("TooLate", "not_after has passed")

    def check_digest(self, event):
        content = self.sign(path=f"/bytes/{event['release']['key']}")
        if hashlib.sha256(content).hexdigest() != event["release"]["sha256"]:
            raise Refused("WrongDigest", "the bytes have another digest")

    def state(self, seen, goal):
        """What callers get, in the format of the goal where that can say it."""
        if goal["format"] == "0" and seen["style"] == "plain":
            return {"format": "0", "text": seen["text"]}
        return {"format": "1", "text": seen["text"], "style": seen["style"]}

    def observe(self, event):
        seen = self.sign()
        goal = event.get("goal", NOTHING)
        state = self.state(seen, goal)
        answer = {"owns": self.owns(), "state": state, "mark": str(seen["mark"]), "reads": ["0", "1"], "prepared": True}
        answer["ready"] = self.is_ready(seen, state == goal or "goal" not in event)
        if "release" in event:
            answer["goal"] = {"format": "1"} | json.loads(self.sign(path=f"/bytes/{event['release']['key']}"))
        if seen["failed"] and state == goal:
            answer["failed"] = self.sentence(seen["failed"])
        return answer

    def owns(self):
        return "sign:door"

    def is_ready(self, seen, is_there):
        return seen["dry"] and is_there

    def sentence(self, text):
        return text.replace(SECRET, "…")[:500]

    def prepare(self, event):
        return {"done": True}

    def change(self, event):
        goal, seen = event["goal"], self.sign()
        if goal["format"] not in ("0", "1"):
            raise Refused("UnknownFormat", "only the formats 0 and 1 are read")
        if self.state(seen, goal) != goal:
            self.paint(goal, event)
        return {"sent": True}

    def paint(self, goal, event):
        wanted = {"text": goal["text"], "style": goal.get("style", "plain"), "key": event["key"]}
        self.sign("PUT", wanted=wanted, mark=event["if"])


class Counts(Honest):
    """Its looks change something."""

    def observe(self, event):
        self.sign("PUT", "/visits")
        return super().observe(event)


class Flips(Honest):
    """Two looks differ."""

    def owns(self):
        return f"sign:{os.getpid()}"


class Repeats(Honest):
    """Makes the change again that it has made with this key."""

    def change(self, event):
        if self.sign()["key"] == event["key"]:
            self.paint(event["goal"], event | {"if": None})
        return super().change(event)


class Forces(Honest):
    """Paints over what somebody else has painted."""

    def paint(self, goal, event):
        super().paint(goal, event | {"if": None})


class Remembers(Honest):
    """Believes its note of what it was about to do."""

    note = pathlib.Path(os.environ.get("SIGN_NOTE", ""))

    def paint(self, goal, event):
        self.note.write_text(json.dumps([event["if"], goal]))
        super().paint(goal, event)

    def state(self, seen, goal):
        mark, noted = json.loads(self.note.read_text()) if self.note.is_file() else (None, None)
        return noted if mark == str(seen["mark"]) else super().state(seen, goal)


class GivesUp(Honest):
    """Takes a lost answer for a refusal."""

    def paint(self, goal, event):
        try:
            super().paint(goal, event)
        except (OSError, http.client.HTTPException):
            raise Refused("Conflict", "the sign does not answer") from None


class Forgets(Honest):
    """Goes back without the style."""

    def paint(self, goal, event):
        super().paint(goal if "release" in event else goal | {"style": "plain"}, event)


class LeavesSomething(Honest):
    """Does not go back to nothing."""

    def paint(self, goal, event):
        super().paint(goal | {"text": goal["text"] or ""}, event)


class Modern(Honest):
    """Lists a format that it does not answer in."""

    def state(self, seen, goal):
        return super().state(seen, NOTHING)


class Late(Honest):
    """Begins after `not_after`."""

    def check_time(self, event):
        pass


class Long(Honest):
    """Repeats all that it hears."""

    def sentence(self, text):
        return text.replace(SECRET, "…")


class Leaks(Honest):
    """Repeats the secret."""

    def sentence(self, text):
        return text[:500]


class Trusts(Honest):
    """Takes whatever bytes there are."""

    def check_digest(self, event):
        pass


class Guesses(Honest):
    """Takes what it does not understand for a change."""

    def check_words(self, event):
        event["do"] = event["do"] if event["do"] in ("observe", "prepare") else "change"


class Hurries(Honest):
    """Is ready before the paint is dry."""

    def is_ready(self, seen, is_there):
        return True


class Unguarded(Honest):
    """Says that the sign compares nothing, which breaks no promise."""

    def observe(self, event):
        return super().observe(event) | {"guarded": False}


def handler(event, _context):
    """Answers one request, by the class that the environment names."""
    return globals()[os.environ.get("BROKEN", "Honest")]().handle(event)
