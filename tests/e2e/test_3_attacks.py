"""What somebody tries who means harm, or who makes a mistake that does: each attempt, on an installed Windlass that enforces IAM, and what comes of it.

That CI reaches no other environment, and nobody a path that is not theirs, is in test_3_who_may_call.py.
"""

import http.server
import json
import threading

import boto3
import enforced
import pytest
from application import Application, function_files, site_files
from botocore.exceptions import ClientError
from command_line import CommandLine
from ledger import ending
from newcomer import Newcomer
from shop import made_zip

ENVIRONMENT = "prod"
GOOD, USAGE, UNAVAILABLE = 0, 2, 6
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
OF_THE_APPLICATION = {"windlass:app": "moat", "windlass:environment": ENVIRONMENT}
OF_ANOTHER_INSTALLATION = {"windlass:installation": "windlass-of-another-team"}
KEY = "-----BEGIN {} PRIVATE KEY-----\nMIIB\n".format("RSA")


class Moat(Application, Newcomer):
    """A site and a function, and the repository that they are built from."""

    def __init__(self, aws, folder):
        super().__init__(aws, "moat", ENVIRONMENT)
        self.folder = folder

    def declare(self, version="1.0.0", **components):
        environments = {ENVIRONMENT: {"deploy": {"branch": "main"}}}
        super().declare(self.declaration(environments, {"bake": "0s"}, version, **components))

    def arn(self, function):
        return f"arn:aws:lambda:{self.aws.region}:000000000000:function:{function}"

    def brings(self, version, **files):
        """Releases the page with these files besides, by the API; answers the record, or the refusal."""
        self.upload_site("page", version, files={**site_files("page", version), **files})
        return self.posts(self.manifest_of(version, "page"))

    def manifest_of(self, version, *components):
        """Uploads what is not there yet, and answers the manifest of these components."""
        if "jobs" in components:
            return self.manifest(version)
        return {"version": version, "git": {"ref": "refs/heads/main"}, "components": {name: self.artifact(name, version) for name in components}}

    def posts(self, manifest):
        answer = self.aws.call_api("POST", f"/apps/moat/environments/{ENVIRONMENT}/releases", manifest)
        return self.ended(answer.body["id"]) if answer.status == 202 else answer.body

    def names(self, refused):
        """The files that a refusal names, in the order of their names."""
        findings = refused.get("findings") or refused["ending"]["findings"]
        return sorted((finding["name"], finding["path"]) for finding in findings)


@pytest.fixture(scope="module")
def moat(aws, tmp_path_factory):
    moat = Moat(aws, tmp_path_factory.mktemp("moat"))
    moat.make_targets()
    moat.declare()
    moat.make_developer()
    return moat


@pytest.fixture
def tagged(moat):
    """Tags a function for as long as a test lasts."""
    arns = []

    def tag(function, tags):
        arns.append((moat.arn(function), list(tags)))
        moat.aws.lambda_.tag_resource(Resource=moat.arn(function), Tags=tags)

    yield tag
    for arn, keys in arns:
        moat.aws.lambda_.untag_resource(Resource=arn, TagKeys=keys)


