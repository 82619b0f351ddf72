"""The frame of a handler in Python: what each checks before it looks or changes, and the bytes of a release.

A handler that takes it has it beside itself, as its page says; the protocol asks for none of it. The variable `WORDS`
of a function that only looks is `observe`.
"""

import datetime
import hashlib
import os
import re


class Refused(Exception):
    """Nothing was changed, for a reason with a sentence and a name."""

    def __init__(self, says, name=None):
        super().__init__(says)
        self.name = name or type(self).__name__


class Conflict(Refused):
    """The outside has another mark than the one that was seen."""


def in_time(event):
    """Refuses to begin after `not_after`; what has begun in time may go on until the function's timeout."""
    if datetime.datetime.fromisoformat(event["not_after"]) < datetime.datetime.now(datetime.timezone.utc):
        raise Refused(f"It is later than {event['not_after']}.", "TooLate")


def content(release):
    """Returns the bytes of a release, which the function's own role reads, if they are the promised ones."""
    import boto3  # The runtime of Lambda has it.

    place = {"Bucket": release["bucket"], "Key": release["key"], "VersionId": release["version_id"]}
    found = boto3.client("s3").get_object(**place)["Body"].read()
    if hashlib.sha256(found).hexdigest() != release["sha256"]:
        raise Refused("The object's bytes have another digest.", "WrongDigest")
    return found


def digest(release):
    """Returns the digest of a release that is an image."""
    found = re.fullmatch(r".+@(sha256:[0-9a-f]{64})", release.get("image", ""))
    if not found:
        raise Refused("The release is no image by its SHA-256.", "WrongDigest")
    return found[1]


def answer(event, look, change, prepare=lambda event: True, formats=("1",)):
    """Returns the answer to a request. `look` returns that of a look, and `prepare` whether nothing is left to do.

    A look is asked whatever the format of the goal is: its `reads` says what the function understands.
    """
    words = os.environ.get("WORDS", "observe prepare change").split()
    try:
        if event.get("windlass") != 1:
            raise Refused("Only version 1 of the protocol is understood.", "UnknownVersion")
        if event.get("do") not in words:
            raise Refused(f"Only {', '.join(words)} is understood.", "UnknownDo")
        if event["do"] == "observe":
            return look(event)
        if event["goal"]["format"] not in formats:
            raise Refused(f"Only the formats {', '.join(formats)} are read.", "UnknownFormat")
        in_time(event)
        if event["do"] == "prepare":
            return {"done": True} if prepare(event) else {"more": True}
        change(event)
        return {"sent": True}
    except Refused as why:
        return {"refused": {"name": why.name, "says": str(why)}}
