"""The peers, each with its pinned version and with as much at the same time as it is good for, and the fast S3."""

import contextlib
import os
import subprocess

import boto3
import cloud_side
from botocore.config import Config
from figures import REPOSITORY

PEERS = REPOSITORY / ".local/peers/bin"
STORE = PEERS / "store"
REGION = "us-east-1"


@contextlib.contextmanager
def store():
    """The fast S3; answers its address."""
    with subprocess.Popen([STORE], stdout=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]}) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def s3(endpoint):
    config = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    return boto3.client("s3", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test", config=config)


def _run(endpoint, *command):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cloud_side.HOME),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}"


def _aws(endpoint, site, bucket):
    _run(endpoint, REPOSITORY / ".local/sam/bin/aws", "s3", "sync", site, f"s3://{bucket}", "--only-show-errors")


def _s5cmd(endpoint, site, bucket):
    _run(endpoint, PEERS / "s5cmd", "--endpoint-url", endpoint, "--log", "error", "sync", f"{site}/", f"s3://{bucket}/")


def _rclone(endpoint, site, bucket):
    to = f":s3,provider=Other,env_auth=true,force_path_style=true,list_version=2,no_check_bucket=true,endpoint='{endpoint}':{bucket}"
    _run(endpoint, PEERS / "rclone", "sync", site, to, "--transfers", "64", "--checkers", "64", "--fast-list", "--no-update-modtime")


def _s3sync(endpoint, site, bucket):
    keys = ["--target-access-key", "test", "--target-secret-access-key", "test", "--target-region", REGION]
    _run(endpoint, PEERS / "s3sync", *keys, "--target-endpoint-url", endpoint, "--target-force-path-style", "--worker-size", "64", site, f"s3://{bucket}/")


UPLOADS = {"aws s3 sync": _aws, "s5cmd": _s5cmd, "rclone": _rclone, "s3sync": _s3sync}


def require():
    """A peer that is missing fails the run."""
    for path in (PEERS / "s5cmd", PEERS / "rclone", PEERS / "s3sync", STORE, REPOSITORY / ".local/sam/bin/aws"):
        if not path.exists():
            raise SystemExit(f"{path} is missing: `make peers` installs it")
