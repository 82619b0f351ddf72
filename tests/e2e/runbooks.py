"""The commands of docs/runbooks, run as they stand there."""

import os
import re
import subprocess

from cloud import REPOSITORY
from command_line import PROGRAM

FOLDER = REPOSITORY / "docs/runbooks"


def text(name):
    return (FOLDER / name).read_text()


def blocks(name):
    """The shell blocks of a runbook."""
    return re.findall(r"^```sh\n(.*?)^```$", text(name), re.MULTILINE | re.DOTALL)


class Shell:
    """A shell of an operator, who has run the lines with which all runbooks begin."""

    def __init__(self, aws):
        (self.beginning,) = blocks("README.md")
        self.environment = {
            "PATH": f"{REPOSITORY / '.local/sam/bin'}:{PROGRAM.parent}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": aws.region,
            "AWS_REGION": aws.region,
            "WINDLASS_ENDPOINT": aws.api,
        }

    def run(self, block):
        """Runs a block; answers what it printed."""
        script = f"set -euo pipefail\n{self.beginning}\n{block}"
        done = subprocess.run(["bash", "-c", script], env=self.environment, text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout
