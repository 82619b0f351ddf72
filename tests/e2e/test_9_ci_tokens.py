"""CI jobs without keys of AWS: by its token alone a job uploads and releases the application `kiosk`, and whatever token no rule names does nothing.

The local cloud checks a token as API Gateway does. The tests build on each other, and the last ones search what all of it has left.
"""

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request

import pytest
from application import site_files
from issuer import COMMIT, Job, new_key
from left_behind import everything, places_without
from ledger import ending
from ruled import Ruled, refused
from shop import made_zip

GITHUB = {"repository_owner_id": "8472", "repository_id": "990134"}
GITLAB = {"namespace_id": "72", "project_id": "20"}
WHO = {
    "tags": [{"issuer": "github", "claims": {**GITHUB, "ref": "refs/tags/v*"}}],
    "events": [{"issuer": "github", "claims": {**GITHUB, "event_name": event}} for event in ("pull_request", "workflow_run")],
    "pipelines": [{"issuer": "gitlab", "claims": {**GITLAB, "ref": "refs/tags/v*"}}],
}
FILE = {"app": "kiosk", "version": 1, "who": WHO, "environments": {"stand": {"release": ["tags", "events", "pipelines"]}}}
RELEASES = "/apps/kiosk/environments/stand/releases"
EVIL = {"version": "6.6.6", "components": {}}
# Sent with each call, as a tool may do that has a token of its own.
IN_A_HEADER = "carried-Tb5nWq83-never-to-be-told"
SEARCHED = ["executions", "ledger", "logs", "events and notifications", "objects"]


@pytest.fixture(scope="module")
def kiosk(aws):
    kiosk = Ruled(aws, "kiosk", "stand")
    kiosk.make_targets()
    kiosk.declare(kiosk.declaration({"stand": {"deploy": {"tag": "stable"}}}, {"bake": "0s"}))
    kiosk.put_in_force(FILE)
    return kiosk


@pytest.fixture(scope="module")
def job(kiosk, issuer):
    """A job of a tag's push."""
    return job_with(kiosk, issuer.github(kiosk.aws.outputs["ApiUrl"]))


def job_with(kiosk, token):
    return Job(kiosk.aws, token, **{"X-Api-Key": IN_A_HEADER})


def page(version):
    return made_zip(site_files("page", version))


def signed(job, data, **plan):
    """The upload of the page that is signed for a job."""
    answer = ask_to_upload(job, data, **plan)
    assert answer.status == 200, answer
    (upload,) = answer.body["uploads"]
    return upload


