"""A newer Windlass is installed while a deployment runs: the deployment is finished by the functions that began it.

The newer one has a judge that ends at once, so that a single call of it would be seen.
"""

import json

import cloud
import install
import pytest
from application import Application
from ledger import ending

BROKEN = "#!/bin/sh\nexit 1\n"


@pytest.fixture(scope="module")
def ferry(aws):
    """An application whose deployments are watched until its alarm says something."""
    ferry = Application(aws, "ferry", "dock")
    ferry.make_targets()
    gates = {"bake": "10s", "alarms": ["ferry-{environment}-errors"], "unknown": {"becomes": "hold", "for": "10m"}}
    ferry.declare(ferry.declaration({"dock": {"deploy": {"branch": "main"}}}, gates))
    return ferry


def newer(folder):
    """A folder with a newer Windlass: all as it is but the judge."""
    for name in ("template.yaml", "samconfig.toml", "statemachine"):
        (folder / name).symlink_to(cloud.REPOSITORY / name)
    functions = folder / "target/lambda"
    functions.mkdir(parents=True)
    for function in (cloud.REPOSITORY / "target/lambda").iterdir():
        if function.name != "judge":
            (functions / function.name).symlink_to(function)
    (functions / "judge").mkdir()
    bootstrap = functions / "judge/bootstrap"
    bootstrap.write_text(BROKEN)
    bootstrap.chmod(0o755)
    return folder


def judge_ends_at_once(aws):
    """Whether the judge of now is the newer one: the real one says what is wrong with an empty question."""
    answer = aws.lambda_.invoke(FunctionName="windlass-judge", Payload=json.dumps({}))
    return json.loads(answer["Payload"].read())["errorType"] != "BadInput"


def test_an_upgrade_in_the_middle_of_a_bake_changes_nothing_for_it(ferry, tmp_path):
    description = {"endpoint": ferry.aws.endpoint, "region": ferry.aws.region}
    ferry.set_alarm("INSUFFICIENT_DATA")
    ferry.release("1.0.0")
    deployment = ferry.deployment_of("1.0.0")
    ferry.until("the page", lambda: ferry.site("page") == "1.0.0", 60)
    folder, home = tmp_path / "newer", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    try:
        install.sam_deploy(newer(folder), home, description)
        assert judge_ends_at_once(ferry.aws), "the newer Windlass is not installed"
        assert not ending(ferry.ledger.deployment(deployment["id"])), "it ended before the upgrade"
        ferry.set_alarm("OK")
        assert ending(ferry.ended(deployment["id"])) == "Succeeded"
    finally:
        install.sam_deploy(cloud.REPOSITORY, home, description)
    assert not judge_ends_at_once(ferry.aws)
    ferry.release("1.1.0")
    after = ferry.ended(ferry.deployment_of("1.1.0")["id"])
    assert ending(after) == "Succeeded"
