"""Mutants: small wrong changes of the product, each of which a test should notice.

Goes on where the last run stopped: what was caught is not tried again while the text around it is the same, what was missed is. Nothing
here changes the working tree; mutants live in a copy of it.
"""

import argparse
import collections
import json
import signal
import sys

import cargo_mutants
import survivors
from cargo_mutants import REPOSITORY

FILE = REPOSITORY / "target/mutants.json"

# The share of viable mutants that must be caught, in percent.
TO_REACH = 90

# By the beginning of a file's path, rounds of tests: what one round misses, the next one, which takes longer, gets.
DEPLOYMENTS = ["--package=windlass-machine", "--test=scenarios", "--test=deployments", "--test=paths", "--test=api"]
ROUNDS = {
    "shared/domain/": [
        ["--package=windlass-domain", "--lib"],
        ["--package=windlass-domain", "--test=bad_inputs", "--test=messages", "--test=examples", "--test=repositories", "--test=declarations"],
    ],
    "shared/engine/src/converge/": [
        ["--package=windlass-engine", "--test=converge"],
        ["--package=windlass-engine", "--lib", "--test=lambda", "--test=ecs"],
    ],
    "shared/engine/src/": [["--package=windlass-engine", "--test=conductor"], DEPLOYMENTS],
}

COUNTED = ("caught", "missed", "timeout", "unviable")


def rounds_of(mutant):
    beginning = max((beginning for beginning in ROUNDS if mutant["file"].startswith(beginning)), key=len)
    return ROUNDS[beginning]


def is_settled(mutant):
    return mutant.get("outcome") in ("caught", "timeout", "unviable")


def remember(mutants):
    """What former runs found out of the same mutants. Those that were missed are tried again, from the first round."""
    rows = json.loads(FILE.read_text())["mutants"] if FILE.exists() else []
    former = {row["key"]: row["outcome"] for row in rows}
    for mutant in mutants:
        mutant["outcome"] = former.get(mutant["key"])


def write(mutants):
    rows = [{name: mutant.get(name) for name in ("name", "file", "key", "outcome")} for mutant in mutants]
    files = collections.defaultdict(lambda: dict.fromkeys((*COUNTED, "untried"), 0))
    for mutant in mutants:
        files[mutant["file"]][mutant.get("outcome") or "untried"] += 1
    total = {outcome: sum(counts[outcome] for counts in files.values()) for outcome in (*COUNTED, "untried")}
    result = {"share": share(total), **total, "files": files, "mutants": rows}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(result, indent=1))
    return result


def share(counts):
    """The share of viable mutants that was caught, in percent. One that never ends is caught: its test fails in the end."""
    caught = counts["caught"] + counts["timeout"]
    viable = caught + counts["missed"]
    return round(100 * caught / viable, 1) if viable else 100.0


def tell(result):
    print(f"{'file':56}{'caught':>8}{'missed':>8}{'timeout':>9}{'unviable':>10}{'untried':>9}{'share':>8}")
    for name, counts in [*sorted(result["files"].items()), ("all", result)]:
        cells = [f"{counts[outcome]:>{width}}" for outcome, width in zip((*COUNTED, "untried"), (8, 8, 9, 10, 9))]
        print(f"{name:56}{''.join(cells)}{share(counts):>7} %")


def try_all(mutants, most, everything):
    """Round after round, in parts of at most so many, so that a run that is ended loses little."""
    for number in range(max(len(rounds) for rounds in ROUNDS.values())):
        by_tests = collections.defaultdict(list)
        for mutant in mutants:
            if not is_settled(mutant) and number < len(rounds_of(mutant)):
                by_tests[tuple(rounds_of(mutant)[number])].append(mutant)
        for tests, left in by_tests.items():
            for begin in range(0, len(left), most):
                part = left[begin : begin + most]
                print(f"round {number + 1}: {len(left) - begin} mutants left for {' '.join(tests)}", flush=True)
                try:
                    cargo_mutants.run(part, list(tests))
                finally:
                    write(everything)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", default="", help="only files whose path has this in it")
    parser.add_argument("--most", type=int, default=100, help="mutants at a time")
    parser.add_argument("--tell", action="store_true", help="only what is known")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    cargo_mutants.copy_tree()
    mutants = cargo_mutants.mutants()
    remember(mutants)
    if not arguments.tell:
        try_all([mutant for mutant in mutants if arguments.file in mutant["file"]], arguments.most, mutants)
    result = write(mutants)
    tell(result)
    wrong = survivors.check(mutants)
    if result["untried"]:
        wrong.append(f"{result['untried']} mutants were not tried")
    if result["share"] < TO_REACH:
        wrong.append(f"{result['share']} % is less than {TO_REACH} %")
    raise SystemExit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
