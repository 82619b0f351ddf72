"""The application `plaza`: a site behind a distribution, and a function that comes after it; in place, or with a folder per release."""

from application import Application
from visitors import release_files

ENVIRONMENT = "open"
COMPONENTS = ("site", "jobs")


class Plaza(Application):
    """The application in one of the modes of a site; its name says which, unless it has another."""

    def __init__(self, aws, mode, app=None):
        super().__init__(aws, app or f"plaza-{mode.replace('_', '-')}", ENVIRONMENT)
        self.mode = mode

    def make_targets(self):
        """Answers the host name under which visitors come."""
        super().make_targets()
        self.distribution = self.targets()["DistributionId"]
        domain = self.targets()["DistributionDomain"]
        self.url = self.shop.make_visitor(f"{self.app}-visitor", domain)
        return domain

    def declare(self, **more):
        """Declares it, with more of the site or others."""
        # The names of the assets are no hashes that are known by their looks.
        site = {"kind": "static_site", "bucket": self.bucket, "mode": self.mode, "distribution": self.distribution, "hashed": ["assets/**"], "url": self.url}
        if self.mode == "prefix":
            site["prefix"] = "releases"
        site |= more
        document = self.declaration({ENVIRONMENT: {"start": "manual"}}, {"bake": "1s"})
        jobs = document["components"]["jobs"] | {"after": ["site"]}
        super().declare(document | {"components": {"site": site, "jobs": jobs}})

    def release(self, version, more=None, **code):
        """A release from its upload to its end, with more files or others; answers why it did not succeed, empty where it did."""
        self.upload_site("site", version, files=release_files(version) | (more or {}))
        self.upload_function("jobs", version, **code)
        components = {name: self.artifact(name, version) for name in COMPONENTS}
        through = {"through_hold": True, "reason": "the next one after a rollback"}
        return self.operate(action="deploy", **self.where, **through, manifest={"version": version, "components": components}).get("error", "")

    def roll_back(self):
        return self.operate(action="rollback", **self.where, reason="visitors like the old one").get("error", "")
