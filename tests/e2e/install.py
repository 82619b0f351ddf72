"""Installs Windlass on the running local cloud with `sam deploy`, and writes the stack's outputs.

    python tests/e2e/install.py [--home .local/run] [--outputs .local/outputs.json] [--site-buckets "blog-web media-*"]
"""

import argparse
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import aws
import cloud
import enforced

sys.path.insert(0, str(cloud.REPOSITORY / "tests/tools"))

import deploy  # noqa: E402
import idle_cost  # noqa: E402, F401

STACK = "windlass"
# What `make build` built for this machine; what goes to AWS lies in target/lambda.
BUILT = cloud.REPOSITORY / "target/local"
# One zip of a function for all installations, until `make build`: zipping takes sam half a minute of a processor each time.
ZIPS = cloud.REPOSITORY / "target/zips"


def install(home, outputs, functions=None, **more):
    """Deploys the template as `make deploy` does; only parameters differ from an installation on AWS. `functions` is where those find AWS,
    `more` are further parameters."""
    description = cloud.describe(home)
    if not description:
        raise cloud.CloudError("it does not run: `make up` starts it")
    sam_deploy(folder(home), home, description, functions, **more)
    document = {"endpoint": description["endpoint"], "region": description["region"], "docker": description["docker"]}
    document["stack"] = aws.Aws(document).stack_outputs(STACK)
    if description["auth"]:
        enforced.adapt(aws.Aws(document), STACK)
    outputs.write_text(json.dumps(document, indent=2) + "\n")
    return document


def folder(home, built=BUILT):
    """A folder with the template and, in place of the functions for AWS, the zips of those that were built for this machine."""
    made = home / "installed"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    for name in ("samconfig.toml", "statemachine"):
        (made / name).symlink_to(cloud.REPOSITORY / name)
    template = (cloud.REPOSITORY / "template.yaml").read_text()
    (made / "template.yaml").write_text(deploy.CODE.sub(lambda found: f"{found[1]} {zipped(built / found[2])}", template))
    return made


def zipped(function):
    """The zip of a function's folder. It is made where there is none of this binary."""
    binary = (function / "bootstrap").resolve()
    state = binary.stat()
    path = ZIPS / f"{function.name}-{state.st_size}-{state.st_mtime_ns}.zip"
    ZIPS.mkdir(parents=True, exist_ok=True)
    with (ZIPS / f"{function.name}.lock").open("w") as lock:
        # Several installations begin at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            making = path.with_suffix(".making")
            with zipfile.ZipFile(making, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.write(binary, "bootstrap")
            making.rename(path)
    return path


def sam_deploy(place, home, description, functions=None, **more):
    """Deploys the template in a folder, as `make deploy` there does."""
    parameters = {
        "AwsEndpointUrl": functions or description["endpoint"],
        "SiteBucketArns": site_bucket_arns(),
        "DeletionProtection": "false",
        # The tests upload as the root of the local cloud's account.
        "AccessWriters": "arn:aws:iam::000000000000:root",
        **more,
    }
    given = [f"{name}={value}" for name, value in parameters.items()]
    try:
        command = deploy.command(place, given, STACK, "--no-confirm-changeset", "--no-progressbar")
    except deploy.NotDeployable as error:
        raise cloud.CloudError(f"not deployed: {error}") from error
    log = home / "sam-deploy.log"
    with log.open("wb") as file:
        done = subprocess.run(command, cwd=place, env=environment(home, description), stdout=file, stderr=file, check=False)
    if done.returncode != 0:
        raise cloud.CloudError(f"sam deploy failed; {log} ends with:\n{log.read_text()[-3000:]}")


def site_bucket_arns(further=()):
    """Those of the sample application and of the tests' own, and further ones by their names."""
    return ",".join(f"arn:aws:s3:::{name}" for name in ("shop-*", "*-pages-*", *further))


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
    parser.add_argument("--site-buckets", type=str.split, default=[], help="further buckets that sites may live in, with blanks between them")
    options = parser.parse_args()
    arns = site_bucket_arns(options.site_buckets)
    document = install(options.home.resolve(), options.outputs.resolve(), SiteBucketArns=arns)
    print(f"windlass: installed as stack `{STACK}`, {len(document['stack'])} outputs in {options.outputs}")


if __name__ == "__main__":
    try:
        main()
    except cloud.CloudError as error:
        sys.exit(f"local cloud: {error}")
