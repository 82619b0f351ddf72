"""An answer that is not as the document of the API says fails the run in which anybody got it. Without a cloud."""

import asyncio
import json
import sys

import api_document
import cloud
import pytest
from kept_answers import FILE, Keeper, read

sys.path.append(str(cloud.REPOSITORY / "cli/tests/browser"))

import standin  # noqa: E402

JSON, PROBLEM = "application/json", "application/problem+json"
NO_STATS = {"apps": [], "next": None}
REFUSED = {"type": "docs/findings.md#unknownname", "title": "UnknownName", "status": 404, "detail": "It is not there.", "findings": []}
AS_DOCUMENTED = [
    ("GET", "/stats", 200, NO_STATS, JSON),
    ("GET", "/ci/stats", 200, NO_STATS, JSON),
    ("GET", "/apps/shop/environments/prod", 404, REFUSED, PROBLEM),
    ("PATCH", "/nowhere", 404, REFUSED, PROBLEM),
    # What answers in Windlass's place: IAM, and the local cloud where a function died.
    ("GET", "/apps", 403, {"message": "Forbidden"}, JSON),
    ("GET", "/apps", 502, "Unknown error", JSON),
]
NOT_AS_DOCUMENTED = [
    (("GET", "/stats", 200, {"apps": []}, JSON), "GET /stats 200 is not as .*'next' is a required property"),
    (("GET", "/ci/stats", 200, {"apps": []}, JSON), "GET /stats 200 is not as .*'next' is a required property"),
    (("GET", "/stats", 200, {"apps": "shop", "next": None}, JSON), r"\$\.apps: 'shop' is not of type 'array'"),
    (("GET", "/stats", 204, {}, JSON), "GET /stats answers 204, which the document does not have"),
    (("GET", "/stats", 200, "no JSON", JSON), "'no JSON' is not of type 'object'"),
    (("GET", "/nowhere", 200, {}, JSON), "GET /nowhere answers 200, and is not in docs/openapi.json"),
    (("GET", "/stats", 404, {"detail": "gone"}, JSON), "GET /stats 404 is not as .*'findings' is a required property"),
    (("GET", "/stats", 500, {"message": "gone"}, PROBLEM), "GET /stats 500 is not as .*'findings' is a required property"),
]


@pytest.fixture
def home(tmp_path):
    """The folder of a local cloud that has ended."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    (folder / cloud.MARKER).touch()
    return folder


def answer(home, *answers, function="windlass-api"):
    """Lets API Gateway call a function that answers so, one after another."""
    keep = Keeper(home / FILE).around(invoke)
    for method, path, status, body, content_type in answers:
        text = body if isinstance(body, str) else json.dumps(body)
        integration = {"integrationUri": f"arn:aws:lambda:us-east-1:000000000000:function:{function}", "answer": (status, {"content-type": content_type}, text.encode())}
        assert asyncio.run(keep(integration, "a1b2c3", "$default", path, method, {}, None, None)) == integration["answer"]


async def invoke(integration, *_):
    return integration["answer"]


def test_answers_as_documented_leave_nothing(home):
    assert api_document.check_kept(home) == 0
    answer(home, *AS_DOCUMENTED)
    assert api_document.end(home) == len(AS_DOCUMENTED) and not home.exists()


@pytest.mark.parametrize(("wrong", "words"), NOT_AS_DOCUMENTED)
def test_an_answer_that_is_not_as_documented_fails_and_its_folder_stays(home, wrong, words):
    answer(home, *AS_DOCUMENTED, wrong)
    with pytest.raises(AssertionError, match=f"1 of {len(AS_DOCUMENTED) + 1} kept answers are not as documented:\n.*{words}"):
        api_document.end(home)
    assert read(home)[-1]["status"] == wrong[2]


def test_the_answers_of_a_function_of_somebody_else_are_not_kept(home):
    for function in ("shop-api-prod", "windlass-judge", "shop-windlass-api"):
        answer(home, *AS_DOCUMENTED, function=function)
    assert read(home) == []
    answer(home, AS_DOCUMENTED[0], function="windlass-story-001-api")
    assert [kept["path"] for kept in read(home)] == ["/stats"]


def test_the_same_answer_is_kept_once(home):
    answer(home, *AS_DOCUMENTED, *AS_DOCUMENTED)
    assert len(read(home)) == len(AS_DOCUMENTED)


def test_a_folder_that_is_to_be_kept_stays(home):
    answer(home, *AS_DOCUMENTED)
    assert api_document.end(home, keep=True) == len(AS_DOCUMENTED) and read(home)


SHOP = "/apps/shop/environments/prod"
HELD = {"name": "Held", "path": "environments.prod", "reason": "A sale.", "remedy": "Release the hold."}


@pytest.fixture
def scripted():
    """The API that `windlass ui` asks in the browser's tests."""
    api = standin.Standin()
    yield api
    api.server.shutdown()
    api.server.server_close()


def calls(api):
    """A call for each sort of answer that the scripted API has."""
    for address in api.answers:
        path, _, environment = address.partition("?environment=")
        yield "GET", path, {"environment": environment} if environment else {}
    for api.move in range(len(api.moves)):
        yield "GET", f"/apps/shop/deployments/{standin.GOING}", {}
    yield "GET", SHOP, {"observe": "true"}
    yield "GET", "/apps/shop/deployments", {"execution": standin.EXECUTION}
    yield "GET", "/apps/nothing/environments/prod", {}
    for act in ("plans", "starts", "accept", f"deployments/{standin.GOING}/cancel"):
        yield "POST", f"{SHOP}/{act}", {}
    api.refuses = ("/accept", HELD)
    yield "POST", f"{SHOP}/accept", {}
    api.pages = standin.many(200)
    for page in api.pages:
        yield "GET", "/apps", {"after": page}


def test_what_the_pages_are_shown_in_the_browsers_tests_is_as_documented(scripted):
    seen = set()
    for method, path, query in calls(scripted):
        status, body = scripted.answer(method, path, query)
        api_document.check(method, path, status, body, JSON)
        seen.add((method, status))
    assert seen == {("GET", 200), ("GET", 404), ("POST", 202), ("POST", 409)}
