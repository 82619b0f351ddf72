"""An access file of the application `pier`: it comes into force, whom it does not name is refused, whom it names releases, and once its
rules are withdrawn everything is as before. IAM is enforced, and lets both roles do all of it.

The tests build on each other: the first one puts the file in force, the last one withdraws its rules.
"""

import pytest
import yaml
from application import Application
from command_line import CommandLine
from ledger import ending
from tagged_roles import tagged_roles

PLACE = "access/apps/pier.yaml"
HERE = "/apps/pier/environments/quay"
TAGS = {"windlass:app": "pier", "windlass:environment": "quay"}
# Both may release by IAM; the file names one of them.
POLICIES = {"ci": "CiPolicyArn", "lead": "OperatorPolicyArn"}
LEAD = "arn:aws:iam::000000000000:role/quay-caller-lead"
LEADS_SESSION = "arn:aws:sts::000000000000:assumed-role/quay-caller-lead/lead"
RULES = {"release": ["leads"], "roll_back": ["leads", "console"], "operate": ["leads"]}
FILE = {"app": "pier", "version": 1, "who": {"leads": [LEAD]}, "environments": {"quay": RULES}}


class Pier(Application):
    """The application, of which the page alone is released."""

    def __init__(self, aws):
        super().__init__(aws, "pier", "quay")

    def put(self, file):
        """Uploads an access file."""
        self.shop.upload(PLACE, yaml.safe_dump(file, sort_keys=False).encode())

    def version(self):
        """The version of the access file in force; None without one."""
        return (self.ledger.item("access#pier", "file") or {}).get("version")

    def put_in_force(self, file):
        self.put(file)
        self.until("the access file in force", lambda: self.version() == file["version"])
        self.until("a note without findings beside it", lambda: self.findings_beside(PLACE) == [])

    def posts(self, version, caller):
        """A caller releases the page by the API."""
        self.upload_site("page", version)
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": {"page": self.artifact("page", version)}}
        return self.aws.call_api("POST", f"{HERE}/releases", manifest, caller)

    def hold(self):
        return self.ledger.state().get("hold")


@pytest.fixture(scope="module")
def pier(aws):
    pier = Pier(aws)
    pier.make_targets()
    pier.declare(pier.declaration({"quay": {"deploy": {"branch": "main"}}}, {"bake": "0s"}))
    return pier


@pytest.fixture(scope="module")
def callers(pier):
    """Credentials of a role for each policy."""
    with tagged_roles(pier, POLICIES, TAGS) as credentials:
        yield credentials


def refused(answer):
    """The status of an answer that the rules refuse, and the names of its findings."""
    assert answer.content_type.partition(";")[0] == "application/problem+json", answer
    return answer.status, {finding["name"] for finding in answer.body["findings"]}


def rejected(done):
    """The name with which an execution was rejected; None if it was not."""
    return done.get("error") if done["status"] == "FAILED" else None


def released(pier, answer):
    """The ending of a release that was let in, and what the page is then."""
    assert answer.status == 202, answer
    return ending(pier.ended(answer.body["id"])), pier.site("page")


def test_an_access_file_that_is_uploaded_comes_into_force(pier):
    assert pier.version() is None
    pier.put_in_force(FILE)


def test_a_role_that_is_not_named_is_refused_and_the_refusal_is_listed(pier, callers, tmp_path):
    answer = pier.posts("1.0.0", callers["ci"])
    assert refused(answer) == (403, {"NotAllowed"}), answer
    (finding,) = answer.body["findings"]
    assert "environments.quay.release" in finding["path"] and PLACE in finding["path"], finding
    lead = callers["lead"]
    key = {"AccessKeyId": lead.access_key, "SecretAccessKey": lead.secret_key, "SessionToken": lead.token}
    windlass = CommandLine(pier.aws, "pier", tmp_path, key)
    pier.until("the refusal in the list", lambda: "NotAllowed" in windlass.run("refusals", "pier").out)
    assert pier.ledger.records() == []
    assert pier.site("page") == "nothing"


def test_a_role_that_is_named_releases(pier, callers):
    assert released(pier, pier.posts("1.0.0", callers["lead"])) == ("Succeeded", "1.0.0")


def test_the_console_may_what_the_file_gives_to_it_and_nothing_else(pier, callers):
    assert rejected(pier.operate(action="release_hold", **pier.where, reason="over")) == "NotAllowed"
    assert rejected(pier.operate(action="hold", **pier.where, reason="a quiet weekend")) is None
    assert pier.hold()
    assert rejected(pier.operate(action="release_hold", **pier.where, reason="over")) == "NotAllowed"
    assert pier.hold()
    answer = pier.aws.call_api("DELETE", f"{HERE}/hold?reason=over", None, callers["lead"])
    assert answer.status == 202, answer
    pier.until("no hold", lambda: not pier.hold())


def test_an_execution_that_forges_its_requester_is_not_vouched_for(pier):
    """Whoever may start executions writes any input, and so the name of somebody whom the file names."""
    requester = {"route": "api", "principal": LEADS_SESSION}
    before = [found["id"] for found in pier.ledger.deployments()]
    done = pier.operate(action="deploy", **pier.where, version="1.0.0", again=True, reason="as if by a lead", requester=requester)
    assert rejected(done) == "NotVouched", done
    assert [found["id"] for found in pier.ledger.deployments()] == before


def test_a_bad_file_is_refused_with_all_its_mistakes_and_the_former_stays(pier, callers):
    pier.put({**FILE, "app": "bank", "version": 2, "teams": {}, "environments": {"quay": {"release": ["leeds"]}}})

    def found():
        return {(finding["name"], finding["path"]) for finding in pier.findings_beside(PLACE)}

    wanted = {("UnknownField", "teams"), ("BadValue", "app"), ("UnknownName", "environments.quay.release[0]")}
    pier.until("all mistakes beside it", lambda: wanted <= found())
    assert pier.version() == 1
    assert refused(pier.posts("1.1.0", callers["ci"])) == (403, {"NotAllowed"})
    # Other content needs a higher version.
    pier.put({**FILE, "environments": {"quay": {"release": ["leads", "s3"]}}})
    pier.until("the version beside it", lambda: found() == {("VersionNotHigher", "version")})
    assert pier.version() == 1


def test_without_rules_everything_is_as_before(pier, callers):
    pier.put_in_force({"app": "pier", "version": 2, "rules": "none"})
    assert released(pier, pier.posts("1.1.0", callers["ci"])) == ("Succeeded", "1.1.0")
