"""Visitors load pages while releases, an undo and rollbacks run: no file is missing, none is of another release, none has another type."""

import concurrent.futures

import pytest
from application import MISTAKE
from visited_site import Plaza
from visitors import Visitors, release_files

pytestmark = pytest.mark.heavy

VERSIONS = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]


def days_of(plaza):
    """Lets visitors come while a site changes; answers what each act ended with."""
    yield plaza.release("1.1.0"), ""
    yield plaza.release("1.2.0", sum_=MISTAKE), "GateFailed"
    yield plaza.roll_back(), ""
    yield plaza.release("1.3.0"), ""
    yield plaza.roll_back(), ""


def watched(aws, mode):
    """One site, watched from its first release on; answers what its visitors have seen."""
    plaza = Plaza(aws, mode)
    domain = plaza.make_targets()
    plaza.declare()
    assert plaza.release("1.0.0") == ""
    with Visitors(aws.endpoint, domain, VERSIONS) as visitors:
        for ended, wanted in days_of(plaza):
            assert ended == wanted, f"{mode}: {plaza.table()}"
            assert visitors.wrong == [], f"{mode}: {plaza.table()}"
    assert visitors.wrong == [], mode
    return visitors


@pytest.fixture(scope="module")
def seen(aws):
    """Both modes at the same time: most of it is waiting."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(zip(modes := ["in_place", "prefix"], pool.map(lambda mode: watched(aws, mode), modes)))


@pytest.mark.parametrize("mode", ["in_place", "prefix"])
def test_visitors_met_every_release_and_nothing_wrong(seen, mode):
    visitors = seen[mode]
    for version in VERSIONS:
        documents = {text for path, text in release_files(version).items() if path.endswith("html")}
        assert documents <= set(visitors.opened), f"nobody opened every document of {version}"
    assert visitors.assets > 2 * visitors.opened.total()
