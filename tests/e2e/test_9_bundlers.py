"""Sites as bundlers build them, with the names that they give by themselves: whoever has a page of any release open, or opens one while
releases come and go, finds every file of it; and files of another release only under names without a hash, which the plan says."""

import concurrent.futures

import pytest
from bundles import RELEASES, UNHASHED, Bundles, Passersby, built

pytestmark = pytest.mark.heavy

MODES = ["in_place", "prefix"]


def watched(aws, mode, sites):
    """The sites of all bundlers, watched from their first release on."""
    bundles = Bundles(aws, mode, sites)
    bundles.make_targets()
    bundles.declare()
    assert bundles.release(RELEASES[0]) == "", bundles.table()
    with Passersby(bundles) as visitors:
        for version in RELEASES[1:]:
            assert bundles.release(version) == "", bundles.table()
        assert bundles.roll_back() == "", bundles.table()
    return bundles, visitors


@pytest.fixture(scope="module")
def seen(aws):
    """Both modes at the same time: most of it is waiting."""
    sites = built()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(zip(MODES, pool.map(lambda mode: watched(aws, mode, sites), MODES)))


@pytest.mark.parametrize("mode", MODES)
def test_no_visitor_misses_a_file(seen, mode):
    bundles, visitors = seen[mode]
    assert visitors.wrong == []
    met = {(name, version) for name in bundles.sites for version in RELEASES}
    assert met <= set(visitors.opened), "a release was not met"


@pytest.mark.parametrize("mode", MODES)
def test_the_plan_names_where_names_carry_no_hash(seen, mode):
    bundles, _ = seen[mode]
    for version in RELEASES[1:]:
        assert bundles.warned_of(version) == UNHASHED, version
