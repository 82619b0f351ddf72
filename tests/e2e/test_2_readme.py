"""Every command that the README shows is run, in its order, and does what the README says.

The README speaks of AWS; here the same commands meet the local cloud. What differs is added by `localised`, and
`make down` is run last.
"""

import os
import platform
import re
import shlex
import subprocess

import cloud
import pytest
from aws import Aws
from ledger import ending
from storyteller import Storyteller

RUN = cloud.REPOSITORY / ".local/test-readme"
OUTPUTS = cloud.REPOSITORY / ".local/test-readme.json"
VARIABLES = cloud.REPOSITORY / ".local/test-readme.variables"
NAMES_OF_FILES = ("web.zip", "2.0.0.json")


def blocks():
    return re.findall(r"^```sh\n(.*?)^```$", (cloud.REPOSITORY / "README.md").read_text(), re.MULTILINE | re.DOTALL)


class Shell:
    """One shell for all blocks, so that variables of one are there in the next."""

    def __init__(self, environment):
        self.environment = environment
        self.variables = {}

    def run(self, block):
        script = "set -eu\n" + block + '\nprintf "%s\\n%s\\n" "${BUCKET:-}" "${MACHINE:-}" > ' + shlex.quote(str(VARIABLES))
        given = {**self.environment, **self.variables}
        done = subprocess.run(["bash", "-c", script], cwd=cloud.REPOSITORY, env=given, input="y\n", text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        values = VARIABLES.read_text().split("\n")
        self.variables = dict(zip(("BUCKET", "MACHINE"), values))
        return done.stdout


def localised(block):
    """What differs on the local cloud: no zig to cross-compile with, the functions' architecture, and where AWS is."""
    if block.startswith("make build-aws"):
        return block.replace("make", "make --dry-run")
    machine = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
    endpoint = f'AwsEndpointUrl=$AWS_ENDPOINT_URL DeletionProtection=false Architecture={machine} '
    return block.replace('--parameter-overrides "', '--parameter-overrides "' + endpoint)


@pytest.fixture(scope="module")
def shell(request):
    port = cloud.free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))},
        "BUILT": "1",
        "PATH": f"{cloud.REPOSITORY / '.local/sam/bin'}:{os.environ['PATH']}",
        "RUN": str(RUN),
        "OUTPUTS": str(OUTPUTS),
        "PORT": str(port),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": cloud.REGION,
        "SAM_CLI_TELEMETRY": "0",
    }
    yield Shell(environment)
    (cloud.down if request.session.testsfailed else cloud.remove)(RUN)
    for path in [OUTPUTS, VARIABLES, *NAMES_OF_FILES]:
        (cloud.REPOSITORY / path).unlink(missing_ok=True)


def test_every_command(shell):
    *_, install, declare, release, roll_back, release_hold = [block for block in blocks() if not block.startswith("make")]
    first, *others = [block for block in blocks() if block.startswith("make")]
    assert others == ["make down\n", "make build-aws\n"]

    told = shell.run(first)
    assert "every step ended as told" in told
    shell.run(localised("make build-aws\n"))
    assert "Successfully created/updated stack" in shell.run(localised(install))

    story = Storyteller(Aws.from_file(OUTPUTS), say=lambda text: None)
    shop = story.shop
    shop.find_targets()
    # The example's addresses are not the local cloud's: its declaration is refused with findings beside it, or as unchanged.
    shell.run(declare)
    shell.run(release)
    released = story.ended(story.deployment_of("2.0.0")["id"])
    assert ending(released) == "Succeeded"
    assert shop.page_version() == "1.1.0"

    shell.run(roll_back)
    story.until("the rollback", lambda: shop.page_version() == "1.4.0")
    story.until("the hold", lambda: story.ledger.state().get("hold"))
    shell.run(release_hold)
    story.until("no hold", lambda: not story.ledger.state().get("hold"))

    shell.run("make down\n")
    assert cloud.describe(RUN) is None
