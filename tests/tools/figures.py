"""Writes the figures of docs/evidence/safety-figures.md anew, from what the commands that measure them left in target/: `make figures`.

What was not measured here keeps its line.
"""

import json
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs/evidence/safety-figures.md"
BEGIN, END = "<!-- written by make figures -->\n", "<!-- end of the figures -->\n"


def simulated(found):
    faults = sum(found["faults"].values())
    left = f"{found['left']:,} were not played, " if found.get("left") else ""
    return (
        f"{found['schedules']:,} schedules in {found['seconds']} s, {left}{found['failures']} broke a rule; {faults:,} mishaps of "
        f"{len(found['faults'])} kinds; {found['states_covered']} of {found['states_total']} states; "
        f"{found['variants_caught']} of {found['variants_total']} broken variants caught"
    )


def endured(found):
    endings = ", ".join(f"{count} {name}" for name, count in sorted(found["endings"].items()))
    faults = ", ".join(f"{count} {name}" for name, count in sorted(found["faults"].items()))
    return (
        f"{found['deployments']} deployments ({endings}); stuck {found['stuck']}, untrue {found['untrue']}, "
        f"locks leaked {found['locks_leaked']}{explained(found)}; {faults}"
    )


def explained(found):
    """Why deployments were rejected, and how many dead letters there were; earlier runs did not say."""
    if "refused_for" not in found:
        return ""
    causes = ", ".join(f"{count} for {name}" for name, count in sorted(found["refused_for"].items())) or "none"
    return f"; rejected {causes}; dead letters {sum(found['dead_letters'].values())}, lost {found['lost']}"


def fuzzed(found):
    most = max(target["peak_bytes"] for target in found["targets"].values())
    slowest = max(target["slowest_ms"] for target in found["targets"].values())
    return (
        f"{found['inputs']:,} inputs of {len(found['targets'])} sorts, {found['failures']} broken; "
        f"at most {most / 2**20:.0f} MiB and {slowest} ms each"
    )


def mutated(found):
    viable = found["caught"] + found["timeout"] + found["missed"]
    untried = f"; {found['untried']} not tried" if found["untried"] else ""
    kept = found.get("kept", {})
    former = f"; {kept['unjudged']:,} of them kept from runs before {kept['before']}, which did not note the test" if kept.get("unjudged") else ""
    return f"{found['share']} % of {viable:,} viable mutants caught; {found['missed']} survive{untried}{former}"


def covered(found):
    return ", ".join(f"{found[crate]['share']} % of the lines of {crate}" for crate in sorted(found))


MEASURED = {
    "simulate": simulated,
    "chaos": endured,
    "fuzz": fuzzed,
    "mutants": mutated,
    "coverage": covered,
}


def line(command, in_words, former):
    file = REPOSITORY / f"target/{command}.json"
    if file.exists():
        return f"| `make {command}` | {in_words(json.loads(file.read_text()))} |"
    kept = [row for row in former.splitlines() if row.startswith(f"| `make {command}` ")]
    return kept[0] if kept else f"| `make {command}` | not measured |"


def main():
    before, rest = PAGE.read_text().split(BEGIN)
    former, after = rest.split(END)
    rows = ["| command | what it printed last |", "| --- | --- |"]
    rows += [line(command, in_words, former) for command, in_words in MEASURED.items()]
    table = "\n".join(rows) + "\n"
    PAGE.write_text(before + BEGIN + table + END + after)
    print(table, end="")


if __name__ == "__main__":
    main()
