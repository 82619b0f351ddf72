"""Mutants: small wrong changes of the product, each of which a test should notice.

Goes on where the last run stopped: what was caught is not tried again while the text around it is the same and a test that caught
it stands as it did, what was missed is. Nothing here changes the working tree; mutants live in a copy of it. `cargo mutants` by itself
would build every crate of the workspace for each mutant, and knows no rounds. The simulation takes no part: it takes minutes, and is there
for what interleaves.
"""

import argparse
import collections
import json
import signal
import sys

import cargo_mutants
import judges
import survivors
from repository import REPOSITORY

FILE = REPOSITORY / "target/mutants.json"

# The share of viable mutants that must be caught, in percent.
TO_REACH = 90

# By the beginning of a file's path, rounds of tests: what one round misses, the next one, which takes longer, gets.
DEPLOYMENTS = ["--package=windlass-machine", "--test=all"]
ROUNDS = {
    "shared/domain/": [
        ["--package=windlass-domain", "--lib"],
        ["--package=windlass-domain", "--test=bad_inputs", "--test=messages", "--test=examples", "--test=repositories", "--test=declarations"],
    ],
    "shared/engine/src/converge/": [
        ["--package=windlass-engine", "--test=all", "converge::"],
        ["--package=windlass-engine", "--lib"],
        ["--package=windlass-engine", "--test=all", "lambda::"],
        ["--package=windlass-engine", "--test=all", "ecs::"],
    ],
    "shared/engine/src/": [["--package=windlass-engine", "--test=all", "conductor::"], DEPLOYMENTS],
}

# What is kept of a mutant from one run to the next.
KEPT = ("name", "file", "key", "outcome", "commit", "judges")

COUNTED = ("caught", "missed", "timeout", "unviable")


def rounds_of(mutant):
    beginning = max((beginning for beginning in ROUNDS if mutant["file"].startswith(beginning)), key=len)
    return ROUNDS[beginning]


def is_settled(mutant):
    return mutant.get("outcome") in ("caught", "timeout", "unviable")


def remember(mutants, former):
    """Takes over what former runs found out of the same mutants, where it still holds. Those that were missed are tried again, from the first round."""
    rows = {row["key"]: row for row in former.get("mutants", [])}
    for mutant in mutants:
        row = rows.get(mutant["key"], {})
        if holds(row):
            mutant.update({name: row.get(name) for name in ("outcome", "commit", "judges")})


def holds(row):
    """Returns whether what was found out may be kept. Of what was caught before its tests were noted nobody can say: it is kept, and counted."""
    return row.get("outcome") != "caught" or is_unjudged(row) or judges.stand(row["judges"])


def is_unjudged(mutant):
    """Returns whether it was caught by a test of which nothing is known."""
    return mutant.get("outcome") == "caught" and not mutant.get("judges")


def try_again(mutants, most):
    """Forgets so many of those that were caught by nobody knows what, until they are tried."""
    for mutant in [mutant for mutant in mutants if is_unjudged(mutant)][:most]:
        mutant["former"] = mutant.pop("outcome")


def write(mutants, former):
    # Where a run was ended before it came to one, what was known of it stays.
    mutants = [{**mutant, "outcome": mutant.get("outcome") or mutant.get("former")} for mutant in mutants]
    rows = [{name: mutant.get(name) for name in KEPT} for mutant in mutants]
    files = collections.defaultdict(lambda: dict.fromkeys((*COUNTED, "untried"), 0))
    for mutant in mutants:
        files[mutant["file"]][mutant.get("outcome") or "untried"] += 1
    total = {outcome: sum(counts[outcome] for counts in files.values()) for outcome in (*COUNTED, "untried")}
    result = {"share": share(total), **total, "kept": kept(mutants, former), "files": files, "mutants": rows}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(result, indent=1))
    return result


def kept(mutants, former):
    """Returns how many results stand on tests that are known, and how many on a run before tests were noted, which was before this commit."""
    unjudged = sum(is_unjudged(mutant) for mutant in mutants)
    before = former.get("kept", {}).get("before") or cargo_mutants.present_commit()
    commits = collections.Counter(mutant["commit"] for mutant in mutants if mutant.get("commit"))
    return {"unjudged": unjudged, "before": before, "tried_at": dict(commits)}


def share(counts):
    """The share of viable mutants that was caught, in percent. One that never ends is caught: its test fails in the end."""
    caught = counts["caught"] + counts["timeout"]
    viable = caught + counts["missed"]
    return round(100 * caught / viable, 1) if viable else 100.0


def show(result):
    print(f"{'file':56}{'caught':>8}{'missed':>8}{'timeout':>9}{'unviable':>10}{'untried':>9}{'share':>8}")
    for name, counts in [*sorted(result["files"].items()), ("all", result)]:
        cells = [f"{counts[outcome]:>{width}}" for outcome, width in zip((*COUNTED, "untried"), (8, 8, 9, 10, 9))]
        print(f"{name:56}{''.join(cells)}{share(counts):>7} %")
    found = result["kept"]
    for commit, count in found["tried_at"].items():
        print(f"{count} were tried at {commit}; what was caught there stands while a test that caught it does")
    print(f"{found['unjudged']} caught are kept from before {found['before']}, where it was not noted by which test; --again tries some")


def try_all(mutants, most, everything, former):
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
                    write(everything, former)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", default="", help="only files whose path has this in it")
    parser.add_argument("--most", type=int, default=100, help="mutants at a time")
    parser.add_argument("--again", type=int, default=0, help="so many that were caught before their tests were noted")
    parser.add_argument("--known", action="store_true", help="only what is known")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    cargo_mutants.copy_tree()
    # The tests as they are in the copy, whatever somebody writes meanwhile.
    judges.read()
    mutants = cargo_mutants.mutants()
    former = json.loads(FILE.read_text()) if FILE.exists() else {}
    remember(mutants, former)
    if not arguments.known:
        asked_for = [mutant for mutant in mutants if arguments.file in mutant["file"]]
        try_again(asked_for, arguments.again)
        try_all(asked_for, arguments.most, mutants, former)
    result = write(mutants, former)
    show(result)
    wrong = survivors.check(mutants)
    if result["untried"]:
        wrong.append(f"{result['untried']} mutants were not tried")
    if result["share"] < TO_REACH:
        wrong.append(f"{result['share']} % is less than {TO_REACH} %")
    raise SystemExit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
