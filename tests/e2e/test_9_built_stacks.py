"""Stacks that AWS CDK and AWS SAM have built: what `cdk synth` and `sam build` leave is released as it is, with the code of a function in
the bucket where the template expects it; and both come back."""

import npm_tools
import pytest
from application import function_files
from cloud import REPOSITORY
from stacked import Stacked, ended

pytestmark = pytest.mark.heavy

GOOD, REJECTED = 0, 3
# An app of CDK in one file, which is given the names of its stack and its bucket.
CDK = """
const cdk = require('aws-cdk-lib');
const [stackName, fileAssetsBucketName] = process.argv.slice(2);
const synthesizer = new cdk.DefaultStackSynthesizer({ fileAssetsBucketName, generateBootstrapVersionRule: false });
const app = new cdk.App({ outdir: 'cdk.out', analyticsReporting: false });
const stack = new cdk.Stack(app, 'Lamps', { stackName, synthesizer });
new cdk.aws_lambda.Function(stack, 'Lamp', {
  functionName: stackName.replace('-', '-lamp-'),
  runtime: cdk.aws_lambda.Runtime.PYTHON_3_11,
  handler: 'index.handler',
  code: cdk.aws_lambda.Code.fromAsset('lamp'),
});
new cdk.aws_s3.Bucket(stack, 'Letters', { versioned: true });
app.synth();
"""
SAM = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Lamp:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: islet-lamp-bay, Runtime: python3.11, Handler: index.handler, CodeUri: lamp/}
"""


class Built(Stacked):
    """A stack with the function `lamp`, whose code comes with each build."""

    def make_bucket(self):
        self.assets = f"windlass-assets-{self.app}"
        self.aws.s3.create_bucket(Bucket=self.assets)

    def write(self, version):
        """Writes the function's code into the folder, as a developer does."""
        (self.folder / "lamp").mkdir(exist_ok=True)
        for path, text in function_files(version).items():
            (self.folder / "lamp" / path).write_text(text)

    def brings(self, version, folder):
        """Releases a build, and expects that it goes well."""
        ran = self.release("release", self.app, version, f"infra={folder}", "--git-ref", "refs/heads/main")
        assert ended(ran) == (GOOD, "Succeeded", ""), ran
        assert self.function("lamp") == version

    def files(self):
        """The keys in the bucket of its template's files."""
        return {found["Key"] for found in self.aws.s3.list_objects_v2(Bucket=self.assets).get("Contents", [])}


def made(aws, app, folder):
    application = Built(aws, app, folder)
    application.make_bucket()
    application.declare_with(infra={"assets": application.assets})
    return application


def test_what_cdk_has_synthesized_is_released_and_comes_back(aws, tmp_path):
    inlet = made(aws, "inlet", tmp_path)
    modules = npm_tools.installed("cdk") / "node_modules"

    def synthesize(version):
        inlet.write(version)
        (tmp_path / "app.js").write_text(CDK)
        inlet.run("node", "app.js", inlet.stack, inlet.assets, NODE_PATH=str(modules))

    for version in ("1.0.0", "1.1.0"):
        synthesize(version)
        inlet.brings(version, "cdk.out")
    # One for each code, and no template.
    assert len(inlet.files()) == 2, inlet.files()
    inlet.goes_back()
    assert inlet.function("lamp") == "1.0.0"


def test_an_assembly_for_another_bucket_is_refused_before_anything_is_sent(aws, tmp_path):
    sound = made(aws, "sound", tmp_path)
    sound.write("1.0.0")
    (tmp_path / "app.js").write_text(CDK)
    sound.run("node", "app.js", sound.stack, "others", NODE_PATH=str(npm_tools.installed("cdk") / "node_modules"))
    ran = sound.windlass.run("release", "sound", "1.0.0", "infra=cdk.out", "--git-ref", "refs/heads/main")
    assert ran.status == REJECTED and "nothing was uploaded" in ran.err and "components.infra.assets" in ran.err, ran
    assert (sound.described(), sound.files()) == (None, set())


def test_what_sam_has_built_is_released_and_comes_back(aws, tmp_path):
    islet = made(aws, "islet", tmp_path)
    (tmp_path / "template.yaml").write_text(SAM)
    for version in ("1.0.0", "1.1.0"):
        islet.write(version)
        islet.run(REPOSITORY / ".local/sam/bin/sam", "build", SAM_CLI_TELEMETRY="0", AWS_DEFAULT_REGION=aws.region)
        islet.brings(version, ".aws-sam/build")
    assert len(islet.files()) == 2, islet.files()
    islet.goes_back()
    assert islet.function("lamp") == "1.0.0"


def test_a_folder_of_code_that_sam_has_not_built_is_refused(aws, tmp_path):
    creek = made(aws, "creek", tmp_path)
    creek.write("1.0.0")
    (tmp_path / "template.yaml").write_text(SAM)
    ran = creek.windlass.run("release", "creek", "1.0.0", "infra=template.yaml", "--git-ref", "refs/heads/main")
    assert ran.status == REJECTED and "sam package" in ran.err and "nothing was uploaded" in ran.err, ran
    assert creek.described() is None
