"""Files of a site that nobody was to see: what stays reachable is shown, what an undone release brought goes, and an operator withdraws the rest for good."""

import concurrent.futures
import urllib.error
import urllib.request

import pytest
from application import MISTAKE
from command_line import CommandLine
from visited_site import ENVIRONMENT, Plaza

GOOD, REJECTED = 0, 3
MODES = ["in_place", "prefix"]
CUSTOMERS, EVERYBODY = "backup/customers.csv", "everybody"
WHY = ("--reason", "nobody was to see it")


class Yard(Plaza):
    """A site with a file that none of its pages names."""

    def __init__(self, aws, mode, folder):
        super().__init__(aws, mode, f"yard-{mode.replace('_', '-')}")
        self.make_targets()
        self.declare()
        self.windlass = CommandLine(aws, self.app, folder)
        assert self.release("1.0.0", more={CUSTOMERS: EVERYBODY}) == ""
        assert self.release("1.1.0") == ""

    def visited(self, path):
        """What a visitor gets of a file; None where it is not there."""
        try:
            with urllib.request.urlopen(f"{self.url}/{path}", timeout=20) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as refused:
            assert refused.code in (403, 404), refused
            return None

    def withdraws(self, pattern, *first):
        return self.windlass.run(*first, "withdraw", self.app, ENVIRONMENT, "site", pattern, *(() if first else WHY))


@pytest.fixture(scope="module")
def yards(aws, tmp_path_factory):
    """Both modes at the same time: most of it is waiting."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(zip(MODES, pool.map(lambda mode: Yard(aws, mode, tmp_path_factory.mktemp(mode)), MODES)))


@pytest.fixture(params=MODES)
def yard(yards, request):
    return yards[request.param]


def test_a_file_of_the_release_before_stays_reachable_and_the_ending_names_what_takes_it_away(yard):
    assert yard.visited(CUSTOMERS) == EVERYBODY
    ending = yard.deployment_of("1.1.0")["ending"]
    (stays,) = ending["stays_reachable"]
    assert CUSTOMERS in stays["first"] and stays["because"] == "open_pages", stays
    shown = yard.windlass.run("watch", yard.app, ENVIRONMENT, "1.1.0")
    assert CUSTOMERS in shown.out and f"windlass withdraw {yard.app} {ENVIRONMENT} site 'PATH'" in shown.out, shown


def test_what_matches_nothing_or_a_page_is_refused(yard):
    for pattern in ("nothing/**", "*.html"):
        ran = yard.withdraws(pattern)
        assert ran.status == REJECTED and "pattern" in ran.out + ran.err, ran
    assert yard.visited(CUSTOMERS) == EVERYBODY


def test_a_withdrawn_file_is_gone_for_visitors_and_nothing_else_is(yard):
    planned = yard.withdraws("backup/**", "plan")
    assert planned.status == GOOD and CUSTOMERS in planned.out, planned
    assert yard.visited(CUSTOMERS) == EVERYBODY, "a plan changes nothing"
    ran = yard.withdraws("backup/**")
    assert ran.status == GOOD and f"`{CUSTOMERS}`" in ran.out, ran
    assert yard.visited(CUSTOMERS) is None
    assert "1.1.0" in yard.visited("index.html") and "1.0.0" in yard.visited("assets/style-100.css")
    assert yard.ledger.state().get("hold") is None and yard.ledger.lock().get("held") is None


def test_neither_a_rollback_nor_a_release_brings_it_back(yard):
    assert yard.roll_back() == ""
    assert "1.0.0" in yard.visited("index.html") and yard.visited(CUSTOMERS) is None
    assert yard.release("1.2.0", more={CUSTOMERS: EVERYBODY}) == "Withdrawn"
    assert yard.visited(CUSTOMERS) is None
    # Other bytes may have the name.
    assert yard.release("1.3.0", more={CUSTOMERS: "nobody"}) == ""
    assert yard.visited(CUSTOMERS) == "nobody"


def test_what_an_undone_release_brought_and_nothing_names_goes_with_it(yard):
    before = yard.visited("index.html")
    assert yard.release("1.4.0", more={"internal/plan.csv": "secret"}, sum_=MISTAKE) == "GateFailed"
    assert yard.visited("index.html") == before and yard.visited("internal/plan.csv") is None
