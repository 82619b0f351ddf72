"""Line coverage of what decides and of what does, from what cargo-tarpaulin measured: `make coverage`."""

# tarpaulin reads the compiler's counters by itself, so no `llvm-tools` are needed. Each crate has its own bound, so
# one cannot lend to another.

import json
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MEASURED = REPOSITORY / "target/coverage/tarpaulin-report.json"
FILE = REPOSITORY / "target/coverage.json"

# The share of each crate's lines that tests must run, in percent.
TO_REACH = 95
CRATES = ("shared/domain", "shared/engine")


def by_file():
    """Lines that were run and all lines, by file."""
    for file in json.loads(MEASURED.read_text())["files"]:
        path = str(pathlib.Path(*file["path"]).relative_to(REPOSITORY))
        yield path, sum(trace["stats"]["Line"] > 0 for trace in file["traces"]), len(file["traces"])


def main():
    files = list(by_file())
    shares = {}
    for crate in CRATES:
        rows = [(run, lines, path) for path, run, lines in files if path.startswith(f"{crate}/")]
        run, lines = sum(row[0] for row in rows), sum(row[1] for row in rows)
        shares[crate] = {"run": run, "lines": lines, "share": round(100 * run / lines, 2)}
        for run, lines, path in sorted(rows, key=lambda row: row[0] - row[1]):
            if 100 * run < TO_REACH * lines:
                print(f"{path:60}{run:>6} of {lines:>4} lines")
    for crate, counts in shares.items():
        print(f"{crate:60}{counts['run']:>6} of {counts['lines']:>4} lines {counts['share']:>7} %")
    FILE.write_text(json.dumps(shares, indent=1))
    if any(counts["share"] < TO_REACH for counts in shares.values()):
        raise SystemExit(f"less than {TO_REACH} %")


if __name__ == "__main__":
    main()
