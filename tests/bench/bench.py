"""Measures Windlass, beside what its users would use instead: `make bench`.

    python tests/bench/bench.py [--only zip_bytes,cold_start_ms] [--quick]

Prints a table with the machine named, and writes target/bench.json: a list of rows with the members `measure`, `ours`,
`other` (what ours was compared with), `ratio` and `unit`. What is compared was measured in turns in the same run, and
counts only after the results of both sides were found to be equal.
"""

# A program of its own, because figures need a quiet machine. The script that releases are compared with does
# everything at the same time, as a careful team would.

import argparse
import dataclasses
import pathlib
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "e2e"))
# Behind the others: a file there has the name of one of these.
sys.path.append(str(TESTS / "tools"))

import figures  # noqa: E402
import functions  # noqa: E402
import in_process  # noqa: E402
import many  # noqa: E402
import publish_peak  # noqa: E402
import releases  # noqa: E402
import shifted  # noqa: E402
import sites  # noqa: E402

# What measures what, in the order in which it is run: the quick ones first.
MEASURES = {
    "zip_bytes": functions.sizes,
    "cold_start_ms": functions.cold_starts,
    "costs": in_process.costs,
    "sizes": in_process.sizes,
    "site_first": sites.first,
    "site_one_percent": sites.one_percent,
    "site_switch": sites.long_switch,
    "publish_peak": publish_peak.measure,
    "deployments_at_once": many.measure,
    "releases": releases.measure,
    "shifted": shifted.measure,
}


@dataclasses.dataclass
class Bench:
    """The extent of what is measured, and what a reader must know of it."""

    starts: int = 20
    deployments: int = 10_000
    environments: int = 100
    files: int = 10_000
    documents: int = 30_000
    rounds: int = 3
    # How long a minute of a service's deployment configuration takes, in seconds.
    minute_s: int = 60
    notes: dict = dataclasses.field(default_factory=dict)
    in_process: dict | None = None

    @classmethod
    def quick(cls):
        """Enough to see that everything works; no figures."""
        return cls(starts=3, deployments=100, environments=6, files=300, documents=600, rounds=1, minute_s=5)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(MEASURES), help="some of: " + ", ".join(MEASURES))
    parser.add_argument("--quick", action="store_true", help="small counts, which say that it works and no more; nothing is written")
    options = parser.parse_args()
    bench = Bench.quick() if options.quick else Bench()
    print(f"\n{figures.machine()}\n", flush=True)
    measured = []
    for name in options.only:
        began = time.monotonic()
        found = list(MEASURES[name](bench))
        measured += found
        print(f"{figures.table([figures.COLUMNS, *(figure.row() for figure in found)])}\n\n{name}: {time.monotonic() - began:.0f} s\n", flush=True)
    for measure, note in bench.notes.items():
        print(f"{measure}: {note}")
    if not options.quick:
        figures.write(measured, bench.notes)
        print(f"\n{len(measured)} figures in {figures.FILE.relative_to(figures.REPOSITORY)}")


if __name__ == "__main__":
    main()
