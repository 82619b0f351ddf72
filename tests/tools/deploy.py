"""Deploys Windlass with `sam deploy`: the functions that `make build-aws` built, after a look at what they were built for.

    PARAMETERS="AlertEmail=you@example.com" python tests/tools/deploy.py [--stack windlass] [--folder .] [OPTION …]

Each other option is one of `sam deploy`, such as `--region eu-west-1 --no-confirm-changeset`.

Everything that is wrong is listed at once, and nothing is deployed then. A parameter that is not given keeps the value of the deployment
before (AWS SAM Developer Guide, "sam deploy"). What is deployed is a copy of the template that says when (decision 0141).
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import zipfile

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# e_machine of an ELF file (System V ABI, "ELF Header") as Lambda calls the architecture.
MACHINES = {0xB7: "arm64", 0x3E: "x86_64"}
E_MACHINE = slice(18, 20)
# The longest name of a function (AWS Lambda API Reference, CreateFunction).
LONGEST_NAME = 64
# The longest description of one (the same).
LONGEST_DESCRIPTION = 256
# A function has them in its environment, which holds 4 KB (AWS Lambda Developer Guide, "Lambda quotas").
LONGEST_TASK_ROLES = 2300
TEMPLATE = "template.yaml"
# Beside the template, because its paths are relative to its folder; git ignores it.
COPY = "template.deployed.yaml"
# Where the template has the code of a function.
CODE = re.compile(r"^( *CodeUri:) target/lambda/([a-z-]+)/$", re.MULTILINE)


class NotDeployable(Exception):
    """Says what is wrong, and what to do."""


def functions(folder):
    """Each function's name, without the stack's, and its binary, or the zip that has it."""
    template = (folder / TEMPLATE).read_text()
    names = re.findall(r'FunctionName: !Sub "\$\{AWS::StackName\}(-[a-z-]+)"', template)
    folders = re.findall(r"^ *CodeUri: (\S+)$", template, re.MULTILINE)
    places = [folder / found for found in folders]
    return list(zip(names, [place if place.suffix == ".zip" else place / "bootstrap" for place in places], strict=True))


def machine(binary):
    """The architecture that a binary is for; None if Lambda has none such."""
    zipped = zipfile.ZipFile(binary).open("bootstrap") if binary.suffix == ".zip" else None
    with zipped or binary.open("rb") as file:
        header = file.read(20)
    if header[:4] != b"\x7fELF":
        return None
    return MACHINES.get(int.from_bytes(header[E_MACHINE], "little"))


def architecture(folder):
    """The architecture that all functions are built for."""
    found = {binary: machine(binary) if binary.exists() else "missing" for _, binary in functions(folder)}
    wrong = [f"{binary}: {'it is not there' if kind == 'missing' else 'no program for a Lambda function'}" for binary, kind in found.items() if kind in (None, "missing")]
    if wrong:
        raise NotDeployable("\n".join(["the functions are not built: `make build-aws` builds them.", *wrong]))
    kinds = set(found.values())
    if len(kinds) > 1:
        raise NotDeployable("\n".join(["the functions are built for several architectures: `make build-aws` builds all for one.", *(f"{binary}: {kind}" for binary, kind in found.items())]))
    return kinds.pop()


def longest_stack_name(folder):
    """Names of functions begin with the stack's: Lambda ends them, and CloudFormation would fail half-way."""
    return LONGEST_NAME - max(len(name) for name, _ in functions(folder))


def parameters(folder, given, stack):
    """Returns what `sam deploy` is given: what the caller gave, and what the functions were built for."""
    problems = []
    if len(stack) > longest_stack_name(folder):
        problems.append(f"the stack's name `{stack}` has {len(stack)} characters: take one of at most {longest_stack_name(folder)}, because the functions' names begin with it.")
    named = dict(pair.partition("=")[::2] for pair in given)
    problems += [f"`{pair}` is no parameter: write Name=value." for pair in given if "=" not in pair]
    task_roles = len(named.get("TaskRoleArns", ""))
    if task_roles > LONGEST_TASK_ROLES:
        problems.append(
            f"TaskRoleArns has {task_roles} characters, and {LONGEST_TASK_ROLES} is the most: name several roles by one "
            "pattern, such as arn:aws:iam::*:role/shop-*, or give an environment a role of its own (`role_arn`, "
            "examples/target-role.yaml)."
        )
    built_for = None
    try:
        built_for = architecture(folder)
    except NotDeployable as error:
        problems.append(str(error))
    if built_for and named.get("Architecture", built_for) != built_for:
        problems.append(f"Architecture={named['Architecture']}, but the functions are built for {built_for}: leave it out, or build them with `make build-aws ARCH={named['Architecture']}`.")
    if problems:
        raise NotDeployable("\n".join(problems))
    return {**named, "Architecture": built_for}


