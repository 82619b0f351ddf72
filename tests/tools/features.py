"""Says whether what is compiled without the SDK of AWS is what the whole workspace takes.

Cargo compiles a crate once for each set of features. `tests/features` names those that only the SDK asks for.
"""
import subprocess
import sys

WHOLE = ["--workspace", "--exclude", "windlass-jsonata"]


def resolved(packages: list[str], edges: str = "normal,build,dev") -> dict[str, set[str]]:
    """Returns the sets of features of each crate that is compiled for these packages."""
    command = ["cargo", "tree", "--locked", *packages, "--edges", edges, "--prefix", "none", "--format", "{p}\t{f}"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    found: dict[str, set[str]] = {}
    for line in filter(None, lines):
        crate, _, features = line.removesuffix(" (*)").partition("\t")
        found.setdefault(crate.removesuffix(" (proc-macro)"), set()).add(features)
    return found


def differences(packages: list[str], edges: str = "normal,build,dev", whole: list[str] = WHOLE) -> list[str]:
    """Returns a line for each crate that the whole workspace compiles with other features."""
    everything, some = resolved(whole), resolved(packages, edges)
    return [
        f"{crate}: the whole workspace asks for {' or '.join(sorted(everything[crate]))}, these packages for {features}"
        for crate, sets in sorted(some.items())
        for features in sorted(sets - everything.get(crate, sets))
    ]


def main() -> None:
    found = differences(sys.argv[1:]) + differences(["--workspace"], "normal,build")
    if found:
        sys.exit("\n".join([*found, "State these features in tests/features/Cargo.toml: each is compiled twice otherwise."]))


main()
