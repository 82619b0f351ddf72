"""The linters of scripts and workflows that `make tools` installs (requirements-actions.txt)."""

import subprocess

from cloud import REPOSITORY

TOOLS = REPOSITORY / ".local/actions/bin"


def zizmor(*files):
    return run("zizmor", "--offline", "--no-progress", "--quiet", "--no-config", *files)


def shellcheck(*arguments):
    return run("shellcheck", "--shell=bash", "--external-sources", *arguments)


def run(tool, *arguments):
    return subprocess.run([TOOLS / tool, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
