"""The GitHub Action, run by a real runner of workflows: it signs in, plans, releases, follows, and ends as the deployment did."""

import pytest
from command_line import PROGRAM
from dinghy import Dinghy

WORKFLOW = """
on: {push: {}, pull_request: {}}
permissions: {}
jobs:
  release:
    runs-on: ubuntu-latest
    permissions: {id-token: write, contents: read}
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with: {persist-credentials: false}
      - uses: example/windlass@v0.1.0
        with:
          app: dinghy
          components: api=api/
          environment: prod
          role: arn:aws:iam::000000000000:role/dinghy-ci-prod
          region: REGION
          command-line: PROGRAM
"""


@pytest.fixture(scope="module")
def dinghy(aws, tmp_path_factory):
    dinghy = Dinghy(aws, tmp_path_factory.mktemp("dinghy"))
    dinghy.make_function()
    dinghy.make_repository()
    dinghy.windlass("init", "--yes")
    dinghy.make_roles()
    dinghy.windlass("declare")
    text = WORKFLOW.replace("PROGRAM", str(PROGRAM)).replace("REGION", aws.region)
    dinghy.write(**{".github/workflows/release.yaml": text})
    dinghy.commit("set up by init")
    return dinghy


def test_a_pushed_tag_is_released_and_followed_to_its_end(dinghy):
    run = dinghy.push("refs/tags/v1.0.0")
    assert run.status == 0, run.log
    assert dinghy.seen() == ("1.0.0", 3)
    assert run.outputs["exit-status"] == "0" and run.outputs["ending"] == "Succeeded", run.outputs
    assert "### dinghy prod 1.0.0: Succeeded" in run.summary, run.summary
