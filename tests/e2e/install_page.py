"""The commands of docs/install.md, the way to the first release, as somebody types them for a function, a service or a site."""

import re

from cloud import REPOSITORY

PAGE = REPOSITORY / "docs/install.md"
KINDS = "function", "service", "site"
# Windlass is installed by the first ones; the next application needs the others.
ONCE = 2


def text():
    return PAGE.read_text()


def steps():
    """The numbered sections, from the first command to the release."""
    return re.findall(r"^## (\d)\. [^\n]*\n(.*?)(?=^## )", text(), re.MULTILINE | re.DOTALL)


def check():
    """The block that checks what was downloaded, which comes before the first command."""
    before, _, _ = text().partition("\n## 1. ")
    (block,) = re.findall(r"^```sh\n(.*?)^```$", before, re.MULTILINE | re.DOTALL)
    return block


def commands(kind):
    """Returns the commands for a kind. Below the line `# a <kind>` a block has those of that kind alone."""
    found = []
    for _, section in steps():
        for block in re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
            of = kind
            for line in block.replace("\\\n", "").splitlines():
                if line.startswith("# "):
                    of = line.removeprefix("# a ")
                    assert of in KINDS, line
                elif line and of == kind:
                    found.append(line)
    return found
