"""One local cloud for the whole run, on a free port and in a folder of its own, with Windlass installed.

It enforces IAM, so that a permission that is missing in the template is found.
"""

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import api_document  # noqa: E402
import cloud  # noqa: E402
import install  # noqa: E402
import left_behind  # noqa: E402
import runbooks  # noqa: E402
import steps  # noqa: E402
from aws import Aws  # noqa: E402
from fails_once import pytest_fixture_setup, pytest_runtest_setup  # noqa: E402, F401
from issuer import Issuer  # noqa: E402
from performance import Performance  # noqa: E402
from storyteller import Storyteller  # noqa: E402

# Each of two runs side by side has its own.
HOME = cloud.REPOSITORY / ".local" / os.environ.get("TEST_RUN", "test")
WAIT_SCALE = 0.1


@pytest.fixture(scope="session")
def issuer():
    """The issuer of the tokens that CI jobs show. An installation that is there already knows another one."""
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def aws(request, issuer):
    """An installed, empty Windlass. Its folder, with the logs, is kept where a test failed. Whatever its API has answered is as documented.

    Whoever writes tests names one that is there with INSTALLED=.local/outputs.json, and saves the minute.
    """
    if "INSTALLED" in os.environ:
        yield Aws.from_file(os.environ["INSTALLED"])
        return
    cloud.down(HOME)
    cloud.up(HOME, 0, WAIT_SCALE, auth=True)
    try:
        install.install(HOME, HOME / "outputs.json", CiIssuer=issuer.address)
        aws = Aws.from_file(HOME / "outputs.json")
        left_behind.listen(aws)
        # So that an answer is there to be looked at, whatever the tests ask.
        aws.call_api("GET", "/apps")
        yield aws
    finally:
        checked = api_document.end(HOME, keep=request.session.testsfailed)
    assert checked, "no answer of the API was kept"


@pytest.fixture(scope="session")
def performance(aws):
    """The story of the sample application, from its targets on; where `make demo` has played it, to its end."""
    story = Storyteller(aws)
    if "INSTALLED" in os.environ and story.ledger.deployments():
        story.shop.find_targets()
        return Performance(story, [])
    story.shop.make_targets()
    return Performance(story, steps.ALL)


@pytest.fixture(scope="session")
def story(performance):
    """A storyteller who has played the whole story: the sample application is as it leaves it. Where it broke, its own test has failed."""
    return performance.to_its_end()


@pytest.fixture(scope="session")
def shell(aws):
    """The shell of an operator who follows a runbook."""
    return runbooks.Shell(aws)
