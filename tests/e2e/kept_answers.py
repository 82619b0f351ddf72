"""The answers of Windlass's API on a local cloud, whoever asked: a test, the command line, the action, another client.

`simulation.py` has MiniStack keep them in the cloud's folder. The tests read them there once the cloud has ended: each is to be as the
document of the API says (api_document.py).
"""

import hashlib
import json
import re

FILE = "answers.jsonl"
# The function behind an API of Windlass, as an integration names it: an installation's name begins with `windlass`.
OF_WINDLASS = re.compile(r":function:windlass[\w-]*-api\b")


class Keeper:
    """Keeps answers in a file, each once: whoever waits for something asks again and again, and is answered the same."""

    def __init__(self, path):
        self.path = path
        self.kept = set()

    def around(self, invoke):
        """Returns what calls a function for API Gateway, as `invoke` does, and keeps what one of Windlass answers."""

        async def invoked(integration, api, stage, path, method, *rest, **named):
            answer = await invoke(integration, api, stage, path, method, *rest, **named)
            if OF_WINDLASS.search(integration["integrationUri"]):
                self.keep(method, path, *answer)
            return answer

        return invoked

    def keep(self, method, path, status, headers, body):
        types = [value for name, value in headers.items() if name.lower() == "content-type"]
        answer = {"method": method, "path": path, "status": status, "body": body.decode(errors="replace"), "content_type": "".join(types)}
        line = json.dumps(answer).encode() + b"\n"
        digest = hashlib.sha256(line).digest()
        if digest not in self.kept:
            self.kept.add(digest)
            # One write, so that there are whole lines whenever the cloud is stopped.
            with self.path.open("ab", buffering=0) as file:
                file.write(line)


def read(home):
    """The answers that were kept in a local cloud's folder, in their order; none where nobody asked."""
    path = home / FILE
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        answers = [json.loads(line) for line in lines]
    return [answer | {"body": parsed(answer["body"])} for answer in answers]


def parsed(text):
    """The JSON of a body; the text itself where it is none, as of a function that died."""
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text
