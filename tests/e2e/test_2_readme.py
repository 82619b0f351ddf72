"""Every command that the README and the pages of the local cloud and of the sample show is run, in its order, and does what they say.

The page of the sample speaks of an empty account; here the same commands meet an empty local cloud. What differs is added by `localised`.
"""

import os
import re
import shlex
import subprocess

import api_document
import cloud
import install
import pytest
import yaml
from aws import Aws
from command_line import PROGRAM
from ledger import ending
from storyteller import Storyteller

RUN = cloud.REPOSITORY / ".local/test-readme"
OUTPUTS = cloud.REPOSITORY / ".local/test-readme.json"
VARIABLES = cloud.REPOSITORY / ".local/test-readme.variables"
FUNCTIONS = cloud.REPOSITORY / ".local/test-readme.functions"
NAMES_OF_FILES = ("web.zip", "release.json", "app.yaml", ".local/hello.zip", ".local/blog.yaml")


def blocks(page="README.md"):
    return re.findall(r"^```sh\n(.*?)^```$", (cloud.REPOSITORY / page).read_text(), re.MULTILINE | re.DOTALL)


class Shell:
    """One shell for all blocks, so that variables and functions of one are there in the next."""

    def __init__(self, environment):
        self.environment = environment
        self.variables = {}
        FUNCTIONS.parent.mkdir(exist_ok=True)
        FUNCTIONS.write_text("")

    def run(self, block):
        kept = f'\nprintf "%s\\n%s\\n" "${{BUCKET:-}}" "${{MACHINE:-}}" > {shlex.quote(str(VARIABLES))}\ndeclare -f > {shlex.quote(str(FUNCTIONS))}\n'
        script = f"set -eu\n. {shlex.quote(str(FUNCTIONS))}\n" + block + kept
        given = {**self.environment, **self.variables}
        done = subprocess.run(["bash", "-c", script], cwd=cloud.REPOSITORY, env=given, input="y\n", text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        values = VARIABLES.read_text().split("\n")
        self.variables = dict(zip(("BUCKET", "MACHINE"), values))
        return done.stdout


def localised(block, given=""):
    """Returns what differs on the local cloud: no zig to cross-compile with, the functions of this machine, where AWS is, and under which addresses
    it serves page and API."""
    if block.startswith("make build-aws"):
        return block.replace("make", "make --dry-run")
    local = "AwsEndpointUrl=$AWS_ENDPOINT_URL DeletionProtection=false "
    block = block.replace('make deploy PARAMETERS="', f'make deploy FOLDER={install.folder(RUN)} PARAMETERS="{local}')
    return block.replace("$(output shop-targets Vars)", given)


@pytest.fixture(scope="module")
def shell(request):
    port = cloud.free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))},
        "BUILT": "1",
        # The command line of AWS that the tests have; the page asks the reader for the newer one.
        "PATH": os.pathsep.join([str(PROGRAM.parent), str(cloud.REPOSITORY / ".local/sam/bin"), os.environ["PATH"]]),
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
    api_document.end(RUN, keep=request.session.testsfailed)
    for path in [OUTPUTS, VARIABLES, FUNCTIONS, *NAMES_OF_FILES]:
        (cloud.REPOSITORY / path).unlink(missing_ok=True)


def test_the_demo_an_application_of_ones_own_and_the_end(shell):
    commands, _ = blocks()
    demo, checks, down = commands.splitlines()
    # The tests do not run each other: a plan of theirs is enough here.
    assert "cargo test" in shell.run(checks.replace("make test", "make --dry-run test"))
    _, own, *_ = blocks("docs/local-cloud.md")
    assert "every step ended as expected" in shell.run(demo)
    printed = shell.run(own)
    assert "Succeeded: hello prod 1.0.0 is live: api changed." in printed and "hello prod: snapshot 2" in printed, printed
    shell.run(down)
    assert cloud.describe(RUN) is None
    assert api_document.check_kept(RUN), "no answer of the API was kept"


def test_a_site_in_a_bucket_of_ones_own_its_address_and_an_image(shell):
    up, _, buckets, site, address, image, down = blocks("docs/local-cloud.md")
    for block in (up, buckets):
        assert "windlass: installed" in shell.run(block)
    printed = shell.run(site)
    assert "Succeeded: blog prod 1.0.0 is live: web changed." in printed and "<title>Shop" in printed, printed
    assert shell.run(address).count("<title>Shop") == 2, "by its name, and under its address"
    assert '"imageTag": "1.0.0"' in shell.run(image)
    shell.run(down)
    assert cloud.describe(RUN) is None
    assert api_document.check_kept(RUN), "no answer of the API was kept"


def test_every_command_on_an_empty_account(shell):
    build, deploy, targets, declare, release, uploads = blocks("docs/sample.md")
    _, roll_back = blocks()
    description = cloud.up(RUN, int(shell.environment["PORT"]), 0.1)
    assert [block.split()[1] for block in (build, deploy)] == ["build-aws", "deploy"]
    shell.run(localised(build))
    assert "Successfully created/updated stack" in shell.run(localised(deploy))
    shell.run(targets)

    aws = Aws({**description, "stack": Aws(description).stack_outputs("windlass")})
    story = Storyteller(aws, say=lambda text: None)
    shop = story.shop
    made = aws.stack_outputs(shop.stack)
    shop.make_visitor("visitor", made["DistributionDomain"])
    shop.find_targets()
    given = yaml.safe_load(made["Vars"]) | {"page": shop.page, "api": shop.api}
    assert "is in force" in shell.run(localised(declare, yaml.safe_dump(given, default_flow_style=True, width=1000).strip()))

    for block, version, page in ((release, "2.0.0", "1.1.0"), (uploads, "2.1.0", "1.2.1")):
        shell.run(block)
        released = story.ended(story.deployment_of(version)["id"])
        assert ending(released) == "Succeeded", released["ending"]
        assert shop.page_version() == page

    assert "RolledBack" not in shell.run(roll_back)
    assert shop.page_version() == "1.1.0"
    assert not story.ledger.state().get("hold")
