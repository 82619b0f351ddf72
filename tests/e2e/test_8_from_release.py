"""A release is made, unpacked, and installed by `sam deploy` in an account, by somebody who has no Rust; then it deploys."""

import base64
import hashlib

import cloud
import pytest
import released
from application import Application
from ledger import ending

HOME = cloud.REPOSITORY / ".local/test-from-release"

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def account(request, tmp_path_factory):
    account = released.Account(HOME, tmp_path_factory.mktemp("downloads"))
    yield account
    account.close(keep=request.session.testsfailed)


@pytest.fixture(scope="module")
def place(account):
    """The unpacked folder of a release."""
    dist = account.folder / "dist"
    released.make(dist, target="release-parts")
    return account.unpack(dist / f"{released.installation(released.version_of())}.tar.gz")


def test_sam_deploy_installs_the_unpacked_folder(account, place):
    out = account.run(f"sam deploy --parameter-overrides {' '.join(account.parameters)} 'SiteBucketArns=arn:aws:s3:::*-pages-*'", place)
    assert "Successfully created/updated stack" in out, out
    aws = account.adapted()
    assert aws.outputs["Version"] == released.version_of()
    packed = {path.stem: path.read_bytes() for path in (place / "functions").iterdir()}
    assert len(packed) > 10
    for name, content in packed.items():
        there = aws.lambda_.get_function_configuration(FunctionName=f"windlass-{name}")
        assert there["CodeSha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode(), name
        assert there["Architectures"] == [released.ARCHITECTURE]


def test_what_was_installed_deploys(account):
    aws = account.clients()
    aws.outputs = aws.stack_outputs("windlass")
    skiff = Application(aws, "skiff", "pond")
    skiff.make_targets()
    skiff.declare(skiff.declaration({"pond": {"deploy": {"branch": "main"}}}, {}))
    skiff.release("1.0.0")
    assert ending(skiff.ended(skiff.deployment_of("1.0.0")["id"])) == "Succeeded"
    assert skiff.seen() == {"page": "1.0.0", "jobs": "1.0.0"}
