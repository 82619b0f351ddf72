"""The story of a release, shown as it happens: `make demo`.

    python tests/e2e/story.py [--outputs .local/outputs.json]
"""

import argparse
import pathlib
import sys

import steps
from aws import Aws
from storyteller import Storyteller

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--outputs", type=pathlib.Path, default=REPOSITORY / ".local/outputs.json")
    story = Storyteller(Aws.from_file(parser.parse_args().outputs), say=lambda text: print(text, flush=True))
    story.note("CloudFormation makes the targets of the sample application: a distribution, a function, a service")
    story.shop.make_targets()
    broken = None
    for step in steps.ALL:
        print(f"\n{step.TITLE}")
        try:
            step.play(story)
        except AssertionError as error:
            broken = f"{step.TITLE}\n  did not end as expected: {error}"
            break
    print(f"\n{story.table()}\n")
    if broken:
        sys.exit(broken)
    story.note(f"every step ended as expected. Windlass still runs at {story.aws.endpoint}; `make down` stops it.")


if __name__ == "__main__":
    main()
