"""The parts of a release of Windlass, and which of them this machine can make."""

import dataclasses

# Lambda's names of its processors, and Rust's of what runs there.
ARCHITECTURES = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}
# What the command line is made for, and the system on which it is linked: on Linux zig links, but Apple's libraries
# come with macOS alone. The programs for Linux are static.
PROGRAMS = {
    "x86_64-unknown-linux-musl": "Linux",
    "aarch64-unknown-linux-musl": "Linux",
    "x86_64-apple-darwin": "Darwin",
    "aarch64-apple-darwin": "Darwin",
    "x86_64-pc-windows-msvc": "Windows",
}
SYSTEMS = {"Linux": "Linux", "Darwin": "macOS", "Windows": "Windows"}


@dataclasses.dataclass(frozen=True)
class Part:
    """One archive of a release."""

    target: str
    # The system that makes it.
    system: str
    # Lambda's name of the processor; None for the command line.
    architecture: str | None = None

    def file(self, version):
        return f"windlass-{version}-{f'install-{self.architecture}' if self.architecture else self.target}.tar.gz"

    def in_words(self):
        if self.architecture:
            return f"Windlass for functions on {self.architecture}: the template and all that `sam deploy` needs"
        needs = ", which needs a C library (glibc 2.30 or newer)" if self.target.endswith("-gnu") else ""
        return f"the command line for `{self.target}`{needs}"


INSTALLATIONS = [Part(target, "Linux", architecture) for architecture, target in ARCHITECTURES.items()]
COMMAND_LINES = [Part(target, system) for target, system in PROGRAMS.items()]
PARTS = [*INSTALLATIONS, *COMMAND_LINES]


def lacking(part, system, installed):
    """Returns what this machine lacks to make a part, with the next step; None where it can be made."""
    if part.system != system:
        return f"make it on {SYSTEMS[part.system]}: `python3 tests/tools/release program {part.target}`"
    if part.target not in installed:
        return f"`rustup target add {part.target}` brings what it needs, then `make release` again"
    return None


def chosen(system, host, installed):
    """The parts to be made here, and what the others lack.

    Where the static command line for this machine cannot be made, there is one that needs the C library of a Linux.
    """
    missing = {part: lacking(part, system, installed) for part in PARTS}
    made = [part for part in PARTS if not missing[part]]
    static = Part(host.replace("-gnu", "-musl"), "Linux")
    if host.endswith("-linux-gnu") and missing.get(static):
        made.append(Part(host, system))
    return made, {part: why for part, why in missing.items() if why}
