"""The sample application: its targets, its artifacts, and what a visitor sees of it."""

import hashlib
import io
import json
import pathlib
import urllib.error
import urllib.request
import zipfile

import images
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHOP = REPOSITORY / "examples/shop"
IMAGE_REPOSITORY = "shop/agent"
ENVIRONMENT = "prod"
# How long each step and the whole are watched on the local cloud: time passes in tests as everywhere.
WATCHED_FOR = "2s"


class Shop:
    """The sample application in one environment."""

    def __init__(self, aws, environment=ENVIRONMENT, stack="shop-targets", repository=IMAGE_REPOSITORY):
        self.aws = aws
        self.targets = {}
        # The SHA-256 of what was uploaded, by key.
        self.digests = {}
        self.environment = environment
        self.stack = stack
        self.repository = repository
        self.cluster = f"shop-{environment}"
        self.function = f"shop-api-{environment}"
        self.watched_for = WATCHED_FOR if aws.endpoint else "30s"

    def make_targets(self):
        """Makes what the application lives in by CloudFormation, as a team would. There is no page before the first release."""
        parameters = {"Environment": self.environment, "Subnets": self.subnets(), "Repository": self.repository}
        self.deploy_stack(self.stack, SHOP / "targets.yaml", parameters)
        targets = self.aws.stack_outputs(self.stack)
        if self.aws.endpoint:
            self.make_visitor("visitor", targets["DistributionDomain"])
        self.find_targets()

    def subnets(self):
        """The subnets of the default VPC."""
        found = self.aws.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        return ",".join(subnet["SubnetId"] for subnet in found)

    def make_visitor(self, name, domain):
        """Makes an address under which the local cloud serves a distribution; answers it."""
        self.deploy_stack(name, REPOSITORY / "tests/e2e/visitor.yaml", {"Endpoint": self.aws.endpoint, "Domain": domain})
        return f"{self.aws.endpoint}/_aws/execute-api/{self.aws.stack_outputs(name)['ApiId']}/visit"

    def find_targets(self):
        """Reads where the targets are, and the addresses under which the local cloud serves page and API."""
        self.targets = self.aws.stack_outputs(self.stack)
        if not self.aws.endpoint:
            given = yaml.safe_load(self.targets["Vars"])
            self.page, self.api = given["page"], given["api"]
            return
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
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1 if self.aws.endpoint else 10, "MaxAttempts": 180})

    # ── what a developer and CI do ──

    def declare(self, version="1.0.0", **changes):
        """Uploads the declaration, with what the targets' stack answered in its `vars`, and with little patience."""
        document = yaml.safe_load((SHOP / "app.yaml").read_text())
        document["version"] = version
        document["components"]["api"]["rollout"]["every"] = self.watched_for
        document["gates"]["bake"] = self.watched_for
        document["environments"] = {self.environment: document["environments"][ENVIRONMENT]}
        document["components"]["agent"]["repository"] = self.repository
        document["environments"][self.environment]["vars"] = {
            "bucket": self.targets["SiteBucket"],
            "distribution": self.targets["DistributionId"],
            "page": self.page,
            "api": self.api,
        }
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
        components = {}
        for component in ("web", "api"):
            key = f"artifacts/shop/{self.environment}/{component}/{version}.zip"
            self.upload(key, zipped(SHOP / "releases" / source / component, source, version), {"version": version})
            components[component] = self.pinned(key)
        self.push_image(version)
        components["agent"] = {"image": f"{self.repository}:{version}"}
        commit = hashlib.sha1(version.encode(), usedforsecurity=False).hexdigest()
        return {"version": version, "git": {"ref": f"refs/tags/v{version}", "commit": commit}, "components": components}

    def release(self, version, source=None):
        """Builds a release and uploads its manifest, last."""
        manifest = self.build(version, source)
        self.upload(f"releases/shop/{self.environment}/{version}.json", json.dumps(manifest).encode())
        return manifest

    def upload(self, key, body, metadata=None):
        self.digests[key] = hashlib.sha256(body).hexdigest()
        self.aws.s3.put_object(Bucket=self.aws.outputs["ArtifactsBucket"], Key=key, Body=body, Metadata=metadata or {}, ChecksumAlgorithm="SHA256")

    def pinned(self, key):
        """An object that was uploaded, as a manifest names it."""
        return {"key": key, "sha256": self.digests[key]}

    def push_image(self, tag, repository=None, content=None, **behaviour):
        """Pushes an image: what `docker push` sends last, an OCI manifest, here without layers, because it is never run.

        The same `content` has the same digest; the tag is the content unless given. `behaviour` sets for the stand-in for
        the Docker Engine API what a container of it does (docker_standin.py).
        """
        content = content or tag
        repository = repository or self.repository
        if not self.aws.endpoint:
            return images.push(self.aws.ecr, repository, tag, content)
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

    def deliver_image_event(self, tag, digest, repository=None):
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
            "detail": {"result": "SUCCESS", "repository-name": repository or self.repository, "image-digest": digest, "action-type": "PUSH"},
        }
        if tag:
            event["detail"]["image-tag"] = tag
        self.require_rule_matches("ImagesRule", event)
        self.aws.sqs.send_message(QueueUrl=self.aws.outputs["IntakeQueueUrl"], MessageBody=json.dumps(event))

    def require_rule_matches(self, logical_id, event):
        rule = self.aws.cloudformation.describe_stack_resource(StackName=self.aws.installed_as, LogicalResourceId=logical_id)
        name = rule["StackResourceDetail"]["PhysicalResourceId"].rpartition("/")[2]
        pattern = self.aws.events.describe_rule(Name=name)["EventPattern"]
        matches = self.aws.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
        assert matches, f"the rule {logical_id} does not match the documented event"

    # ── what is seen from outside ──

    def page_version(self):
        """The release that the page names, fetched through the distribution."""
        there = {"Host": self.targets["DistributionDomain"]} if self.aws.endpoint else {}
        status, body = fetch(f"{self.aws.endpoint or self.page}/index.html", there)
        return body.partition("<footer>Release ")[2].partition("</footer>")[0] if status == 200 else f"status {status}"

    def function_version(self):
        """The release that the alias answers with."""
        answer = self.aws.lambda_.invoke(FunctionName=self.function, Qualifier="live", Payload=json.dumps({"rawPath": "/prices/tea"}))
        payload = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            return f"error {payload.get('errorType')}"
        return json.loads(payload["body"]).get("version", payload["body"]) if payload["body"].startswith("{") else payload["body"]

    def alias(self):
        """The alias: its version, and the weights of others."""
        alias = self.aws.lambda_.get_alias(FunctionName=self.function, Name="live")
        return alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def running_digest(self):
        """The digest of the image that the service's running tasks run; several, if it is between two."""
        return running_digest(self.aws.ecs, self.cluster)

    def agent_version(self):
        """The release whose image runs, by its tag in the registry."""
        digest = self.running_digest()
        images = self.aws.ecr.describe_images(repositoryName=self.repository)["imageDetails"]
        return next((" ".join(image.get("imageTags", [])) for image in images if image["imageDigest"] == digest), digest)

    def seen(self):
        """Returns what all three serve, seen from outside."""
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
