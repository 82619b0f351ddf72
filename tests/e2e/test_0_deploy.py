"""What `make deploy` is asked, and what is looked at before anything is deployed. No cloud is needed."""

import re

import pytest
from cloud import REPOSITORY
from install import deploy
from test_0_install import ARM, RISCV, X86


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        ([], []),
        (["--stack", "other"], []),
        (["--region", "eu-west-1", "--stack", "other", "--no-confirm-changeset"], ["--region", "eu-west-1", "--no-confirm-changeset"]),
        (["--stack", "other", "--tags", "team=shop", "--s3-prefix", "x"], ["--tags", "team=shop", "--s3-prefix", "x"]),
    ],
)
def test_each_other_option_is_one_of_sam_deploy(arguments, more):
    stack, folder, passed_on = deploy.asked(arguments)
    assert (stack, folder, passed_on) == ("other" if "--stack" in arguments else "windlass", deploy.REPOSITORY, more)


@pytest.mark.parametrize(
    ("binaries", "given", "stack", "wanted"),
    [
        ({}, [], "windlass", "arm64"),
        ({}, ["Architecture=arm64"], "w" * 47, "arm64"),
        ({}, ["Architecture=x86_64"], "windlass", "built for arm64"),
        ({"judge": X86}, [], "windlass", "several architectures"),
        ({"judge": RISCV}, [], "windlass", "no program for a Lambda function"),
        ({"judge": b"#!/bin/sh\n"}, [], "windlass", "no program for a Lambda function"),
        ({"judge": None}, [], "windlass", "not there"),
        ({}, [], "w" * 48, "at most 47"),
        ({}, ["AlertEmail"], "windlass", "write Name=value"),
        ({}, ["TaskRoleArns=" + "a" * 2300], "windlass", "arm64"),
        ({}, ["TaskRoleArns=" + "a" * 2301], "windlass", "TaskRoleArns has 2301 characters, and 2300 is the most"),
    ],
)
def test_what_is_looked_at_before_anything_is_deployed(tmp_path, binaries, given, stack, wanted):
    (tmp_path / "template.yaml").symlink_to(REPOSITORY / "template.yaml")
    for name, path in deploy.functions(tmp_path):
        content = binaries.get(name[1:], ARM)
        path.parent.mkdir(parents=True)
        if content is not None:
            path.write_bytes(content)
    try:
        assert deploy.parameters(tmp_path, given, stack)["Architecture"] == wanted
    except deploy.NotDeployable as error:
        assert wanted in str(error)


def test_everything_that_is_wrong_is_listed_at_once(tmp_path):
    (tmp_path / "template.yaml").symlink_to(REPOSITORY / "template.yaml")
    with pytest.raises(deploy.NotDeployable) as raised:
        deploy.parameters(tmp_path, ["AlertEmail"], "w" * 60)
    assert all(text in str(raised.value) for text in ("at most 47", "write Name=value", "not there"))


def test_every_name_that_begins_with_the_stacks_has_room():
    """AWS CloudFormation refuses no stack's name of up to 128 characters; what is named after it has shorter limits."""
    limits = {"FunctionName": 64, "Name": 80, "AlarmName": 255, "DashboardName": 255, "LogGroupName": 512}
    longest = deploy.longest_stack_name(REPOSITORY)
    for key, suffix in re.findall(r'(\w+): !Sub "(?:/aws/[a-z/]+)?\$\{AWS::StackName\}([a-z-]*)"', (REPOSITORY / "template.yaml").read_text()):
        assert longest + len(suffix) <= limits[key], (key, suffix)
