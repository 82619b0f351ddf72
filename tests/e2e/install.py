"""Installs Windlass on the running local cloud with `sam deploy`, and writes the stack's outputs.

    python tests/e2e/install.py [--home .local/run] [--outputs .local/outputs.json]
"""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys

import aws
import cloud
import enforced

STACK = "windlass"


def install(home, outputs, functions=None):
    """Deploys the template as it is; only parameters differ from an installation on AWS. `functions` is where those find AWS."""
    description = cloud.describe(home)
    if not description:
        raise cloud.CloudError("it does not run: `make up` starts it")
    sam_deploy(cloud.REPOSITORY, home, description, functions)
    document = {"endpoint": description["endpoint"], "region": description["region"], "docker": description["docker"]}
    document["stack"] = aws.Aws(document).stack_outputs(STACK)
    if description["auth"]:
        enforced.adapt(aws.Aws(document), STACK)
    outputs.write_text(json.dumps(document, indent=2) + "\n")
    return document


def sam_deploy(folder, home, description, functions=None):
    """Deploys the template in a folder, as `sam deploy` there does."""
    parameters = {
        "Architecture": {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64"),
        "AwsEndpointUrl": functions or description["endpoint"],
        "SiteBucketArns": "arn:aws:s3:::shop-web-*,arn:aws:s3:::*-pages-*",
        "DeletionProtection": "false",
    }
    sam = pathlib.Path(sys.executable).with_name("sam")
    command = [sam, "deploy", "--stack-name", STACK, "--no-confirm-changeset", "--no-progressbar"]
    command += ["--parameter-overrides", *[f"{name}={value}" for name, value in parameters.items()]]
    log = home / "sam-deploy.log"
    with log.open("wb") as file:
        done = subprocess.run(command, cwd=folder, env=environment(home, description), stdout=file, stderr=file, check=False)
    if done.returncode != 0:
        raise cloud.CloudError(f"sam deploy failed; {log} ends with:\n{log.read_text()[-3000:]}")


def environment(home, description):
    """No credentials of the caller, so that nothing but the local cloud can be reached."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",
        "AWS_ENDPOINT_URL": description["endpoint"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": description["region"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=pathlib.Path, default=cloud.REPOSITORY / ".local/run")
    parser.add_argument("--outputs", type=pathlib.Path, default=cloud.REPOSITORY / ".local/outputs.json")
    options = parser.parse_args()
    document = install(options.home.resolve(), options.outputs.resolve())
    print(f"windlass: installed as stack `{STACK}`, {len(document['stack'])} outputs in {options.outputs}")


if __name__ == "__main__":
    try:
        main()
    except cloud.CloudError as error:
        sys.exit(f"local cloud: {error}")
