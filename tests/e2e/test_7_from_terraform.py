"""From infrastructure that Terraform made to a release: `windlass init` writes the patch of its code, Terraform takes it, and what
Windlass deploys is no drift to Terraform.

Terraform itself applies the patch: a plan compared as text would fail for other words, and a defect that applies would pass. The first run
found that an alias stood on `$LATEST`, because the patch wrote `publish`, and ignored it.
"""

import json
import re
import shutil
import subprocess

import pytest
from application import function_files, site_files
from bundles import Bundles
from cloud import REPOSITORY
from newcomer import Newcomer
from shop import made_zip
from terraform import Terraform

APP, ENVIRONMENT = "reef", "prod"
FUNCTION, BUCKET = f"{APP}-api-{ENVIRONMENT}", f"{APP}-pages-{ENVIRONMENT}"
NO_CHANGE, CHANGES = 0, 2
# What the provider of the tests does not know, and the ones of today do.
NOT_YET = "  skip_destroy = true"
CODE = """variable "environment" {
  type    = string
  default = "prod"
}

resource "aws_iam_role" "api" {
  name = "reef-api-${var.environment}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_function" "api" {
  function_name    = "reef-api-${var.environment}"
  role             = aws_iam_role.api.arn
  runtime          = "python3.8"
  handler          = "index.handler"
  filename         = "${path.module}/first.zip"
  source_code_hash = filebase64sha256("${path.module}/first.zip")
  memory_size      = 128

  tags = {
    team = "reef"
  }
}

resource "aws_s3_bucket" "pages" {
  bucket = "reef-pages-${var.environment}"

  versioning {
    enabled = true
  }

  lifecycle_rule {
    id      = "keep-overwritten"
    enabled = true

    noncurrent_version_expiration {
      days = 90
    }
  }

  lifecycle {
    ignore_changes = [server_side_encryption_configuration]
  }
}
"""

class Reef(Newcomer, Bundles):
    """An account that Terraform keeps, and the repository with its code."""

    def __init__(self, aws, folder, work):
        super().__init__(aws, "in-place", {})
        self.app, self.folder = APP, folder
        self.make_repository(
            {
                "infrastructure/main.tf": CODE,
                ".gitignore": ".terraform*\n*.tfstate*\n*.zip\n",
                "web/package.json": json.dumps({"scripts": {"build": "vite build"}, "dependencies": {"vite": "^7.1.0"}}),
                "web/index.html": "<!doctype html>",
                "api/requirements.txt": "fastapi\nmangum\n",
                "api/index.py": "from fastapi import FastAPI\nfrom mangum import Mangum\nhandler = Mangum(FastAPI())\n",
                **{f"web/dist/{path}": text for path, text in site_files("web", "1.0.0").items()},
                **{f"api/package/{path}": text for path, text in function_files("1.0.0").items()},
            }
        )
        (folder / "infrastructure/first.zip").write_bytes(made_zip(function_files("before windlass")))
        self.terraform = Terraform(aws, folder / "infrastructure", work)
        self.make_developer()

    def served(self):
        answer = self.aws.lambda_.invoke(FunctionName=FUNCTION, Qualifier="live")
        return json.loads(answer["Payload"].read())["version"]

    def planned(self):
        status, printed = self.terraform.run("plan", "-input=false", "-no-color", "-detailed-exitcode")
        assert status in (NO_CHANGE, CHANGES), printed
        return status


@pytest.fixture(scope="module")
def reef(aws, tmp_path_factory):
    return Reef(aws, tmp_path_factory.mktemp(APP), tmp_path_factory.mktemp("mirror"))


@pytest.mark.heavy
def test_terraform_takes_the_patch_and_sees_no_drift_in_a_release(reef):
    terraform = reef.terraform
    terraform.does("init", "-input=false", "-no-color")
    terraform.does("apply", "-input=false", "-no-color", "-auto-approve")
    assert reef.planned() == NO_CHANGE
    out = reef.type("windlass init --yes --answer web.distribution=none --answer 'web.bucket=reef-pages-{environment}'")
    assert "windlass.patch" in out, out
    reef.type("git apply windlass.patch")
    reef.type("rm windlass.patch; git add . && git -c user.name=ann -c user.email=ann@example.com commit -qm 'deploy by windlass'")
    terraform.does("validate", "-no-color")
    terraform.does("fmt", "-check", "-diff", "main.tf")
    terraform.does("apply", "-input=false", "-no-color", "-auto-approve")
    tags = reef.aws.lambda_.list_tags(Resource=reef.aws.lambda_.get_function(FunctionName=FUNCTION)["Configuration"]["FunctionArn"])["Tags"]
    assert tags == {"team": "reef", "windlass:app": APP, "windlass:environment": ENVIRONMENT}
    assert (reef.served(), reef.planned()) == ("before windlass", NO_CHANGE)
    declare, doctor, release = [line.strip().partition("   #")[0] for line in out.split("next:\n")[1].splitlines()][1:4]
    for command in (declare, doctor, release):
        reef.type(command)
    assert (reef.served(), reef.planned()) == ("1.0.0", NO_CHANGE)
    # Terraform goes on setting what is its own, and nobody is served from what it publishes.
    main = reef.folder / "infrastructure/main.tf"
    main.write_text(main.read_text().replace("memory_size      = 128", "memory_size      = 256"))
    assert reef.planned() == CHANGES
    terraform.does("apply", "-input=false", "-no-color", "-auto-approve")
    configured = reef.aws.lambda_.get_function_configuration(FunctionName=FUNCTION)
    assert (configured["MemorySize"], reef.served(), reef.planned()) == (256, "1.0.0", NO_CHANGE)


@pytest.mark.heavy
def test_a_service_and_a_distribution_are_valid_after_their_patch(aws, tmp_path):
    """The example with Terraform: the code of the seed that it was made of, with the patch that it has."""
    shutil.copytree(REPOSITORY / "cli/tests/repositories/seeds/monorepo", tmp_path / "it")
    subprocess.run(["git", "apply", REPOSITORY / "examples/init/monorepo/windlass.patch"], cwd=tmp_path / "it", check=True)
    folder = tmp_path / "it/infrastructure"
    terraform = Terraform(aws, folder, tmp_path / "mirror")
    terraform.does("fmt", "-check", "-diff", "main.tf")
    code = (folder / "main.tf").read_text()
    assert code.count(NOT_YET) == 1
    (folder / "main.tf").write_text(code.replace(NOT_YET, ""))
    terraform.does("init", "-input=false", "-no-color")
    terraform.does("validate", "-no-color")


@pytest.mark.heavy
def test_the_page_is_written_as_terraform_writes(aws, tmp_path):
    blocks = re.findall("```hcl\n(.*?)```", (REPOSITORY / "docs/integrate/terraform.md").read_text(), re.DOTALL)
    assert len(blocks) >= 3
    (tmp_path / "it").mkdir()
    terraform = Terraform(aws, tmp_path / "it", tmp_path / "mirror")
    for at, block in enumerate(blocks):
        (terraform.folder / f"block_{at}.tf").write_text(block)
    terraform.does("fmt", "-check", "-diff", ".")