def ask_to_upload(job, data, environment="stand", **plan):
    artifact = {"component": "page", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    return job.call("POST", f"/apps/kiosk/environments/{environment}/uploads", {"artifacts": [artifact], **plan})


def put(upload, data, **headers):
    """Uploads it as whoever has its address; answers the status, and the version that it got."""
    request = urllib.request.Request(upload["url"], data=data, method="PUT", headers=upload["headers"] | headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["x-amz-version-id"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None


def releases(kiosk, job, version):
    """A job uploads the page and releases it; answers what the history has of that, once it has ended."""
    upload = signed(job, page(version))
    status, version_id = put(upload, page(version))
    assert (status, bool(version_id)) == (200, True)
    answer = job.call("POST", RELEASES, {"version": version, "components": {"page": {"key": upload["key"], "version_id": version_id}}})
    assert answer.status == 202, answer
    path = f"/apps/kiosk/deployments/{answer.body['id']}"
    assert answer.body["status"].endswith(f"/ci{path}"), answer
    record = kiosk.until("its ending", lambda: ended(job.call("GET", path)), 180)
    assert record["ending"]["ending"] == "Succeeded", record["ending"]
    assert kiosk.site("page") == version
    history = job.call("GET", "/apps/kiosk/deployments?environment=stand").body["deployments"]
    return next(found for found in history if found["id"] == answer.body["id"])


def ended(answer):
    assert answer.status in (200, 202), answer
    deployment = answer.body["deployment"]
    return deployment if deployment.get("ending") else None


def done(kiosk):
    """Returns what was started and recorded of the application, without what only records that a job was refused."""
    started = {execution for execution in kiosk.executions() if ":kiosk-" in execution}
    started = {execution for execution in started if "refused" not in json.loads(kiosk.machine.describe(execution)["input"])}
    return started, {record["id"] for record in kiosk.ledger.records()}


def test_a_job_releases_by_its_token_alone(kiosk, job):
    found = releases(kiosk, job, "1.0.0")
    assert found["git"] == {"ref": "refs/tags/v1.0.0", "commit": COMMIT}
    assert found["requester"]["route"] == "ci" and "principal" not in found["requester"], found
    claims = found["requester"]["claims"]
    wanted = {**GITHUB, "repository": "octo/kiosk", "ref": "refs/tags/v1.0.0", "sha": COMMIT, "run_id": "812", "actor": "ann", "event_name": "push"}
    assert claims["issuer"] == "github" and wanted.items() <= claims["kept"].items(), claims
    assert not {"iss", "aud", "sub", "jti", "exp"} & set(claims["kept"]), claims


def test_a_signed_upload_takes_the_bytes_that_it_names_and_no_others(job):
    right = page("1.0.7")
    upload = signed(job, right)
    wrong = right[:-1] + bytes([right[-1] ^ 1])
    of_wrong = base64.b64encode(hashlib.sha256(wrong).digest()).decode()
    assert put(upload, wrong) == (400, None), "the bytes are not those of the header"
    assert put(upload, wrong, **{"x-amz-checksum-sha256": of_wrong}) == (403, None), "the header is not the signed one"
    assert put(upload, right)[0] == 200


def test_a_job_of_a_pull_request_uploads_to_plan_and_releases_nothing(kiosk, issuer):
    """Safety: tenancy: A job of a pull request uploads and plans, and nobody can release what it has uploaded."""
    audience, data = kiosk.aws.outputs["ApiUrl"], page("1.0.9")
    pull = job_with(kiosk, issuer.github(audience, event_name="pull_request", ref="refs/pull/7/merge", ref_type="branch"))
    upload = signed(pull, data, plan=True)
    sha256 = hashlib.sha256(data).hexdigest()
    assert upload["key"] == f"plans/kiosk/page/{sha256}.zip"
    elsewhere = {**upload, "url": upload["url"].replace("/plans/kiosk/", "/artifacts/kiosk/stand/")}
    assert elsewhere != upload and put(elsewhere, data) == (403, None), "the key is not the signed one"
    assert put(upload, data)[0] == 200
    release = {"version": "1.0.9", "components": {"page": {"key": upload["key"], "sha256": sha256}}}
    # What a merge would bring is of another ref than that of the job.
    answer = pull.call("POST", "/apps/kiosk/environments/stand/plans", {**release, "git": {"ref": "refs/tags/v1.0.9"}})
    assert answer.status == 202, answer
    plan = kiosk.until("the plan", lambda: drawn(pull.call("GET", f"/apps/kiosk/plans/{answer.body['id']}")), 120)
    assert plan["turn"]["becomes"] == "goes" and plan["drawn"]["plan"]["findings"] == [], plan
    assert "page" in plan["drawn"]["changes"], plan
    kiosk.until_queue_is_empty()
    before = done(kiosk)
    assert refused(pull.call("POST", RELEASES, release)) == (403, {"NotAllowed"})
    assert refused(ask_to_upload(pull, data)) == (403, {"NotAllowed"})
    assert refused(ask_to_upload(pull, data, environment="other", plan=True)) == (403, {"NotAllowed"})
    status, names = refused(job_with(kiosk, issuer.github(audience, ref="refs/tags/v1.0.9")).call("POST", RELEASES, release))
    assert status == 400 and "OtherPrefix" in names, names
    assert done(kiosk) == before and kiosk.site("page") != "1.0.9"
    kiosk.until("the refusals in the list", lambda: {"deploy", "upload"} <= refusals_of(pull), 60)


def refusals_of(job):
    """What was refused, as the jobs of a repository see it."""
    answer = job.call("GET", "/apps/kiosk/refusals")
    assert answer.status == 200, answer
    return {found["about"] for found in answer.body["refusals"] if found["requester"]["route"] == "ci"}


def drawn(answer):
    assert answer.status in (200, 202, 404), answer
    return answer.body if "drawn" in answer.body else None


def test_a_body_with_another_ref_is_refused(kiosk, job):
    before = done(kiosk)
    upload = signed(job, page("1.0.8"))
    assert put(upload, page("1.0.8"))[0] == 200
    components = {"page": {"key": upload["key"], "sha256": hashlib.sha256(page("1.0.8")).hexdigest()}}
    for git in ({"ref": "refs/heads/main"}, {"ref": "refs/tags/v1.0.0", "commit": "0" * 40}):
        answer = job.call("POST", RELEASES, {"version": "1.0.8", "git": git, "components": components})
        status, names = refused(answer)
        assert status == 400 and "RefDiffers" in names, answer
    assert done(kiosk) == before


@pytest.mark.parametrize("wrong", ["audience", "issuer", "key", "time", "no token", "credentials of AWS"])
def test_what_is_no_token_for_this_api_is_not_let_in(kiosk, issuer, wrong):
    audience = kiosk.aws.outputs["ApiUrl"]
    if wrong == "credentials of AWS":
        answer = kiosk.aws.call_api("POST", f"/ci{RELEASES}", EVIL)
    else:
        token = {
            "audience": lambda: issuer.github("https://windlass.example"),
            "issuer": lambda: issuer.github(audience, iss="https://token.example"),
            "key": lambda: issuer.github(audience, key=new_key()),
            "time": lambda: issuer.github(audience, exp=int(time.time()) - 1),
            "no token": lambda: None,
        }[wrong]()
        answer = job_with(kiosk, token).call("POST", RELEASES, EVIL)
    assert (answer.status, answer.body) == (401, {"message": "Unauthorized"}), answer


@pytest.mark.parametrize(
    "other",
    [
        {"repository_id": "990135"},
        {"repository_owner_id": "8473"},
        {"ref": "refs/heads/v1.0.0", "ref_type": "branch"},
        {"event_name": "pull_request", "ref": "refs/pull/7/merge", "ref_type": "branch"},
        {"event_name": "workflow_run"},
        {"event_name": "schedule"},
    ],
    ids=lambda other: ", ".join(other.values()),
)
def test_a_job_with_other_claims_does_nothing(kiosk, issuer, other):
    before = done(kiosk)
    job = job_with(kiosk, issuer.github(kiosk.aws.outputs["ApiUrl"], **other))
    for method, path, body in [("POST", RELEASES, EVIL), ("POST", "/apps/kiosk/environments/stand/rollbacks", {"reason": "to see"})]:
        assert refused(job.call(method, path, body)) == (403, {"NotAllowed"}), path
    looked = job.call("GET", "/apps/kiosk/environments/stand")
    assert looked.status == (200 if other.get("event_name") == "pull_request" else 403), looked
    assert done(kiosk) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/apps/kiosk/environments/stand/approve", {"reason": "to see", "deployment": "0123456789abcdef", "hash": "0" * 64}),
        ("/apps/kiosk/environments/stand/starts", EVIL),
        # An environment that the file does not list, and an application without a file.
        ("/apps/kiosk/environments/other/releases", EVIL),
        ("/apps/nobody/environments/stand/releases", EVIL),
    ],
)
def test_what_no_rule_gives_to_a_job_is_refused(kiosk, job, path, body):
    before = done(kiosk)
    assert refused(job.call("POST", path, body)) == (403, {"NotAllowed"})
    assert done(kiosk) == before


def test_a_token_is_worth_nothing_where_iam_decides(kiosk, issuer):
    """The local cloud lets an unsigned call through, so that the rules alone refuse it here: no claim counts on this path."""
    headers = {"Authorization": f"Bearer {issuer.github(kiosk.aws.outputs['ApiUrl'])}"}
    address = f"{kiosk.aws.api}/apps/kiosk/environments/stand/starts"
    request = urllib.request.Request(address, b'{"version": "1.0.0"}', headers, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refusal, urllib.request.urlopen(request, timeout=30):
        pass
    assert refusal.value.code in (401, 403), refusal.value


def test_a_pipeline_of_gitlab_releases_a_tag(kiosk, issuer):
    audience = kiosk.aws.outputs["ApiUrl"]
    branch = job_with(kiosk, issuer.gitlab(audience, ref_type="branch"))
    assert refused(branch.call("POST", RELEASES, EVIL)) == (403, {"NotAllowed"}), "a branch that is called like a tag"
    found = releases(kiosk, job_with(kiosk, issuer.gitlab(audience)), "1.1.0")
    claims = found["requester"]["claims"]
    assert claims["issuer"] == "gitlab" and {**GITLAB, "ref": "refs/tags/v1.1.0"}.items() <= claims["kept"].items(), claims
    assert found["git"] == {"ref": "refs/tags/v1.1.0", "commit": COMMIT}


@pytest.fixture(scope="module")
def left(kiosk):
    """Returns what all of this has left."""
    kiosk.until_queue_is_empty()
    return everything(kiosk.aws)


@pytest.mark.parametrize("where", SEARCHED)
def test_no_token_and_no_header_is_found_in_what_is_left(left, issuer, where):
    secrets = {part for token in issuer.given for part in token.split(".")[1:]} | {IN_A_HEADER}
    assert [text for text in left[where] if any(secret in text for secret in secrets)] == []
    assert left[where], "nothing was searched"


def test_what_is_searched_is_what_was_left(kiosk, left):
    """What is kept of the tokens is found, and a deployment wherever one leaves its id: a token would be found as well."""
    (deployment,) = [found for found in kiosk.ledger.records() if found["release"]["version"] == "1.0.0"]
    assert ending(deployment) == "Succeeded"
    assert places_without(left, deployment["id"]) == []
    assert any("run 812 of octo/kiosk" in text for text in left["logs"])
    assert any(COMMIT in text for text in left["ledger"])
