"""The patch that `windlass init` writes for a template of SAM, taken by SAM where the function is deployed already."""

import json
import os
import shutil
import subprocess

import pytest
from application import function_files
from cloud import REPOSITORY

STACK, FUNCTION = "insight-backend", "insight-backend-prod"


def sam(aws, folder):
    """Deploys the template in the folder as its owner does."""
    environment = {**os.environ, "AWS_ENDPOINT_URL": aws.endpoint, "AWS_DEFAULT_REGION": aws.region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    environment |= {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2", "HOME": str(folder)}
    command = [REPOSITORY / ".local/sam/bin/sam", "deploy", "--stack-name", STACK, "--s3-bucket", "insight-code", "--capabilities", "CAPABILITY_IAM"]
    command += ["--parameter-overrides", "Environment=prod", "--no-progressbar", "--no-confirm-changeset"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)


@pytest.mark.heavy
def test_the_alias_goes_on_serving_what_it_served(aws, tmp_path):
    shutil.copytree(REPOSITORY / "cli/tests/repositories/seeds/monorepo", tmp_path, dirs_exist_ok=True)
    for path, text in function_files("before windlass").items():
        place = tmp_path / "backend/src" / path.replace("index", "app")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    aws.s3.create_bucket(Bucket="insight-code")
    sam(aws, tmp_path / "backend")

    def served():
        answer = aws.lambda_.invoke(FunctionName=FUNCTION, Qualifier="live")
        alias = aws.lambda_.get_alias(FunctionName=FUNCTION, Name="live")
        return json.loads(answer["Payload"].read())["version"], alias["FunctionVersion"]

    before = served()
    made = aws.cloudformation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    (version,) = [resource["LogicalResourceId"] for resource in made if resource["ResourceType"] == "AWS::Lambda::Version"]
    subprocess.run(["git", "apply", REPOSITORY / "examples/init/monorepo/windlass.patch"], cwd=tmp_path, check=True)
    # As `notes.txt` of the example asks for.
    template = tmp_path / "backend/template.yaml"
    template.write_text(template.read_text().replace("BackendFunctionFirstVersion", version))
    sam(aws, tmp_path / "backend")
    assert served() == before
    tags = aws.lambda_.list_tags(Resource=aws.lambda_.get_function(FunctionName=FUNCTION)["Configuration"]["FunctionArn"])["Tags"]
    assert tags["windlass:app"] == "insight" and tags["windlass:environment"] == "prod", tags
