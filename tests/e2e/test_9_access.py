"""An access file of the application `pier`: it comes into force, whom it does not name is refused, whom it names releases, and once its
rules are withdrawn everything is as before. IAM is enforced, and lets both roles do all of it.

The tests build on each other: the first one puts the file in force, the last one withdraws its rules.
"""

import pytest
from command_line import CommandLine
from ruled import Ruled, person, refused, rejected, role
from tagged_roles import session, tagged_roles

PLACE = "access/apps/pier.yaml"
TAGS = {"windlass:app": "pier", "windlass:environment": "quay"}
# Both may release by IAM; the file names one of them.
POLICIES = {"ci": "CiPolicyArn", "lead": "OperatorPolicyArn"}
(LEADS_SESSION,) = person("quay", "lead")["aws"]
RULES = {"release": ["leads"], "roll_back": ["leads", "console"], "operate": ["leads"]}
FILE = {"app": "pier", "version": 1, "who": {"leads": [role("quay", "lead")]}, "environments": {"quay": RULES}}


@pytest.fixture(scope="module")
def pier(aws):
    pier = Ruled(aws, "pier", "quay")
    pier.make_targets()
    pier.declare(pier.declaration({"quay": {"deploy": {"branch": "main"}}}, {"bake": "0s"}))
    return pier


@pytest.fixture(scope="module")
def callers(pier):
    """Credentials of a role for each policy."""
    with tagged_roles(pier, POLICIES, TAGS) as credentials:
        yield credentials


def test_an_access_file_that_is_uploaded_comes_into_force(pier):
    assert pier.in_force() is None
    pier.put_in_force(FILE)


def test_a_role_that_is_not_named_is_refused_and_the_refusal_is_listed(pier, callers, tmp_path):
    answer = pier.posts("1.0.0", callers["ci"])
    assert refused(answer) == (403, {"NotAllowed"}), answer
    (finding,) = answer.body["findings"]
    assert "environments.quay.release" in finding["path"] and PLACE in finding["path"], finding
    windlass = CommandLine(pier.aws, "pier", tmp_path, session(callers["lead"]))
    pier.until("the refusal in the list", lambda: "NotAllowed" in windlass.run("refusals", "pier").out)
    assert pier.ledger.records() == []
    assert pier.site("page") == "nothing"


def test_a_role_that_is_named_releases(pier, callers):
    assert pier.released(pier.posts("1.0.0", callers["lead"])) == ("Succeeded", "1.0.0")


def test_the_console_may_what_the_file_gives_to_it_and_nothing_else(pier, callers):
    assert rejected(pier.operate(action="release_hold", **pier.where, reason="over")) == "NotAllowed"
    assert rejected(pier.operate(action="hold", **pier.where, reason="a quiet weekend")) is None
    assert pier.hold()
    assert rejected(pier.operate(action="release_hold", **pier.where, reason="over")) == "NotAllowed"
    assert pier.hold()
    answer = pier.aws.call_api("DELETE", f"{pier.here}/hold?reason=over", None, callers["lead"])
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
    assert pier.in_force() == 1
    assert refused(pier.posts("1.1.0", callers["ci"])) == (403, {"NotAllowed"})
    # Other content needs a higher version.
    pier.put({**FILE, "environments": {"quay": {"release": ["leads", "s3"]}}})
    pier.until("the version beside it", lambda: found() == {("VersionNotHigher", "version")})
    assert pier.in_force() == 1


def test_without_rules_everything_is_as_before(pier, callers):
    pier.put_in_force({"app": "pier", "version": 2, "rules": "none"})
    assert pier.released(pier.posts("1.1.0", callers["ci"])) == ("Succeeded", "1.1.0")
