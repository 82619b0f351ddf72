"""Builds the binaries of a release, so that the folder and the machine's user are in none of them.

By `cargo zigbuild`, because `cargo lambda build` does not build the command line, and adds nothing for the functions. `-Z trim-paths`
would need a nightly compiler.
"""

import os
import pathlib
import platform
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# Apart from all other builds, because its flags differ from theirs.
BUILDS = REPOSITORY / "target/release-builds"
# The oldest C library that programs for a Linux with one need: Amazon Linux 2023 has 2.34.
GLIBC = ".2.30"


class NotBuilt(Exception):
    """Says what went wrong, and what to do."""


def host():
    """This machine as Rust calls it."""
    printed = subprocess.run(["rustc", "-vV"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    return next(line.removeprefix("host: ") for line in printed.splitlines() if line.startswith("host: "))


def installed(targets):
    """Those of the targets whose standard library is here."""
    return {target for target in targets if pathlib.Path(library(target)).is_dir()}


def library(target):
    asked = ["rustc", "--print", "target-libdir", "--target", target]
    return subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.strip()


def environment():
    """The caller's, with names in place of the folders of this machine, in what Rust and C compile."""
    home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo")).resolve()
    folders = {home: "/cargo", REPOSITORY: "/windlass"}
    flags = [f"--remap-path-prefix={folder}={name}" for folder, name in folders.items()]
    given = {name: value for name, value in os.environ.items() if name not in ("CARGO_BUILD_TARGET", "RUSTFLAGS", "CARGO_MAKEFLAGS")}
    made = {**given, "CARGO_TARGET_DIR": str(BUILDS), "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags), "CARGO_INCREMENTAL": "0"}
    # Microsoft's compiler has no such option.
    if platform.system() != "Windows":
        made["CFLAGS"] = " ".join(f"-ffile-prefix-map={folder}={name}" for folder, name in folders.items())
    return made


def build(target, profile, binaries):
    """Builds binaries for a target; answers where they lie."""
    by_zig = platform.system() == "Linux"
    named = target + GLIBC if by_zig and target.endswith("-gnu") else target
    command = ["cargo", "zigbuild" if by_zig else "build", "--locked", "--profile", profile, "--target", named]
    for binary in binaries:
        command += ["--bin", binary]
    print(f"release: {target}: {', '.join(binaries)} (profile {profile})", flush=True)
    done = subprocess.run(command, cwd=REPOSITORY, env=environment(), check=False)
    if done.returncode:
        raise NotBuilt(f"{target}: cargo ended with {done.returncode}; what it printed stands above")
    folder = BUILDS / target / ("debug" if profile == "dev" else profile)
    return {binary: folder / (f"{binary}.exe" if target.endswith("-msvc") else binary) for binary in binaries}
