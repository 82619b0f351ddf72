"""The tool that makes the mutants, and the copy of the repository in which it does."""

import collections
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess

import judges
from repository import REPOSITORY

TOOL = REPOSITORY / ".local/mutants/bin/cargo-mutants"
CONFIG = pathlib.Path(__file__).with_name("mutants.toml")
HOME = REPOSITORY / "target/mutants"
TREE = HOME / "tree"
OUT = HOME / "out"

# A test that works for longer never ends; one that waits is ended by the clock. Far more than any test takes.
WORKS_AT_MOST_S = 60
WAITS_AT_MOST_S = 600
# And a test that never ends takes no more memory than this.
BYTES_AT_MOST = 12 * 2**30

OUTCOMES = {"CaughtMutant": "caught", "MissedMutant": "missed", "Unviable": "unviable", "Timeout": "timeout"}


def copy_tree():
    """Copies what is new or changed; the time of the rest stays, so that it is not built again."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    names = {name for name in listed.stdout.splitlines() if (REPOSITORY / name).is_file()}
    for there in list(TREE.rglob("*")):
        if there.is_file() and str(there.relative_to(TREE)) not in names:
            there.unlink()
    for name in names:
        ours, copied = (REPOSITORY / name).read_bytes(), TREE / name
        if not copied.exists() or ours != copied.read_bytes():
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_bytes(ours)


def mutants():
    """All of them, each with a key that stays the same while the text around it does."""
    listed = tool("--list", "--json", "--config", CONFIG, capture_output=True)
    listed.check_returncode()
    seen = collections.Counter()
    all_of_them = json.loads(listed.stdout)
    for mutant in all_of_them:
        around = "".join(line for line in mutant["diff"].splitlines(keepends=True) if not line.startswith("@@"))
        seen[around] += 1
        mutant["key"] = hashlib.sha256(f"{seen[around]} {around}".encode()).hexdigest()[:16]
    return all_of_them


def run(part, tests):
    """Tries some mutants with some tests, and notes what came of each; also of those that were tried before it was ended."""
    config = HOME / "part.toml"
    names = [f"^{re.escape(mutant['name'])}$" for mutant in part]
    files = sorted({mutant["file"] for mutant in part})
    config.write_text(f"examine_globs = {json.dumps(files)}\nexamine_re = {json.dumps(names)}\n")
    shutil.rmtree(OUT, ignore_errors=True)
    pass_without_mutant(tests)
    arguments = [argument.replace("--package=", "--test-package=") for argument in tests]
    arguments = [argument if "package" in argument else f"--cargo-arg={argument}" for argument in arguments]
    limits = ["--baseline", "skip", "--timeout", str(WAITS_AT_MOST_S)]
    try:
        tool("--config", config, "--in-place", *arguments, *limits, "--output", OUT, "--no-shuffle")
    finally:
        note_outcomes({mutant["name"]: mutant for mutant in part}, tests)


def pass_without_mutant(tests):
    """The tool itself would look for the tests in the mutated package only."""
    tried = subprocess.run(["cargo", "test", "--quiet", *tests], cwd=TREE, env=environment(), preexec_fn=limit_tests, capture_output=True)
    if tried.returncode:
        raise SystemExit(f"the tests fail without a mutant:\n{(tried.stdout + tried.stderr).decode()}")


def note_outcomes(by_name, tests):
    commit = present_commit()
    for outcome in json.loads((OUT / "mutants.out/outcomes.json").read_text())["outcomes"]:
        # Some that were not asked for are tried as well: the tool looks for fields of structs only after it has chosen.
        mutant = by_name.get(outcome["scenario"]["Mutant"]["name"], {})
        mutant["outcome"], mutant["commit"], mutant["judges"] = OUTCOMES[outcome["summary"]], commit, []
        log = OUT / "mutants.out/log" / pathlib.PurePath(outcome["log_path"]).name
        if mutant["outcome"] == "caught" and log.exists():
            mutant["judges"] = judges.of_log(log.read_text(errors="replace"), tests)


def present_commit():
    """Returns what is tried now; with a mark where files are changed that are not in a commit."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.strip()


def environment():
    return {
        **os.environ,
        "CARGO_TARGET_DIR": str(HOME / "build"),
        "CARGO_INCREMENTAL": "1",
        "CARGO_PROFILE_DEV_DEBUG": "false",
    }


def tool(*arguments, **options):
    return subprocess.run(
        [TOOL, "mutants", "--dir", TREE, *arguments], env=environment(), text=True, preexec_fn=limit_tests, **options
    )


def limit_tests():
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (WORKS_AT_MOST_S, WORKS_AT_MOST_S))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_AT_MOST, BYTES_AT_MOST))
