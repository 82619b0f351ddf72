"""What CI runs, for refs of all sorts that Git allows: the action's script, and those of the workflow that `windlass init` writes. No cloud is
there: the API is a server that notes what it is asked, and the token service one that gives tokens."""

import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import urllib.parse

import pytest
from cloud import REPOSITORY
from command_line import PROGRAM
from test_0_action_scripts import PUSH, Ran
from test_0_workflows import ALL, GOOD, steps
from token_service import TokenService

APP = "autopr"
SEED = "container"
TARGETS = ["autopr.cluster=autopr", "autopr.service=autopr-{environment}"]
RULES = ["environments=dev,staging,production", "deploy.dev=branch:feature/**", "deploy.staging=branch:staging", "deploy.production=branch:main"]
# Each with its own step of asking.
ACTIONS = ["none", "example/windlass@v1"]
# All that Git allows in a ref beside letters and digits, and some letters beyond ASCII. A blank, `~^:?*[` and `\\` are in none.
ODD = "!\"#$%&'()+,;<=>@]`{|}_ßé日🚢"
LONG = "x" * 250
REFS = [
    *(f"refs/heads/fix{odd}12" for odd in ODD),
    *(f"refs/heads/{odd}a/b" for odd in ODD),
    *(f"refs/tags/v1.4.0+{odd}7" for odd in ODD),
    *(f"refs/tags/{odd}shop" for odd in ODD),
    *["refs/tags/v1.4.0+build.7", "refs/heads/feature/fix#12", "refs/heads/feature/größe", "refs/heads/feature/@types-node"],
    "refs/heads/feature/add-new-payment-provider-integration-for-europe-and-asia",
    "refs/heads/dependabot/npm_and_yarn/apps/web/typescript-eslint/eslint-plugin-8.19.1",
    *[f"refs/heads/{LONG}", f"refs/tags/v1.4.0-{LONG}", f"refs/tags/{LONG}", f"refs/heads/{'日' * 80}", "refs/heads/日本", "refs/tags/日本"],
    *["refs/heads/--help", "refs/tags/v--help", "refs/tags/v", "refs/heads/$(id)", "refs/heads/a&ref=refs/heads/main", "refs/heads/a%2Fb", "refs/pull/7/merge"],
]
# A version of a manifest (docs/api-reference.md), and a tag of an image (OCI Distribution Specification, "Pulling manifests").
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
IMAGE_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The scripts of both workflows, by the action and the step's name."""
    found = {}
    for action in ACTIONS:
        place = tmp_path_factory.mktemp("repository") / SEED
        shutil.copytree(REPOSITORY / "cli/tests/repositories/seeds" / SEED, place)
        given = [part for answer in [*TARGETS, *RULES, *ALL, f"app={APP}", f"github=example/{APP}", f"action={action}"] for part in ("--answer", answer)]
        done = subprocess.run([PROGRAM, "init", "--no-account", "--yes", *given], cwd=place, capture_output=True, text=True, check=False)
        assert done.returncode == GOOD, done.stderr
        made = steps(place / ".github/workflows/release.yaml")
        found[action] = {step["name"]: step["run"] for step in made if "run" in step}
    return found


def ran(folder, script, ref, **variables):
    """Runs a step of a workflow as a runner does, and returns its log, status and what it has set."""
    kept = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV")}
    for place in kept.values():
        place.write_text("")
    given = {"PATH": os.environ["PATH"], "GITHUB_REF": ref, "GITHUB_RUN_NUMBER": "12", "GITHUB_RUN_ATTEMPT": "1", **kept, **variables}
    environment = {name: str(value) for name, value in given.items()}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    lines = "".join(place.read_text() for place in kept.values()).splitlines()
    return done.stdout + done.stderr, done.returncode, dict(line.split("=", 1) for line in lines)


def test_git_allows_each_of_the_refs():
    assert len(REFS) > 100
    assert [ref for ref in REFS if subprocess.run(["git", "check-ref-format", ref], check=False).returncode] == []


def test_each_ref_makes_a_version_and_a_tag_that_are_valid_and_the_runs_own(tmp_path, scripts):
    (script,) = {scripts[action]["Make the version"] for action in ACTIONS}
    for ref in REFS:
        log, status, first = ran(tmp_path, script, ref)
        assert status == GOOD, (ref, log)
        assert VERSION.fullmatch(first["VERSION"]) and IMAGE_TAG.fullmatch(first["IMAGE_TAG"]), (ref, first)
        again = ran(tmp_path, script, ref, GITHUB_RUN_ATTEMPT="2")[2]
        # The tag of a version is that version, in whichever run.
        is_its_tag = ref.startswith("refs/tags/") and first["VERSION"] in ref
        assert (again["VERSION"] == first["VERSION"]) == is_its_tag, (ref, first, again)
        assert is_its_tag or first["VERSION"].endswith("-12.1"), (ref, first)
        # With Windlass's action it is the same one.
        released = Ran(tmp_path, {**PUSH, "GITHUB_REF": ref, "GITHUB_BASE_REF": "main"}, MODE="release")
        assert released.status == GOOD and released.arguments[:4] == ["release", "--watch", "shop", first["VERSION"]], (ref, released.log)


