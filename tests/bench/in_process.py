"""The counts of the machine and what sizes cost, in process: the real state machine file over the real handlers."""

import json
import subprocess

import idle_cost
from figures import REPOSITORY, Figure, rounded

# What AWS itself limits, and what a release of 500 components must stay below.
LARGEST_ITEM = 400 * 1024

STACK = ("stack.first", "stack.next")


def costs(bench):
    """State transitions, as AWS counts them for the bill, and the estimate that the record carries; and a month in which nobody deploys."""
    printed = _printed(bench)
    for measure in ("release", "canary", "canary_of_both", "blue_green", "service_canary", "service_linear", *STACK):
        found = printed[measure]
        assert found["ending"] == "Succeeded", found
        assert found["estimated"] == found["transitions"], f"the record counts other transitions than the machine: {found}"
        yield Figure(f"transitions_{measure}", found["transitions"], "transitions")
        yield Figure(f"dollars_{measure}", rounded(found["dollars"]), "US dollars")
    for measure in ("release", *STACK):
        bench.notes[f"transitions_{measure}"] = printed[measure]["path"]
    yield Figure("dollars_idle", rounded(idle_cost.total()), "US dollars a month")


def sizes(bench):
    """A plan of 500 components, and of a stack of 500 resources; 500 components against 50, per component; 10,000 deployments against 10."""
    printed = _printed(bench)
    yield Figure("plan_500", rounded(printed["plan_500_ms"]), "ms")
    stack = printed["plan_stack_500"]
    assert stack["largest_item_bytes"] < LARGEST_ITEM, stack
    yield Figure("plan_stack_500", rounded(stack["seconds"]), "s")
    yield Figure("plan_stack_500_peak_bytes", stack["peak_bytes"], "bytes", "256 MiB", round(stack["peak_bytes"] / (256 * 2**20), 3))
    many, few = printed["components_500"], printed["components_50"]
    for found, count in ((many, 500), (few, 50)):
        assert found["ending"] == "Succeeded" and found["changed"] == count, found
        assert found["largest_item_bytes"] < LARGEST_ITEM, found
    each = many["ms"] / 500
    yield Figure("components_500", rounded(each), "ms per component", "50 components", rounded(each / (few["ms"] / 50)))
    bench.notes["components_500"] = f"the largest item of the ledger has {many['largest_item_bytes']:,} bytes; DynamoDB takes {LARGEST_ITEM:,}"
    short, *_, long = sorted(printed["history"].items(), key=lambda item: int(item[0]))
    name = f"after {short[0]} deployments"
    yield Figure("history_10000", rounded(long[1]), "ms", name, rounded(long[1] / short[1]))


def _printed(bench):
    """Returns what the measuring program printed; it is run once."""
    if bench.in_process is None:
        command = ["cargo", "run", "--quiet", "--release", "--package", "windlass-machine", "--example", "figures", "--", str(bench.deployments)]
        printed = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout
        bench.in_process = json.loads(printed)
    return bench.in_process
