"""The example of an application whose stack makes what its other components fill: `examples/stack`.

It has the name `shop-notes` here, because the installation's `SiteBucketArns` let Windlass write to buckets `shop-*`.
"""

import json

import pytest
import yaml
from application import function_files, site_files
from shop import REPOSITORY
from stacked import LEVER, Stacked, ended

GOOD, ROLLED_BACK = 0, 4
EXAMPLE = REPOSITORY / "examples/stack"


class Notes(Stacked):
    def whole(self, version, template):
        """Builds a release of all three; answers the command line's arguments for it."""
        files = {"api": function_files(version), "web": site_files("web", version)}
        arguments = self.in_folder(self.folder, version, **files)
        return [*arguments, f"infra={template}", "--git-ref", "refs/heads/main"]

    def seen(self):
        """The version that the function answers, and the page in the bucket: both by the names that the stack gives."""
        names = {output["OutputKey"]: output["OutputValue"] for output in self.described()["Outputs"]}
        answer = self.aws.lambda_.invoke(FunctionName=names["ApiName"], Qualifier="live")
        page = self.aws.s3.get_object(Bucket=names["WebBucket"], Key="index.html")
        return json.loads(answer["Payload"].read())["version"], page["Body"].read().decode().rpartition(" ")[2]


@pytest.fixture(scope="module")
def notes(aws, tmp_path_factory):
    notes = Notes(aws, "shop-notes", tmp_path_factory.mktemp("notes"), "dev")
    notes.declare(yaml.safe_load((EXAMPLE / "app.yaml").read_text().replace("notes", notes.app)))
    return notes


def test_the_first_release_makes_the_stack_and_fills_what_it_makes(notes):
    ran = notes.release(*notes.whole("1.0.0", EXAMPLE / "template.yaml"))
    assert ended(ran) == (GOOD, "Succeeded", ""), ran
    assert notes.seen() == ("1.0.0", "1.0.0")


def test_a_release_whose_stack_fails_leaves_what_callers_get(notes):
    """CloudFormation takes the stack back, and nothing behind it has changed."""
    text = (EXAMPLE / "template.yaml").read_text()
    lever = LEVER | {"Lever": LEVER["Lever"] | {"DependsOn": "Api"}}
    failing = notes.folder / "failing.yaml"
    failing.write_text(text.replace("\nResources:\n", "\nResources:\n" + "".join(f"  {name}: {json.dumps(it)}\n" for name, it in lever.items())))
    ran = notes.release(*notes.whole("1.1.0", failing))
    assert ended(ran) == (ROLLED_BACK, "RolledBack", "ChangeFailed"), ran
    assert notes.seen() == ("1.0.0", "1.0.0")
    assert notes.described()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
