"""The application `bundles`: a site of each bundler, as the bundler makes it, in one of the modes of a site; and visitors who load old
and new pages of all of them."""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess

from application import Application
from cloud import REPOSITORY
from crowd import Crowd
from shop import made_zip

ENVIRONMENT = "open"
SOURCES = REPOSITORY / "tests/e2e/bundlers"
BUILT = REPOSITORY / ".local/bundlers"
RELEASES = ["1.0.0", "1.1.0", "1.2.0"]
# Whose names carry a hash of the content, each and every one; what the others call their entries says nothing of the content.
HASHED = {"angular", "parcel", "vite"}
UNHASHED = {"esbuild", "rollup", "webpack"}
# How many of the pages that were opened before are looked at again beside a new one.
STALE = 2
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


def built():
    """The files of every site by bundler and release; built anew where the sources have changed."""
    sources = [SOURCES / name for name in ("package.json", "package-lock.json", "build.mjs")]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    folder = BUILT / stamp[:12]
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path in sources:
            shutil.copy(path, folder)
        # The bundlers' programs come with their packages: no script of a package is run. Not `npm ci`, which wants the
        # packages of every other platform in the lock, too.
        subprocess.run(["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
        subprocess.run(["node", "build.mjs", folder / "sites"], cwd=folder, check=True)
        (folder / "done").touch()
    sites = {name: {release: read(folder / "sites" / name / release) for release in RELEASES} for name in sorted(HASHED | UNHASHED)}
    assert all(len(files) >= 4 for releases in sites.values() for files in releases.values())
    return sites


def read(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}


class Bundles(Application):
    """The application in one of the modes; its name says which."""

    def __init__(self, aws, mode, sites):
        super().__init__(aws, f"bundles-{mode.replace('_', '-')}", ENVIRONMENT)
        self.mode = mode
        self.sites = sites
        self.domains = {}
        self.distributions = {}

    def bucket_of(self, site):
        return f"{self.app}-pages-{site}"

    def make_targets(self):
        """A bucket and a distribution for each site."""
        tags = [{"Key": "windlass:app", "Value": self.app}, {"Key": "windlass:environment", "Value": ENVIRONMENT}]
        for site in self.sites:
            bucket = self.bucket_of(site)
            self.aws.s3.create_bucket(Bucket=bucket)
            self.aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            self.aws.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
            distribution = self.make_distribution(bucket, tags)
            reads = {
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {"StringEquals": {"aws:SourceArn": distribution["ARN"]}},
            }
            self.aws.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [reads]}))
            self.distributions[site], self.domains[site] = distribution["Id"], distribution["DomainName"]

    def make_distribution(self, bucket, tags):
        access = {"Name": bucket, "OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"}
        control = self.aws.cloudfront.create_origin_access_control(OriginAccessControlConfig=access)["OriginAccessControl"]["Id"]
        origin = {
            "Id": "site",
            "DomainName": f"{bucket}.s3.{self.aws.region}.amazonaws.com",
            "OriginAccessControlId": control,
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        config = {
            "CallerReference": bucket,
            "Comment": "",
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED},
        }
        tagged = {"DistributionConfig": config, "Tags": {"Items": tags}}
        return self.aws.cloudfront.create_distribution_with_tags(DistributionConfigWithTags=tagged)["Distribution"]

    def declare(self):
        def site(name):
            # Nothing is said of the names: the rules must do for what bundlers do by themselves. The domain of a distribution resolves nowhere.
            gates = {"pages": []}
            return {"kind": "static_site", "bucket": self.bucket_of(name), "mode": self.mode, "distribution": self.distributions[name], "gates": gates}

        components = {name: site(name) for name in self.sites}
        environments = {ENVIRONMENT: {"start": "manual"}}
        super().declare({"app": self.app, "version": "1.0.0", "environments": environments, "components": components, "gates": {"bake": "1s"}})

    def release(self, version):
        """A release of all sites from its upload to its end; answers why it did not succeed, empty where it did."""
        for name, releases in self.sites.items():
            self.shop.upload(self.key(name, version), made_zip(releases[version]))
        components = {name: self.artifact(name, version) for name in self.sites}
        return self.operate(action="deploy", **self.where, manifest={"version": version, "components": components}).get("error", "")

    def roll_back(self):
        return self.operate(action="rollback", **self.where, reason="visitors like the old ones").get("error", "")

    def warned_of(self, version):
        """The sites of which the plan says that visitors may get files of two releases."""
        (deployment,) = [found for found in self.ledger.deployments() if found["release"]["version"] == version and found["action"] == "deploy"]
        plan = self.ledger.item(f"deployment#{deployment['id']}", "plan")
        mixed = [warning["path"] for warning in plan["warnings"] if warning["name"] == "MixedReleases"]
        return {path.rpartition(".")[2] for path in mixed}


class Passersby(Crowd):
    """Visitors of all sites of an application, with pages open of every release that they have met."""

    def __init__(self, bundles, count=2):
        super().__init__(bundles.aws.endpoint, count)
        self.domains = bundles.domains
        self.sites = bundles.sites

    def visit(self, choice, connection):
        """A page of each site, with what it and some pages that were opened before need."""
        for name in self.sites:
            document = self.fetch(connection, name, "")
            shown = re.search(r"<p>([\d.]+)</p>", document)
            version = shown and shown[1]
            if version not in RELEASES or document != self.sites[name][version]["index.html"]:
                self.wrong.append(f"{name}: no page of a release: {document!r}")
                return
            self.opened[name, version] += 1
            pages = sorted({release for site, release in self.opened if site == name})
            for release in {version, *choice.sample(pages, min(STALE, len(pages)))}:
                self.use(connection, name, release)

    def use(self, connection, name, version):
        """Loads what a page of a release needs, at once or later."""
        for path, text in self.sites[name][version].items():
            if path.endswith(".html"):
                continue
            found = self.fetch(connection, name, path)
            # A name that other releases have with other content may be answered with theirs, which the plan says.
            right = {files[path] for files in self.sites[name].values() if path in files}
            if found not in right or (name in HASHED and found != text):
                self.wrong.append(f"{name}: /{path} of {version} is {found[:200]!r}")

    def fetch(self, connection, name, path):
        """The text of a file; notes where there is none."""
        status, _, text = self.load(connection, self.domains[name], path)
        if status != 200:
            self.wrong.append(f"{name}: /{path}: {status}: {text[:200]!r}")
        return text
