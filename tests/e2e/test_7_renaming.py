"""A whole application, and then one of its components, has another name: what runs goes on, its way back included, and nothing is
deployed by the former one."""

import json

import pytest
import yaml
from application import Application, function_files
from command_line import CommandLine
from ledger import ending

GOOD, REJECTED = 0, 3
ENVIRONMENTS = {"bay": {"deploy": {"branch": "main"}}}
GATES = {"between_waves": "0s"}
RENAME = ("rename", "pontoon", "--to-app", "barge", "--reason", "it carries more")


@pytest.fixture(scope="module")
def pontoon(aws, tmp_path_factory):
    pontoon = Application(aws, "pontoon", "bay")
    pontoon.windlass = CommandLine(aws, "pontoon", tmp_path_factory.mktemp("pontoon"))
    pontoon.make_targets()
    pontoon.declare(pontoon.declaration(ENVIRONMENTS, GATES))
    pontoon.release("1.0.0")
    assert ending(pontoon.ended(pontoon.deployment_of("1.0.0")["id"])) == "Succeeded"
    return pontoon


def let_rename(aws):
    """The user of the one application gets the right to the one path that names both."""
    path = f"arn:aws:execute-api:{aws.region}:000000000000:{aws.outputs['ApiId']}/*/*/renames/pontoon/barge"
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": path}
    aws.iam.put_user_policy(UserName="ci-of-pontoon", PolicyName="rename", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def tag(pontoon):
    """Does what the infrastructure code does before the next release."""
    tags = {"windlass:app": "barge", "windlass:environment": "bay"}
    function = pontoon.client("lambda_").get_function(FunctionName="pontoon-jobs-bay")["Configuration"]["FunctionArn"]
    pontoon.client("lambda_").tag_resource(Resource=function, Tags=tags)
    tag_set = [{"Key": key, "Value": value} for key, value in tags.items()]
    pontoon.client("s3").put_bucket_tagging(Bucket=pontoon.bucket, Tagging={"TagSet": tag_set})


def test_what_runs_goes_on_by_the_new_name(pontoon):
    barge = Application(pontoon.aws, "barge", "bay")
    declaration = {**pontoon.declaration(ENVIRONMENTS, GATES), "app": "barge", "formerly": "pontoon"}
    barge.declare(declaration)

    assert pontoon.windlass.run(*RENAME, "--confirm", "pontoon").status not in (GOOD, REJECTED), "nobody has given the right to it"
    let_rename(pontoon.aws)
    planned = pontoon.windlass.json(*RENAME, "--plan")
    assert planned.status == GOOD, planned
    assert planned.document["environments"]["bay"]["components"] == {"jobs": "jobs", "page": "page"}
    assert pontoon.ledger.declaration(), "nothing is done by asking"

    renamed = pontoon.windlass.run(*RENAME, "--confirm", "pontoon")
    assert renamed.status == GOOD and "called barge from now on" in renamed.out, renamed
    again = pontoon.windlass.run(*RENAME, "--confirm", "pontoon")
    assert again.status == REJECTED and "nothing is recorded" in again.err.lower(), again
    assert not pontoon.ledger.declaration()

    tag(pontoon)
    barge.release("1.1.0")
    assert ending(barge.ended(barge.deployment_of("1.1.0")["id"])) == "Succeeded"
    assert pontoon.seen() == {"page": "1.1.0", "jobs": "1.1.0"}
    back = barge.operate(action="rollback", app="barge", environment="bay", reason="to try the way back")
    assert back["status"] == "SUCCEEDED", back
    assert pontoon.seen() == {"page": "1.0.0", "jobs": "1.0.0"}


def test_a_component_that_has_anothers_target_is_released_once_that_is_renamed(pontoon, tmp_path):
    """Goes on with what the test before has left: 1.0.0 runs, and deployments are held since the rollback."""
    barge = Application(pontoon.aws, "barge", "bay")
    barge.windlass = CommandLine(pontoon.aws, "barge", tmp_path)
    assert barge.windlass.run("release-hold", "barge", "bay", "--reason", "the way back is known").status == GOOD
    declaration = {**pontoon.declaration(ENVIRONMENTS, GATES, "1.1.0"), "app": "barge"}
    components = declaration["components"]
    declaration["components"] = {"page": components["page"], "works": components["jobs"]}
    (tmp_path / "app.yaml").write_text(yaml.safe_dump(declaration))

    declared = barge.windlass.run("declare", "--dry-run")
    (rename,) = declared.names("rename")
    assert (declared.status, rename[:-1]) == (GOOD, ["rename", "barge", "bay", "--component", "jobs", "--to-component", "works", "--reason"])
    warnings = barge.windlass.json("declare", "--dry-run").document["warnings"]
    assert ("NoLongerDeclared", "components.jobs") in [(found["name"], found["path"]) for found in warnings], warnings
    barge.declare(declaration)

    release = [*barge.in_folder(tmp_path, "1.2.0", works=function_files("1.2.0")), "--git-ref", "refs/heads/main"]
    planned = barge.windlass.run("plan", *release)
    assert (planned.status, rename in planned.names("rename")) == (REJECTED, True), planned
    refused = barge.windlass.json(*release, "--watch")
    ended = refused.document["deployment"]["ending"]
    assert (refused.status, ended["ending"], ended["cause_name"]) == (REJECTED, "Rejected", "TargetNotOurs"), ended
    assert pontoon.seen() == {"page": "1.0.0", "jobs": "1.0.0"}

    assert barge.windlass.run(*rename).status == GOOD
    released = barge.windlass.json(*release, "--watch")
    assert (released.status, released.document["deployment"]["ending"]["ending"]) == (GOOD, "Succeeded"), released
    assert pontoon.seen() == {"page": "1.0.0", "jobs": "1.2.0"}
    back = barge.windlass.json("rollback", "barge", "bay", "--reason", "to try the way back")
    assert (back.status, back.document["deployment"]["ending"]["ending"]) == (GOOD, "Succeeded"), back
    assert pontoon.seen() == {"page": "1.0.0", "jobs": "1.0.0"}