def member(node, *names):
    """The node under names of a mapping's mappings; None if there is none."""
    for name in names:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for key, value in pairs if key.value == name), None)
    return node


def versioned(template):
    """The functions of which SAM publishes versions: the node of each one's properties by its logical id."""
    resources = member(yaml.compose(template, yaml.SafeLoader), "Resources")
    found = {name.value: member(resource, "Properties") for name, resource in (resources.value if resources else [])}
    return {name: properties for name, properties in found.items() if member(properties, "AutoPublishAlias")}


def dated(template, when):
    """The template's text, with the time at the end of the description of each function that has versions. All else stays as it is.

    SAM names a version after the function's properties as they are written, before parameters are put in. So only a literal that is new makes
    a new version.
    """
    functions = versioned(template)
    problems = [] if functions else [f"{TEMPLATE}: no function has AutoPublishAlias, so that no version is published."]
    places = []
    for name, properties in functions.items():
        described = member(properties, "Description")
        if not isinstance(described, yaml.ScalarNode) or described.tag != "tag:yaml.org,2002:str" or described.style in ("|", ">"):
            problems.append(f"{TEMPLATE}: {name} needs a description that is a plain text: the time of the deployment is put at its end.")
            continue
        text = f"{described.value} Deployed {when}"
        if len(text) > LONGEST_DESCRIPTION:
            problems.append(f"{TEMPLATE}: with the time, the description of {name} has {len(text)} characters; Lambda takes {LONGEST_DESCRIPTION}.")
        places.append((described.start_mark.index, described.end_mark.index, text))
    if problems:
        raise NotDeployable("\n".join(problems))
    for start, end, text in sorted(places, reverse=True):
        # What JSON writes is YAML as well.
        template = template[:start] + json.dumps(text) + template[end:]
    return template


def write_copy(folder):
    """Writes the copy of the template that says when it is deployed."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    (folder / COPY).write_text(dated((folder / TEMPLATE).read_text(), now))


def command(folder, given, stack, *more):
    """The command, to be run in the folder, where the copy of the template now lies."""
    values = parameters(folder, given, stack)
    write_copy(folder)
    sam = pathlib.Path(sys.executable).with_name("sam")
    return [str(sam), "deploy", "--template", COPY, "--stack-name", stack, *more, "--parameter-overrides", *(given_as(name, value) for name, value in values.items())]


def given_as(name, value):
    """A parameter as sam reads it, which takes no empty value without quotes."""
    return f"{name}={value}" if value else f'{name}=""'


def asked(arguments):
    """The stack, the folder, and the options that are for `sam deploy`."""
    # No shortened name: an option of `sam deploy` is nobody else's.
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--stack", default="windlass")
    parser.add_argument("--folder", type=pathlib.Path, default=REPOSITORY)
    options, more = parser.parse_known_args(arguments)
    taken = {"--stack-name": "--stack", "--parameter-overrides": "PARAMETERS"}
    for word in (argument.split("=")[0] for argument in more):
        if word in taken:
            parser.error(f"write {taken[word]} in place of {word}: what it has is looked at first")
    return options.stack, options.folder, more


def main():
    stack, folder, more = asked(sys.argv[1:])
    given = shlex.split(os.environ.get("PARAMETERS", ""))
    sys.exit(subprocess.run(command(folder, given, stack, *more), cwd=folder, check=False).returncode)


if __name__ == "__main__":
    try:
        main()
    except NotDeployable as error:
        sys.exit(f"not deployed: {error}")
