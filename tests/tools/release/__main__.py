"""Makes what a release of Windlass is, as far as this machine can, and says what it cannot.

    python tests/tools/release parts [--tag v1.2.3]      what is made on this system
    python tests/tools/release program TARGET            the command line for one target
    python tests/tools/release papers [--tag v1.2.3]     what stands beside it: contents, changes, bills of materials, checksums

With a tag the release must be whole: nothing may lack, the tag is the version, and the changelog has its section.

A release is the installation for each processor (the template with the functions' zips, which `sam deploy` takes as it is), the command
line for each system, CONTENTS.md, CHANGES.md, a bill of materials for each binary, and SHA256SUMS. What this machine cannot make is named
with what brings it.

The same source gives the same bytes in whatever folder. The compiler and zig, which are pinned, Python's zlib and the variable
WINDLASS_ACTION decide them as well. So the CodeSha256 that Lambda shows of a function is the checksum of the zip in the release.
"""

import argparse
import os
import pathlib
import platform
import shutil
import sys
import tomllib

import archives
import builds
import papers
import parts

PROFILES = {True: "lambda", False: "release"}


class NotReleased(Exception):
    """Says what is wrong, and what to do."""


def version():
    return tomllib.loads((builds.REPOSITORY / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def check(tag, profile, lacking):
    """Checks that what a tag names is whole, and is what it says: all that is wrong is listed at once. `lacking` has the reason of each part."""
    if not tag:
        return
    problems = [f"it lacks {part.in_words()}: {why}" for part, why in lacking.items()]
    if tag != f"v{version()}":
        problems.append(f"the tag is `{tag}`, and the version in Cargo.toml {version()}: make them the same")
    if profile:
        problems.append("it is built with the profiles of a release: leave out PROFILE")
    if not papers.changes(changelog(), version(), tagged=True):
        problems.append(f"CHANGELOG.md has no section `## [{version()}]`: write what changed below it")
    if problems:
        raise NotReleased("\n".join([f"{tag} is no release:", *problems]))


def changelog():
    return (builds.REPOSITORY / "CHANGELOG.md").read_text()


def make(part, into, profile):
    """Builds one part, and packs it."""
    used = profile or PROFILES[bool(part.architecture)]
    if part.architecture:
        # Here, because it needs the tools of Linux, where alone this part is made.
        import installation

        files = installation.files(version(), part.architecture, builds.build(part.target, used, installation.functions()))
    else:
        ((_, program),) = builds.build(part.target, used, ["windlass"]).items()
        files = papers.to_read() | {program.name: (program.read_bytes(), True)}
    name = part.file(version())
    archives.packed(into / name, name.removesuffix(".tar.gz"), files)
    print(f"release: made {into / name}", flush=True)


def choose():
    """Returns what is made here, and what the other parts lack."""
    host = builds.host()
    return parts.chosen(platform.system(), host, builds.installed({part.target for part in parts.PARTS} | {host}))


def make_parts(into, tag, profile):
    made, missing = choose()
    # What another system makes may come later.
    check(tag, profile, {part: why for part, why in missing.items() if part.system == platform.system()})
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for part in made:
        make(part, into, profile)


def write_papers(into, tag, profile):
    made, missing = choose()
    there = [part for part in dict.fromkeys([*parts.PARTS, *made]) if (into / part.file(version())).exists()]
    absent = {part: missing.get(part, "`make release`") for part in parts.PARTS if part not in there}
    check(tag, profile, absent)
    (into / papers.CHANGES).write_text(papers.changes(changelog(), version(), bool(tag)) or f"CHANGELOG.md has nothing of {version()}.\n")
    (into / papers.CONTENTS).write_text(papers.contents(version(), there, absent, profile))
    papers.pack_bills(into / f"windlass-{version()}-sbom.tar.gz", version(), sorted({part.target for part in there}))
    (into / papers.SUMS).write_text(papers.sums(into))
    for part, why in absent.items():
        print(f"release: not made: {part.in_words()}: {why}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("verb", choices=["parts", "program", "papers"])
    parser.add_argument("target", nargs="?", choices=sorted(parts.PROGRAMS))
    parser.add_argument("--into", type=pathlib.Path, default=builds.REPOSITORY / "target/dist")
    parser.add_argument("--tag", default=os.environ.get("TAG", ""))
    parser.add_argument("--profile", default=os.environ.get("PROFILE", ""))
    options = parser.parse_args()
    into = options.into.resolve()
    if options.verb == "parts":
        make_parts(into, options.tag, options.profile)
    elif options.verb == "papers":
        write_papers(into, options.tag, options.profile)
    else:
        check(options.tag, options.profile, {})
        into.mkdir(parents=True, exist_ok=True)
        make(parts.Part(options.target, platform.system()), into, options.profile)


if __name__ == "__main__":
    try:
        main()
    except (NotReleased, builds.NotBuilt, papers.NotWritten) as error:
        sys.exit(f"release: {error}")
