"""The papers beside the archives of a release: what it contains, what changed, what it is made of, and checksums."""

import hashlib
import json
import re
import subprocess

import archives
from builds import REPOSITORY

CONTENTS, CHANGES, SUMS = "CONTENTS.md", "CHANGES.md", "SHA256SUMS"
# `cargo cyclonedx` writes beside each Cargo.toml.
WRITTEN = "*/*/*.cdx.json", "*/*.cdx.json"


class NotWritten(Exception):
    """Says what is wrong, and what to do."""


def changes(changelog, version, tagged):
    """The section of a version; where no tag names it, else that of what is not released. None where there is none."""
    sections = dict(re.findall(r"^## \[([^\]]+)\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL))
    found = sections.get(version, "" if tagged else sections.get("Unreleased", ""))
    return f"{found.strip()}\n" if found.strip() else None


def contents(version, made, missing, profile):
    """The page that says what is in the release, and what is not, with what brings it."""
    lines = [f"# Windlass {version}", ""]
    if profile:
        lines += [f"Built with the profile `{profile}`, to be tried: a release has its own.", ""]
    lines += ["| file | is |", "| --- | --- |", *(f"| `{part.file(version)}` | {part.in_words()} |" for part in made)]
    if missing:
        lines += ["", "## Not in it", "", "| what | what brings it |", "| --- | --- |"]
        lines += [f"| {part.in_words()} | {why} |" for part, why in missing.items()]
    return "\n".join(lines) + "\n"


def bills(targets):
    """A bill of materials for each binary and target, by name of the file."""
    found = {}
    for target in targets:
        command = ["cargo", "cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5", "--describe", "binaries", "--target", target]
        try:
            if subprocess.run(command, cwd=REPOSITORY, check=False).returncode:
                raise NotWritten("`cargo cyclonedx` failed; what it printed stands above")
            for path in sorted(path for pattern in WRITTEN for path in REPOSITORY.glob(pattern)):
                if path.relative_to(REPOSITORY).parts[0] != "tests":
                    found[f"{target}/{path.name}"] = (bill(path.read_text()), False)
        finally:
            for pattern in WRITTEN:
                for path in REPOSITORY.glob(pattern):
                    path.unlink()
    return found


def bill(text):
    """A bill without time, random number and folder, so that the same source has the same."""
    document = json.loads(text.replace(f"file://{REPOSITORY}", "file:///windlass"))
    document.pop("serialNumber", None)
    document["metadata"].pop("timestamp", None)
    document["metadata"].setdefault("properties", []).append({"name": "cdx:reproducible", "value": "true"})
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def to_read():
    """Returns what each archive brings to be read: the licence, and the pages that messages name, by their paths."""
    paths = [REPOSITORY / "LICENSE", *(path for path in (REPOSITORY / "docs").rglob("*") if path.is_file())]
    return {path.relative_to(REPOSITORY).as_posix(): (path.read_bytes(), False) for path in paths}


def sums(folder):
    """The checksum of each file, as `sha256sum --check` reads them."""
    files = sorted(path for path in folder.iterdir() if path.name != SUMS)
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def pack_bills(path, version, targets):
    archives.packed(path, f"windlass-{version}-sbom", bills(targets))
