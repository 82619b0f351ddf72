"""The sample application on the local cloud: its targets, its artifacts, and what a visitor sees of it."""

import hashlib
import io
import json
import pathlib
import urllib.error
import urllib.request
import zipfile

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHOP = REPOSITORY / "examples/shop"
IMAGE_REPOSITORY = "shop/agent"
ENVIRONMENT = "prod"
# How long each step and the whole are watched: time passes in tests as everywhere.
WATCHED_FOR = "2s"


class Shop:
    """The sample application in one environment."""

    def __init__(self, aws):
        self.aws = aws
        self.targets = {}

    def make_targets(self):
        """Makes what the application lives in by CloudFormation, as a team would."""
        self.deploy_stack("shop-targets", SHOP / "targets.yaml", {"Environment": ENVIRONMENT})
        # The local cloud's CloudFormation leaves a bucket's tags out.
        tags = [{"Key": "windlass:app", "Value": "shop"}, {"Key": "windlass:environment", "Value": ENVIRONMENT}]
        self.aws.s3.put_bucket_tagging(Bucket=f"shop-web-{ENVIRONMENT}", Tagging={"TagSet": tags})
        # What ran before Windlass came: the gates measure the page from the first wave on, before the page's own.
        page = b"<!doctype html><title>Shop</title><footer>Release before windlass</footer>"
        self.aws.s3.put_object(Bucket=f"shop-web-{ENVIRONMENT}", Key="index.html", Body=page, ContentType="text/html; charset=utf-8")
        self.make_visitor("visitor", self.aws.stack_outputs("shop-targets")["DistributionDomain"])
        self.find_targets()

    def make_visitor(self, name, domain):
        """Makes an address under which the local cloud serves a distribution; answers it."""
        self.deploy_stack(name, REPOSITORY / "tests/e2e/visitor.yaml", {"Endpoint": self.aws.endpoint, "Domain": domain})
        return f"{self.aws.endpoint}/_aws/execute-api/{self.aws.stack_outputs(name)['ApiId']}/visit"

    def find_targets(self):
        """Reads where the targets are, and the addresses under which the local cloud serves page and API."""
        self.targets = self.aws.stack_outputs("shop-targets")
        visitor = self.aws.stack_outputs("visitor")
        self.page = f"{self.aws.endpoint}/_aws/execute-api/{visitor['ApiId']}/visit"
        self.api = f"{self.aws.endpoint}/_aws/execute-api/{self.targets['ApiId']}/shop"

    def deploy_stack(self, name, template, parameters, cloudformation=None):
        cloudformation = cloudformation or self.aws.cloudformation
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=template.read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    # ── what a developer and CI do ──

    def declare(self, version="1.0.0", **changes):
        """Uploads the declaration, with what the targets' stack answered in its `vars`, and with little patience."""
        document = yaml.safe_load((SHOP / "app.yaml").read_text())
        document["version"] = version
        document["components"]["api"]["rollout"]["every"] = WATCHED_FOR
        document["gates"]["bake"] = WATCHED_FOR
        document["environments"][ENVIRONMENT]["vars"] = {"distribution": self.targets["DistributionId"], "page": self.page, "api": self.api}
        for path, value in changes.items():
            place = document
            *folders, last = path.split("__")
            for folder in folders:
                place = place[folder]
            place[last] = value
        self.upload("apps/shop/app.yaml", yaml.safe_dump(document, sort_keys=False).encode())

    def build(self, version, source=None):
        """Builds a release: uploads page and function, pushes the image; answers the manifest.

        With `source` it has that release's sources, with its own version in them.
        """
        source = source or version
        keys = {}
        for component in ("web", "api"):
            keys[component] = f"artifacts/shop/{component}/{version}.zip"
            self.upload(keys[component], zipped(SHOP / "releases" / source / component, source, version), {"version": version})
        self.push_image(version)
        components = {component: {"key": key} for component, key in keys.items()}
        components["agent"] = {"image": f"{IMAGE_REPOSITORY}:{version}"}
        commit = hashlib.sha1(version.encode(), usedforsecurity=False).hexdigest()
        return {"version": version, "git": {"ref": f"refs/tags/v{version}", "commit": commit}, "components": components}

    def release(self, version, source=None):
        """Builds a release and uploads its manifest, last."""
        manifest = self.build(version, source)
        self.upload(f"releases/shop/{version}.json", json.dumps(manifest).encode())
        return manifest

    def upload(self, key, body, metadata=None):
        self.aws.s3.put_object(Bucket=self.aws.outputs["ArtifactsBucket"], Key=key, Body=body, Metadata=metadata or {}, ChecksumAlgorithm="SHA256")

    def push_image(self, tag, repository=IMAGE_REPOSITORY, content=None, **behaviour):
        """Pushes an image: what `docker push` sends last, an OCI manifest, here without layers, because it is never run.

        The same `content` has the same digest; the tag is the content unless told. `behaviour` tells the stand-in for
        the Docker Engine API what a container of it does (docker_standin.py).
        """
        content = content or tag
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Env": [f"VERSION={content}"]}}).encode()
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": len(config), "digest": sha256(config)},
                "layers": [],
                "annotations": {"org.opencontainers.image.version": content}
                | {f"standin.{name.replace('_', '-')}": str(value) for name, value in behaviour.items()},
            }
        )
        answer = self.aws.ecr.put_image(
            repositoryName=repository, imageManifest=manifest, imageManifestMediaType="application/vnd.oci.image.manifest.v1+json", imageTag=tag
        )
        return answer["image"]["imageId"]["imageDigest"]

    def deliver_image_event(self, tag, digest, repository=IMAGE_REPOSITORY):
        """Delivers the event that ECR sends after a push (Amazon ECR User Guide, "Amazon ECR events and EventBridge").

        The local cloud's ECR sends none, and takes no events in the name of AWS, so it goes straight to where the rule
        would send it; that the rule matches it is checked first.
        """
        event = {
            "version": "0",
            "id": "13cde686-328b-6117-af20-0e5566167482",
            "detail-type": "ECR Image Action",
            "source": "aws.ecr",
            "account": "000000000000",
            "time": "2019-11-16T01:54:34Z",
            "region": self.aws.region,
            "resources": [],
            "detail": {"result": "SUCCESS", "repository-name": repository, "image-digest": digest, "action-type": "PUSH"},
        }
        if tag:
            event["detail"]["image-tag"] = tag
        self.require_rule_matches("ImagesRule", event)
        self.aws.sqs.send_message(QueueUrl=self.aws.outputs["IntakeQueueUrl"], MessageBody=json.dumps(event))

    def require_rule_matches(self, logical_id, event):
        rule = self.aws.cloudformation.describe_stack_resource(StackName="windlass", LogicalResourceId=logical_id)
        name = rule["StackResourceDetail"]["PhysicalResourceId"].rpartition("/")[2]
        pattern = self.aws.events.describe_rule(Name=name)["EventPattern"]
        matches = self.aws.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
        assert matches, f"the rule {logical_id} does not match the documented event"

    # ── what is seen from outside ──

    def page_version(self):
        """The release that the page names, fetched through the distribution."""
        status, body = fetch(f"{self.aws.endpoint}/index.html", {"Host": self.targets["DistributionDomain"]})
        return body.partition("<footer>Release ")[2].partition("</footer>")[0] if status == 200 else f"status {status}"

    def function_version(self):
        """The release that the alias answers with."""
        answer = self.aws.lambda_.invoke(FunctionName=f"shop-api-{ENVIRONMENT}", Qualifier="live", Payload=json.dumps({"rawPath": "/prices/tea"}))
        payload = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            return f"error {payload.get('errorType')}"
        return json.loads(payload["body"]).get("version", payload["body"]) if payload["body"].startswith("{") else payload["body"]

    def alias(self):
        """The alias: its version, and the weights of others."""
        alias = self.aws.lambda_.get_alias(FunctionName=f"shop-api-{ENVIRONMENT}", Name="live")
        return alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def running_digest(self):
        """The digest of the image that the service's running tasks run; several, if it is between two."""
        return running_digest(self.aws.ecs, f"shop-{ENVIRONMENT}")

    def agent_version(self):
        """The release whose image runs, by its tag in the registry."""
        digest = self.running_digest()
        images = self.aws.ecr.describe_images(repositoryName=IMAGE_REPOSITORY)["imageDetails"]
        return next((" ".join(image.get("imageTags", [])) for image in images if image["imageDigest"] == digest), digest)

    def seen(self):
        """What all three serve, seen from outside."""
        return {"agent": self.agent_version(), "api": self.function_version(), "web": self.page_version()}


def running_digest(ecs, cluster, service="agent"):
    """The digest of the image that a service's running tasks run; several, if it is between two."""
    arns = ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="RUNNING")["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    digests = {container.get("imageDigest", "unknown") for task in tasks if task["lastStatus"] == "RUNNING" for container in task["containers"]}
    return " and ".join(sorted(digests)) or "nothing runs"


def zipped(folder, source, version):
    """A zip of a folder; `source` is replaced by `version` in names and texts."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return made_zip({path.relative_to(folder).as_posix().replace(source, version): path.read_text().replace(source, version) for path in paths})


def made_zip(files):
    """A zip of texts by path, with the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return buffer.getvalue()


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def fetch(url, headers=None):
    """Status and text of an address; a refusal is an answer, too."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