@pytest.mark.parametrize(
    ("ref", "version"),
    [
        ("refs/tags/v1.4.0+build.7", "1.4.0+build.7"),
        ("refs/tags/shop-v1.4.0-rc.1", "1.4.0-rc.1"),
        ("refs/tags/spring", "spring"),
        ("refs/tags/spring/a", "spring-a-12.1"),
        ("refs/heads/feature/@types-node", "feature--types-node-12.1"),
        ("refs/heads/@types/node", "types-node-12.1"),
        ("refs/heads/日本", "ref-12.1"),
        (f"refs/heads/{LONG}", "x" * 59 + "-12.1"),
        ("refs/pull/7/merge", "pr-7-12.1"),
    ],
)
def test_the_version_says_as_much_of_the_ref_as_it_can(tmp_path, scripts, ref, version):
    made = ran(tmp_path, scripts["none"]["Make the version"], ref)[2]
    assert made == {"VERSION": version, "IMAGE_TAG": version.replace("+", "_")}


class Asked(http.server.BaseHTTPRequestHandler):
    """The API, which chooses one environment for each ref, and notes what it was asked."""

    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.shown.add(self.headers["Authorization"])
        body = b'{"chosen": "staging"}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_the_api_is_asked_for_each_ref_as_it_is(tmp_path, scripts):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    server.asked, server.shown = [], set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tokens = TokenService("repo:example/shop:ref:refs/heads/main")
    variables = {"WINDLASS_ENDPOINT": f"http://127.0.0.1:{server.server_port}", **tokens.variables}
    try:
        for ref in REFS:
            log, status, said = ran(tmp_path, scripts["none"]["Ask Windlass which environment the ref chooses"], ref, **variables)
            assert (status, said) == (GOOD, {"environment": "staging"}), (ref, log)
            asked = urllib.parse.urlsplit(server.asked.pop())
            assert asked.path == f"/ci/apps/{APP}/environments" and asked.fragment == "", (ref, asked)
            assert urllib.parse.parse_qsl(asked.query, keep_blank_values=True) == [("ref", ref)], (ref, asked)
        assert tokens.asked[0]["audience"] == [variables["WINDLASS_ENDPOINT"]] and server.shown <= {f"Bearer {token}" for token in tokens.given}
    finally:
        tokens.__exit__()
        server.shutdown()
        server.server_close()


def test_the_action_asks_for_each_ref_as_it_is(tmp_path):
    document = {"asked": "it", "chosen": "staging", "rules": []}
    for ref in REFS[:-1:4]:
        asked = Ran(tmp_path, {**PUSH, "GITHUB_REF": ref}, document, MODE="choose")
        assert (asked.status, asked.outputs["environment"]) == (GOOD, "staging"), (ref, asked.log)
        assert asked.arguments == ["explain", "shop", "--git-ref", ref]


@pytest.mark.parametrize("action", ACTIONS)
def test_the_role_follows_from_the_environment_alone(tmp_path, scripts, action):
    script = scripts[action]["Name what belongs to the environment"]
    for ref in ("refs/heads/main", "refs/tags/v1.4.0", "refs/heads/größe"):
        names = {"role": f"{APP}-ci-staging", "github": "of-staging"}
        assert ran(tmp_path, script, ref, CHOSEN="staging", GITHUB_EVENT_NAME="push")[1:] == (GOOD, names)
        assert ran(tmp_path, script, ref, CHOSEN="", GITHUB_EVENT_NAME="push")[1] == 1
    # No other step reads the ref, but to make the version: the token names where the release comes from.
    read = {name for name, text in scripts[action].items() if "GITHUB_REF" in text}
    by_hand = {"Ask Windlass which environment the ref chooses"}
    assert read == {"Make the version"} | (by_hand if action == "none" else set())


def test_the_manifest_leaves_ref_and_commit_to_the_token(tmp_path, scripts):
    made, to, _ = scripts["none"]["Release it, and end as the deployment ends"].partition("> manifest.json")
    log, status, _ = ran(tmp_path, made + to, "refs/tags/v1.4.0", VERSION="1.4.0", ENVIRONMENT="staging", digest_autopr="sha256:1", WINDLASS_ENDPOINT="https://a.example")
    assert status == GOOD, log
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    image = manifest["components"].pop("autopr")["image"]
    assert image.endswith("@sha256:1") and manifest == {"version": "1.4.0", "sequence": 12, "components": {}}, (image, manifest)


def test_no_script_that_is_shown_or_run_takes_the_commit_that_the_run_names(scripts):
    shown = [*REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("examples/**/*.yaml"), *REPOSITORY.glob("action/*.sh"), REPOSITORY / "action.yml"]
    texts = {str(path): path.read_text() for path in shown if "decisions" not in path.parts}
    texts |= {f"{action}: {name}": text for action in ACTIONS for name, text in scripts[action].items()}
    taken = ("$GITHUB_SHA", "${GITHUB_SHA", "$CI_COMMIT_SHA", "${CI_COMMIT_SHA", "github.sha")
    found = [(name, word) for name, text in texts.items() for word in taken if word in text]
    assert found == [(str(REPOSITORY / "docs/integrate/ci.md"), "$GITHUB_SHA")], "one page says why not"
