"""An application of the tests: a page in a bucket that is served as it is, and a function behind an alias, each changed by Windlass."""

import json
import shutil

import enforced
import yaml
from ledger import Ledger
from left_behind import PLANTED
from shop import REPOSITORY, made_zip, running_digest
from storyteller import Storyteller

HOME_ACCOUNT, OTHER_ACCOUNT = "000000000000", "222222222222"
TARGET_ROLE = REPOSITORY / "examples/target-role.yaml"
TARGETS = REPOSITORY / "tests/e2e/targets.yaml"
CODE = """
import time

def handler(event, context):
    time.sleep({seconds})
    return {{"version": "{version}", "sum": {sum}}}
"""
MISTAKE = '1 + "1"'
# The tests release by every way in.
SOURCES = ["api", "console", "s3", "ecr"]
INVOCATIONS = [{"name": "a sum", "payload": {}, "expect": {"sum": 2}, "within": "10s"}]


class Application(Storyteller):
    """The application in one of its environments."""

    def __init__(self, aws, app, environment, account=HOME_ACCOUNT):
        super().__init__(aws)
        self.app = app
        self.environment = environment
        self.account = account
        self.ledger = Ledger(aws, app, environment)
        self.where = {"app": app, "environment": environment}
        self.bucket = f"{app}-pages-{environment}"

    def client(self, service):
        return self.aws.client(service, self.account)

    def progress(self):
        return ""

    def make_targets(self):
        """Makes what the application lives in; its name begins with the application's."""
        parameters = {"App": self.app, "Environment": self.environment, "Planted": PLANTED}
        self.shop.deploy_stack(f"{self.app}-{self.environment}-targets", TARGETS, parameters, self.client("cloudformation"))
        self.set_alarm("OK")

    def let_windlass_in(self):
        """Makes the role by which Windlass reaches the targets in another account."""
        parameters = {
            "WindlassAccount": HOME_ACCOUNT,
            "App": self.app,
            "Environment": self.environment,
            "SiteBucketArns": f"arn:aws:s3:::{self.app}-pages-*",
            "TaskRoleArns": f"arn:aws:iam::*:role/windlass-task-{self.app}-*",
            "TaskClusterArns": f"arn:aws:ecs:*:*:cluster/{self.app}-*",
        }
        self.shop.deploy_stack(f"{self.app}-{self.environment}-role", TARGET_ROLE, parameters, self.client("cloudformation"))
        role = target_role(self.app, self.environment).rpartition("/")[2]
        enforced.name_sessions(self.client("iam"), role)
        enforced.allow_where_it_is_checked(self.client("iam"), role)

    def forbid_writes(self):
        """Someone forbids to write the pages, so that an undo cannot."""
        refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{self.bucket}/*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
        self.client("s3").put_bucket_policy(Bucket=self.bucket, Policy=policy)

    def permit_writes(self):
        self.client("s3").delete_bucket_policy(Bucket=self.bucket)

    def make_alarm(self, name):
        """An alarm that no gate of Windlass's looks at."""
        series = {"Namespace": self.app, "MetricName": name, "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
        self.client("cloudwatch").put_metric_alarm(AlarmName=name, Threshold=1, ComparisonOperator="GreaterThanThreshold", **series)
        self.ring(name, "OK")

    def ring(self, name, state="ALARM"):
        self.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="as the test says")

    def set_alarm(self, state):
        self.ring(f"{self.app}-{self.environment}-errors", state)

    def declaration(self, environments, gates, version="1.0.0", **components):
        """A declaration with page and jobs, and what more is given."""
        page = {"kind": "static_site", "bucket": self.app + "-pages-{environment}", "hashed": ["assets/**"], "prefix": "page"}
        jobs = {"kind": "lambda", "function": self.app + "-jobs-{environment}", "alias": "live", "after": ["page"], "gates": {"invocations": INVOCATIONS}}
        return {
            "app": self.app,
            "version": version,
            "environments": {name: {"sources": SOURCES, **written} for name, written in environments.items()},
            "components": {"page": page, "jobs": jobs, **components},
            "gates": gates,
        }

    def declare(self, declaration):
        """Uploads a declaration, and waits until it is in force."""
        self.shop.upload(f"apps/{self.app}/app.yaml", yaml.safe_dump(declaration, sort_keys=False).encode())
        version = declaration["version"]
        self.until("the declaration in force", lambda: (self.ledger.declaration() or {}).get("version") == version)

    def release(self, version, ref="refs/heads/main", **code):
        """Uploads page and jobs of a release, then its manifest; `code` says what is in jobs."""
        self.shop.upload(f"releases/{self.app}/{self.environment}/{version}.json", json.dumps(self.manifest(version, ref, **code)).encode())

    def manifest(self, version, ref="refs/heads/main", **code):
        """Uploads page and jobs of a release; answers its manifest."""
        self.upload_site("page", version)
        self.upload_function("jobs", version, **code)
        components = {name: self.artifact(name, version) for name in ("page", "jobs")}
        return {"version": version, "git": {"ref": ref}, "components": components}

    def key(self, name, version):
        """The key of a component's artifact."""
        return f"artifacts/{self.app}/{self.environment}/{name}/{version}.zip"

    def artifact(self, name, version):
        """The artifact that was uploaded, as a manifest names it."""
        return self.shop.pinned(self.key(name, version))

    def upload_site(self, name, version, metadata=None, files=None):
        self.shop.upload(self.key(name, version), made_zip(files or site_files(name, version)), metadata)

    def upload_function(self, name, version, metadata=None, **code):
        self.shop.upload(self.key(name, version), made_zip(function_files(version, **code)), metadata)

    def in_folder(self, folder, version, **components):
        """Builds a release into a folder, of each component these files; answers the command line's arguments for it."""
        shutil.rmtree(folder / version, ignore_errors=True)
        for component, files in components.items():
            for path, text in files.items():
                place = folder / version / component / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
        return ["release", self.app, version, *(f"{component}={version}/{component}/" for component in components)]

    def targets(self):
        """Returns what the stack of the targets answered."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=f"{self.app}-{self.environment}-targets")["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    # ── what is seen from outside ──

    def site(self, name):
        """The version that the document names."""
        s3 = self.client("s3")
        try:
            found = s3.get_object(Bucket=self.bucket, Key=f"{name}/index.html")
        except s3.exceptions.NoSuchKey:
            return "nothing"
        return found["Body"].read().decode().rpartition(" ")[2]

    def function(self, name, qualifier="$LATEST"):
        """The version that the function answers with."""
        answer = self.client("lambda_").invoke(FunctionName=f"{self.app}-{name}-{self.environment}", Qualifier=qualifier)
        return json.loads(answer["Payload"].read()).get("version")

    def running_digest(self):
        """The digest of the image that the service's running tasks run; several, if it is between two."""
        return running_digest(self.client("ecs"), f"{self.app}-{self.environment}")

    def seen(self):
        return {"page": self.site("page"), "jobs": self.function("jobs", "live")}


def target_role(app, environment):
    """The role of examples/target-role.yaml in the other account."""
    return f"arn:aws:iam::{OTHER_ACCOUNT}:role/windlass-target-{app}-{environment}"


def site_files(name, version):
    """The files of a page that names its version."""
    digits = version.replace(".", "")
    return {
        "index.html": f'<!doctype html><script src="assets/app-{digits}.js"></script>{name} {version}',
        f"assets/app-{digits}.js": f'console.log("{version}");',
    }


def function_files(version, sum_="1 + 1", seconds=0):
    """The files of a function that answers its version, after so many seconds."""
    return {"index.py": CODE.format(version=version, sum=sum_, seconds=seconds)}
