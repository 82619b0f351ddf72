"""One local cloud for the whole run, on a free port and in a folder of its own, with Windlass installed."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cloud  # noqa: E402
import install  # noqa: E402
from aws import Aws  # noqa: E402
from storyteller import Storyteller  # noqa: E402

HOME = cloud.REPOSITORY / ".local/test"
WAIT_SCALE = 0.1


@pytest.fixture(scope="session")
def aws():
    """An installed, empty Windlass."""
    cloud.down(HOME)
    cloud.up(HOME, 0, WAIT_SCALE)
    try:
        install.install(HOME, HOME / "outputs.json")
        yield Aws.from_file(HOME / "outputs.json")
    finally:
        cloud.down(HOME)


@pytest.fixture(scope="session")
def story(aws):
    """The sample application's targets, and someone who tells what happens."""
    teller = Storyteller(aws)
    teller.shop.make_targets()
    return teller
