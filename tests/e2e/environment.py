"""Prints what lets a shell speak with the local cloud: `eval "$(make --silent env)"`.

    python tests/e2e/environment.py [--outputs .local/outputs.json]

`aws` and `windlass` of this repository are then found first. A local cloud that does not answer has no such variables.
"""

import argparse
import os
import pathlib
import shlex
import sys

import cloud
from aws import Aws
from command_line import PROGRAM
from shop import REPOSITORY

SAM = REPOSITORY / ".local/sam/bin"


def exports(aws):
    """The variables; nothing of the caller's account is left in them."""
    return {
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PATH": os.pathsep.join([str(PROGRAM.parent), str(SAM), os.environ["PATH"]]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--outputs", type=pathlib.Path, default=REPOSITORY / ".local/outputs.json")
    outputs = parser.parse_args().outputs
    if not outputs.exists():
        sys.exit(f"local cloud: {outputs} is not there: `make up` starts it, and writes that")
    aws = Aws.from_file(outputs)
    if not cloud.answers(aws.endpoint + cloud.READY):
        sys.exit(f"local cloud: nothing answers at {aws.endpoint}, which {outputs} names; what was in it is gone: `make up` starts a new one")
    print("unset AWS_PROFILE AWS_SESSION_TOKEN WINDLASS_ENDPOINT WINDLASS_BUCKET WINDLASS_STACK")
    for name, value in exports(aws).items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
