"""The folder that `sam deploy` installs: the template, and beside it all that it refers to.

The template is this repository's, changed in four places: `CodeUri` names the zips, the parameter `Architecture` is gone because binaries
have one, the output `Version` has the version, and functions that have versions name their release. A change that finds no place fails.
"""

import pathlib
import re
import sys
import tempfile

import archives
import builds
import papers
from builds import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tests/tools"))

import deploy  # noqa: E402

# As they are.
COPIED = ["samconfig.toml", "statemachine/release.asl.json"]
COPIED += [f"examples/{name}.yaml" for name in ("target-role", "github-statuses", "github-deployments")]
SCRIPT = "deploy.sh"
PARAMETER = re.compile(r"^  Architecture:\n(?:    .*\n)+", re.MULTILINE)
CHOICE = "Architectures: [!Ref Architecture]"
UNRELEASED = "Value: unreleased"


def template(text, version, architecture):
    """The template of a release: its functions are the zips beside it, for one processor, and say of which release they are."""
    named = [name for _, name in deploy.CODE.findall(text)]
    problems = [f"template.yaml has no `{wanted}`" for wanted in (CHOICE, UNRELEASED) if text.count(wanted) != 1]
    problems += [] if len(PARAMETER.findall(text)) == 1 else ["template.yaml has no parameter Architecture"]
    problems += [] if text.count("CodeUri:") == len(named) > 0 else ["template.yaml has a CodeUri that is not below target/lambda"]
    if problems:
        raise builds.NotBuilt("\n".join(problems))
    text = deploy.CODE.sub(r"\1 functions/\2.zip", PARAMETER.sub("", text))
    text = text.replace(CHOICE, f"Architectures: [{architecture}]").replace(UNRELEASED, f'Value: "{version}"')
    try:
        return deploy.dated(text, f"from release {version}")
    except deploy.NotDeployable as error:
        raise builds.NotBuilt(str(error)) from error


def functions():
    """The names of all functions of the template."""
    return [name for _, name in deploy.CODE.findall((REPOSITORY / "template.yaml").read_text())]


def zipped(binary):
    """A function's zip, as Lambda takes it."""
    with tempfile.TemporaryDirectory() as place:
        path = pathlib.Path(place, "function.zip")
        archives.zipped(path, {"bootstrap": binary.read_bytes()})
        return path.read_bytes()


def files(version, architecture, binaries):
    """The contents of the folder by name, and whether each is a program."""
    made = papers.to_read() | {name: ((REPOSITORY / name).read_bytes(), False) for name in COPIED}
    made["template.yaml"] = (template((REPOSITORY / "template.yaml").read_text(), version, architecture).encode(), False)
    made[SCRIPT] = (pathlib.Path(__file__).with_name(SCRIPT).read_bytes(), True)
    return made | {f"functions/{name}.zip": (zipped(binary), False) for name, binary in binaries.items()}
