"""The document of the HTTP API (docs/openapi.json), and what an answer must be by it."""

import functools
import json
import re

import cloud
import jsonschema
import kept_answers

DOCUMENT = cloud.REPOSITORY / "docs/openapi.json"


@functools.cache
def document():
    return json.loads(DOCUMENT.read_text())


@functools.cache
def operations():
    """The operations, each with the pattern of its paths."""
    return [
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


@functools.cache
def validator(operation, status):
    """What checks an answer with this status; None where the document has none."""
    (responses,) = [found["responses"] for _, _, found in operations() if found["operationId"] == operation]
    response = responses.get(str(status)) or responses.get(f"{status // 100}XX")
    if not response:
        return None
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    (content,) = response["content"].values()
    # The types are found by their references, from the document's root.
    return jsonschema.Draft202012Validator({**content["schema"], "components": document()["components"]})


def check(method, path, status, body, content_type):
    """Checks an answer of Windlass's. The refusals of IAM and of API Gateway, which have no findings, are not in the document."""
    if status >= 400 and content_type != "application/problem+json" and not {"findings", "detail", "title"} & set(body):
        return
    for known, pattern, operation in operations():
        if known == method and pattern.fullmatch(path.partition("?")[0].rstrip("/")):
            found = validator(operation["operationId"], status)
            assert found, f"{method} {path} answers {status}, which the document does not have"
            wrong = [f"{error.json_path}: {error.message[:200]}" for error in found.iter_errors(body)]
            assert not wrong, f"{method} {path} {status} is not as docs/openapi.json says: {wrong[:5]}"
            return
    assert status >= 400, f"{method} {path} answers {status}, and is not in docs/openapi.json"


def check_kept(home):
    """Checks all that the API of a local cloud has answered, whoever asked; answers how much that is."""
    answers = kept_answers.read(home)
    wrong = [found for found in map(objection, answers) if found]
    assert not wrong, f"{len(wrong)} of {len(answers)} kept answers are not as documented:\n" + "\n".join(wrong[:10])
    return len(answers)


def objection(kept):
    """Says what is not as documented about a kept answer; None where nothing is."""
    try:
        # Below `/ci` a job is answered as anybody is.
        check(kept["method"], kept["path"].removeprefix("/ci"), kept["status"], kept["body"], kept["content_type"])
    except AssertionError as error:
        return str(error)
    return None


def end(home, keep=False):
    """Ends a local cloud, and checks what its API has answered; answers how much that is. The folder, with the logs, stays where that fails, or
    where it is to be kept."""
    cloud.down(home)
    checked = check_kept(home)
    if not keep:
        cloud.remove(home)
    return checked