def deployer(aws, without=None):
    """A Lambda client with the rights of the role that deploys functions, but for one managed policy."""
    found = aws.cloudformation.describe_stack_resource(StackName=aws.installed_as, LogicalResourceId="DeployLambdaRole")
    given = enforced.documents_of(aws.iam, found["StackResourceDetail"]["PhysicalResourceId"])
    name = f"as-deployer{'-without' if without else ''}"
    role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    for number, (of, document) in enumerate(given):
        if without is None or without not in of:
            aws.iam.put_role_policy(RoleName=name, PolicyName=f"policy-{number}", PolicyDocument=json.dumps(document))
    session = aws.client("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
    keys = {"aws_access_key_id": session["AccessKeyId"], "aws_secret_access_key": session["SecretAccessKey"], "aws_session_token": session["SessionToken"]}
    return boto3.client("lambda", endpoint_url=aws.endpoint, region_name=aws.region, **keys), name


# ── Windlass itself is no target ──


def test_an_applications_tags_on_windlass_give_its_deployer_no_right(moat, tagged):
    """IAM refuses the change itself: the deny of the role names the tag of every part of an installation."""
    tagged("windlass-conductor", OF_THE_APPLICATION)
    tagged("moat-bell-prod", OF_ANOTHER_INSTALLATION)
    code = {"ZipFile": made_zip(function_files("of somebody else"))}
    by_the_role, role = deployer(moat.aws)
    without_the_deny, other = deployer(moat.aws, "SpareInstallations")
    try:
        for function in ("windlass-conductor", "moat-bell-prod"):
            with pytest.raises(ClientError, match="AccessDenied"):
                by_the_role.update_function_code(FunctionName=function, **code)
        # What was refused was refused by the deny, and what is the application's alone is not.
        without_the_deny.update_function_code(FunctionName="moat-bell-prod", **code)
        moat.aws.lambda_.untag_resource(Resource=moat.arn("moat-bell-prod"), TagKeys=list(OF_ANOTHER_INSTALLATION))
        by_the_role.update_function_code(FunctionName="moat-bell-prod", **code)
    finally:
        for name in (role, other):
            for policy in moat.aws.iam.list_role_policies(RoleName=name)["PolicyNames"]:
                moat.aws.iam.delete_role_policy(RoleName=name, PolicyName=policy)
            moat.aws.iam.delete_role(RoleName=name)


def test_a_release_changes_no_part_of_another_installation(moat, tagged):
    tagged("moat-jobs-prod", OF_ANOTHER_INSTALLATION)
    refused = moat.posts(moat.manifest_of("0.9.0", "page", "jobs"))
    assert ending(refused) == "Rejected" and ("PartOfWindlass", "components.jobs.function") in moat.names(refused), refused["ending"]
    assert moat.seen() == {"page": "nothing", "jobs": "before windlass"}


def test_who_declares_a_part_of_another_installation_is_refused_before_anything_is_sent(moat, tagged):
    tagged("moat-jobs-prod", OF_ANOTHER_INSTALLATION)
    declared = json.dumps(moat.declaration({ENVIRONMENT: {"deploy": {"branch": "main"}}}, {"bake": "0s"}, "6.0.0"))
    (moat.folder / "app.yaml").write_text(declared)
    before = moat.aws.s3.list_object_versions(Bucket=moat.aws.outputs["ArtifactsBucket"], Prefix="apps/moat/app.yaml")["Versions"]
    ran = moat.windlass.run("declare", "app.yaml")
    assert (ran.status, "PartOfWindlass" in ran.err) == (3, True), ran
    after = moat.aws.s3.list_object_versions(Bucket=moat.aws.outputs["ArtifactsBucket"], Prefix="apps/moat/app.yaml")["Versions"]
    assert [one["VersionId"] for one in after] == [one["VersionId"] for one in before]


def test_a_declaration_names_no_part_of_its_installation_and_no_topic_of_another_application(moat):
    topic = moat.aws.sns.create_topic(Name="of-the-bank", Tags=[{"Key": "windlass:app", "Value": "bank"}])["TopicArn"]
    declared = moat.declaration({ENVIRONMENT: {"deploy": {"branch": "main"}, "notify": [{"topic": topic}]}}, {"bake": "0s"}, "7.0.0")
    declared["components"]["jobs"]["function"] = "windlass-api"
    moat.shop.upload("apps/moat/app.yaml", json.dumps(declared).encode())
    found = moat.until("findings", lambda: moat.findings_beside("apps/moat/app.yaml"))
    assert sorted((one["name"], one["path"]) for one in found) == [
        ("PartOfWindlass", "components.jobs.function"),
        ("TargetNotOurs", f"environments.{ENVIRONMENT}.notify[0].topic"),
    ]
    assert "has the tag `windlass:app`: `bank`" in str(found), found
    assert moat.ledger.declaration()["version"] == "1.0.0"


def test_init_proposes_no_function_of_windlass(moat, tmp_path):
    """A repository with `api/index.py`, in an account in which only Windlass has a function of that name."""
    copy = tmp_path / "bank"
    moat.folder, before = copy, moat.folder
    moat.make_repository({"api/index.py": "def handler(event, context):\n    return {}\n", "api/requirements.txt": "mangum\n"})
    moat.folder = before
    environment = moat.windlass.environment
    windlass = CommandLine.__new__(CommandLine)
    windlass.folder, windlass.environment = copy, environment
    asked = windlass.run("init", "--yes")
    assert asked.status == USAGE and "windlass-api" not in asked.out + asked.err, asked
    forced = windlass.run("init", "--yes", "--answer", "api.function=windlass-api")
    assert forced.status == USAGE and "PartOfWindlass" in forced.out + forced.err, forced


# ── A folder publishes nothing by mistake ──


def test_an_archive_with_secrets_is_refused_whole_and_by_name(moat):
    refused = moat.brings(
        "1.0.0",
        **{".env.production": "TOKEN=1", ".git/config": "[remote]", "certs/server.txt": KEY, "assets/.DS_Store": "-", ".well-known/security.txt": "Contact: mailto:a@b"},
    )
    named = moat.names(refused)
    assert [name for name, _ in named] == ["FileRefused"] * 3, named
    text = str(refused["ending"]["findings"])
    assert all(path in text for path in (".env.production", ".git", "certs/server.txt")), text
    assert moat.site("page") == "nothing"


def test_what_desktops_leave_is_left_out_and_what_the_web_knows_goes(moat):
    done = moat.brings("1.0.1", **{"assets/.DS_Store": "-", "__pycache__/a.pyc": "-", ".well-known/security.txt": "Contact: mailto:a@b"})
    assert ending(done) == "Succeeded", done
    listed = moat.aws.s3.list_objects_v2(Bucket=moat.bucket, Prefix="page/")["Contents"]
    keys = {found["Key"] for found in listed}
    assert "page/.well-known/security.txt" in keys and not any("DS_Store" in key or "pycache" in key for key in keys), keys


def test_a_folder_with_secrets_is_refused_before_anything_is_uploaded(moat):
    folder = moat.folder / "dist"
    for path, text in {**site_files("page", "1.0.2"), ".env": "TOKEN=1", "id_rsa": KEY}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    ran = moat.windlass.run("release", "moat", "1.0.2", "page=dist/", "--environment", ENVIRONMENT, "--no-git")
    assert ran.status not in (GOOD, UNAVAILABLE) and all(name in ran.err + ran.out for name in ("FileRefused", ".env", "id_rsa")), ran
    listed = moat.aws.s3.list_objects_v2(Bucket=moat.aws.outputs["ArtifactsBucket"], Prefix="artifacts/moat/").get("Contents", [])
    assert not any("1.0.2" in found["Key"] for found in listed)


# ── An answer that is not Windlass's ──


class Dead(http.server.BaseHTTPRequestHandler):
    """The API of an installation whose function was overwritten."""

    def answer(self):
        self.send_response(502)
        self.end_headers()
        self.wfile.write(b"<html>Bad Gateway</html>")

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def test_a_dead_api_is_shown_as_that(moat):
    (moat.folder / "good").mkdir()
    for path, text in site_files("page", "1.0.3").items():
        (moat.folder / "good" / path).parent.mkdir(parents=True, exist_ok=True)
        (moat.folder / "good" / path).write_text(text)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dead) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        ran = moat.windlass.run("release", "moat", "1.0.3", "page=good/", "--environment", ENVIRONMENT, "--no-git", "--watch", WINDLASS_ENDPOINT=endpoint)
        server.shutdown()
    assert ran.status == UNAVAILABLE and "502" in ran.err and "windlass doctor" in ran.err and "its execution begins" not in ran.out, ran
