"""The linters of scripts and workflows that `make tools` installs (requirements-actions.txt)."""

import subprocess

from cloud import REPOSITORY

TOOLS = REPOSITORY / ".local/actions/bin"


def zizmor(*files):
    return run("zizmor", "--offline", "--no-progress", "--quiet", "--no-config", *files)


def shellcheck(*arguments, text=None):
    return run("shellcheck", "--shell=bash", "--external-sources", *arguments, text=text)


def run(tool, *arguments, text=None):
    return subprocess.run([TOOLS / tool, *arguments], cwd=REPOSITORY, input=text, capture_output=True, text=True, check=False)
