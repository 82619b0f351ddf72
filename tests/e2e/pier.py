"""The application `pier`: sites that are changed in place, and functions with and without an alias, in two accounts.

    home    in Windlass's own account; what merges to `main` arrives by itself
    abroad  in another account, through a role; a person starts it
"""

import json

import enforced
import yaml
from ledger import Ledger
from shop import REPOSITORY, made_zip
from storyteller import Storyteller

HOME, ABROAD = "home", "abroad"
HOME_ACCOUNT, OTHER_ACCOUNT = "000000000000", "222222222222"
TARGET_ROLE = REPOSITORY / "examples/target-role.yaml"
TARGETS = REPOSITORY / "tests/e2e/pier_targets.yaml"
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/windlass-target-pier-abroad"
CODE = """
def handler(event, context):
    return {{"version": "{version}", "sum": {sum}}}
"""
MISTAKE = '1 + "1"'


class Pier(Storyteller):
    """The application in one of its environments."""

    def __init__(self, aws, environment):
        super().__init__(aws)
        self.ledger = Ledger(aws, "pier", environment)
        self.environment = environment
        self.account = OTHER_ACCOUNT if environment == ABROAD else HOME_ACCOUNT
        self.where = {"app": "pier", "environment": environment}

    def client(self, service):
        return self.aws.client(service, self.account)

    def progress(self):
        return ""

    def make_targets(self):
        cloudformation = self.client("cloudformation")
        self.shop.deploy_stack("pier-targets", TARGETS, {"Environment": self.environment}, cloudformation)
        # The local cloud's CloudFormation leaves a bucket's tags out.
        tags = [{"Key": "windlass:app", "Value": "pier"}, {"Key": "windlass:environment", "Value": self.environment}]
        self.client("s3").put_bucket_tagging(Bucket=f"pier-pages-{self.environment}", Tagging={"TagSet": tags})
        self.set_alarm("OK")
        if self.environment == ABROAD:
            parameters = {"WindlassAccount": HOME_ACCOUNT, "App": "pier", "Environment": ABROAD, "SiteBucketArns": "arn:aws:s3:::pier-pages-*"}
            self.shop.deploy_stack("target-role", TARGET_ROLE, parameters, cloudformation)
            enforced.name_sessions(self.client("iam"), ROLE.rpartition("/")[2])

    def forbid_writes(self):
        """Someone forbids to write the pages, so that an undo cannot."""
        pages = f"arn:aws:s3:::pier-pages-{self.environment}/*"
        refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": pages}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
        self.client("s3").put_bucket_policy(Bucket=f"pier-pages-{self.environment}", Policy=policy)

    def permit_writes(self):
        self.client("s3").delete_bucket_policy(Bucket=f"pier-pages-{self.environment}")

    def set_alarm(self, state):
        reason = "as the test says"
        self.client("cloudwatch").set_alarm_state(AlarmName=f"pier-{self.environment}-errors", StateValue=state, StateReason=reason)

    def declare(self):
        """Uploads the declaration of all environments, and waits until it is in force."""
        site = {"kind": "static_site", "bucket": "pier-pages-{environment}", "hashed": ["assets/**"]}
        function = {"kind": "lambda", "invocations": [{"name": "a sum", "payload": {}, "expect": {"sum": 2}, "within": "10s"}]}
        document = {
            "app": "pier",
            "version": "1.0.0",
            "environments": {
                HOME: {"deploy": {"branch": "main"}},
                ABROAD: {"deploy": {"tag": "stable"}, "start": "manual", "role_arn": ROLE},
                # The role of another environment: it asks for another ExternalId.
                "astray": {"start": "manual", "role_arn": ROLE},
            },
            "components": {
                "page": {**site, "prefix": "page"},
                "leaflet": {**site, "prefix": "leaflet", "on_artifact": True},
                "jobs": {**function, "function": "pier-jobs-{environment}", "alias": "live", "after": ["page"]},
                "bell": {**function, "function": "pier-bell-{environment}", "on_artifact": True},
            },
            "gates": {"bake": "10s", "alarms": ["pier-{environment}-errors"]},
        }
        self.shop.upload("apps/pier/app.yaml", yaml.safe_dump(document, sort_keys=False).encode())
        self.until("the declaration in force", self.ledger.declaration)

    def release(self, version, ref="refs/heads/main", sum_="1 + 1"):
        """Uploads page and jobs of a release, then its manifest."""
        self.upload_site("page", version)
        self.upload_function("jobs", version, sum_)
        components = {name: {"key": f"artifacts/pier/{name}/{version}.zip"} for name in ("page", "jobs")}
        manifest = {"version": version, "git": {"ref": ref}, "components": components}
        self.shop.upload(f"releases/pier/{version}.json", json.dumps(manifest).encode())

    def upload_site(self, name, version, metadata=None):
        digits = version.replace(".", "")
        files = {
            "index.html": f'<!doctype html><script src="assets/app-{digits}.js"></script>{name} {version}',
            f"assets/app-{digits}.js": f'console.log("{version}");',
        }
        self.shop.upload(f"artifacts/pier/{name}/{version}.zip", made_zip(files), metadata)

    def upload_function(self, name, version, sum_="1 + 1", metadata=None):
        code = made_zip({"index.py": CODE.format(version=version, sum=sum_)})
        self.shop.upload(f"artifacts/pier/{name}/{version}.zip", code, metadata)

    # ── what is seen from outside ──

    def site(self, name):
        """The version that the document names."""
        s3 = self.client("s3")
        try:
            found = s3.get_object(Bucket=f"pier-pages-{self.environment}", Key=f"{name}/index.html")
        except s3.exceptions.NoSuchKey:
            return "nothing"
        return found["Body"].read().decode().rpartition(" ")[2]

    def function(self, name, qualifier="$LATEST"):
        """The version that the function answers with."""
        answer = self.client("lambda_").invoke(FunctionName=f"pier-{name}-{self.environment}", Qualifier=qualifier)
        return json.loads(answer["Payload"].read()).get("version")

    def seen(self):
        return {"page": self.site("page"), "jobs": self.function("jobs", "live")}
