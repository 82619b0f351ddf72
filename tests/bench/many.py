"""Many environments released at the same time, against one alone."""

import statistics
import time

import cloud_side
import targets
from figures import Figure, rounded


def measure(bench):
    """The time per deployment of all at the same time, against one alone; one first release of each is not measured."""
    with cloud_side.installed() as yard:
        names = [f"berth-{number:03}" for number in range(bench.environments)]
        for name in names:
            targets.make_function(yard.aws, f"yard-api-{name}", name)
        components = {"api": {"kind": "lambda", "function": "yard-api-{environment}", "alias": "live"}}
        yard.declare({name: {} for name in names}, components)
        alone, together = [], []
        _together(yard, names, "1.0.0")
        for number in range(1, bench.rounds + 1):
            alone += [_together(yard, [name], f"1.{number}.0") for name in names[: bench.rounds]]
            together.append(_together(yard, names, f"1.{number}.1") / len(names))
    one, each = statistics.median(alone), statistics.median(together)
    yield Figure("deployments_at_once", rounded(each), "s per deployment", "one alone", rounded(each / one))
    bench.notes["deployments_at_once"] = (
        f"{len(names)} environments, each a function with an alias; one alone takes {one:.2f} s. The local cloud runs four processes of a function, "
        "so a deployment of many takes at best a part of the time of one alone"
    )


def _together(yard, names, version):
    """Starts a deployment of each and waits for the end of all; how long that took, in seconds."""
    manifests = {}
    for name in names:
        key = f"artifacts/yard/{name}/api/{version}.zip"
        yard.shop.upload(key, targets.code(version))
        manifests[name] = {"version": version, "components": {"api": yard.shop.pinned(key)}}
    began = time.monotonic()
    executions = [yard.start(action="deploy", environment=name, manifest=manifest) for name, manifest in manifests.items()]
    for execution in executions:
        yard.ended(execution)
    took = time.monotonic() - began
    codes = {yard.live_code(name) for name in names}
    assert len(codes) == 1, f"not every environment runs {version}: {codes}"
    return took
