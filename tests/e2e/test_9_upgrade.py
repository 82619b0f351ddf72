"""A newer Windlass is installed while a deployment runs: the deployment is finished by the functions that began it.

The newer one has a judge that ends at once, so that a single call of it would be seen.
"""

import json
import shutil

import install
import pytest
from application import Application
from ledger import ending

pytestmark = pytest.mark.heavy

# A program of this machine that ends at once.
BROKEN = shutil.which("false")


@pytest.fixture(scope="module")
def ferry(aws):
    """An application whose deployments are watched until its alarm says something."""
    ferry = Application(aws, "ferry", "dock")
    ferry.make_targets()
    gates = {"bake": "10s", "alarms": ["ferry-{environment}-errors"], "unknown": {"becomes": "hold", "for": "10m"}}
    ferry.declare(ferry.declaration({"dock": {"deploy": {"branch": "main"}}}, gates))
    return ferry


def newer(functions):
    """The functions of a newer Windlass: all as they are but the judge."""
    for function in install.BUILT.iterdir():
        if function.name != "judge":
            (functions / function.name).symlink_to(function)
    (functions / "judge").mkdir()
    bootstrap = functions / "judge/bootstrap"
    shutil.copy(BROKEN, bootstrap)
    bootstrap.chmod(0o755)
    return functions


def judge_ends_at_once(aws):
    """Returns whether the judge of now is the newer one: the real one says what is wrong with an empty question."""
    answer = aws.lambda_.invoke(FunctionName="windlass-judge", Payload=json.dumps({}))
    return json.loads(answer["Payload"].read())["errorType"] != "BadInput"


def test_an_upgrade_in_the_middle_of_a_bake_changes_nothing_for_it(ferry, tmp_path):
    """Safety: upgrades: An upgrade in the middle of a bake changes nothing for the deployment that runs."""
    description = {"endpoint": ferry.aws.endpoint, "region": ferry.aws.region}
    ferry.set_alarm("INSUFFICIENT_DATA")
    ferry.release("1.0.0")
    deployment = ferry.deployment_of("1.0.0")
    ferry.until("the page", lambda: ferry.site("page") == "1.0.0", 60)
    functions, home = tmp_path / "newer", tmp_path / "home"
    functions.mkdir()
    home.mkdir()
    try:
        install.sam_deploy(install.folder(home, newer(functions)), home, description)
        assert judge_ends_at_once(ferry.aws), "the newer Windlass is not installed"
        assert not ending(ferry.ledger.deployment(deployment["id"])), "it ended before the upgrade"
        ferry.set_alarm("OK")
        assert ending(ferry.ended(deployment["id"])) == "Succeeded"
    finally:
        install.sam_deploy(install.folder(home), home, description)
    assert not judge_ends_at_once(ferry.aws)
    ferry.release("1.1.0")
    after = ferry.ended(ferry.deployment_of("1.1.0")["id"])
    assert ending(after) == "Succeeded"
