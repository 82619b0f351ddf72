"""The application `atlas`, a site of many files, published through an S3 that bears only so many writes at once."""

import asyncio

from application import Application
from faulty_proxy import SLOW_DOWN
from proxy import Proxy, machine_asks_through, response

ENVIRONMENT = "desk"
PUBLISHER = "windlass-publish-site"
FILES = 1100
# The publisher begins with more than that.
BEARS = 8
# How long a write takes at least, in seconds: behind it a fast machine has as many under way as a slow one.
WRITE_TAKES = 0.02


class Atlas(Application):
    """The application in its one environment: a site, and nothing else."""

    def __init__(self, aws):
        super().__init__(aws, "atlas", ENVIRONMENT)

    def declare(self):
        maps = [{"files": "maps/*.txt", "cache_control": "public, max-age=60"}]
        site = {"kind": "static_site", "bucket": self.bucket, "prefix": "site", "hashed": ["maps/**"], "cache": maps}
        document = self.declaration({ENVIRONMENT: {"deploy": {"branch": "main"}}}, {"bake": "1s"})
        super().declare(document | {"components": {"site": site}})

    def begin(self, version, files):
        """CI POSTs a release of these files; answers the deployment's id."""
        self.upload_site("site", version, files=files)
        components = {"site": self.artifact("site", version)}
        answer = self.aws.call_api("POST", f"/apps/atlas/environments/{ENVIRONMENT}/releases", {"version": version, "git": {"ref": "refs/heads/main"}, "components": components})
        assert answer.status == 202, answer
        return answer.body["id"]

    def listed(self):
        """The site's objects: by path, the entity tags, which S3 makes of the bytes."""
        pages = self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="site/")
        return {found["Key"].removeprefix("site/"): found["ETag"].strip('"') for page in pages for found in page["Contents"]}


def files(version):
    """A document and its maps, each of another content."""
    maps = {f"maps/{number:04}.{version}.txt": f"map {number} of {version}\n" * 50 for number in range(FILES - 1)}
    return {"index.html": f"<!doctype html>atlas {version}", **maps}


class BusyBucket(Proxy):
    """Asks to slow down where so many writes to the bucket are under way already; lets none through after so many, until it is asked to."""

    def __init__(self, upstream_port, bucket):
        super().__init__(upstream_port)
        self.prefix = f"/{bucket}/"
        # After how many writes the next ones must wait.
        self.open_until = 0
        self.waiting = self.under_way = self.written = self.refused = 0

    async def respond(self, call):
        if call.method != "PUT" or not call.path.startswith(self.prefix):
            return await self.forward(call)
        self.waiting += 1
        while self.written >= self.open_until:
            await asyncio.sleep(0.01)
        self.waiting -= 1
        if self.under_way >= BEARS:
            self.refused += 1
            return response(*SLOW_DOWN)
        self.under_way += 1
        try:
            answer, _ = await asyncio.gather(self.forward(call), asyncio.sleep(WRITE_TAKES))
            return answer
        finally:
            self.under_way -= 1
            self.written += 1


def published_through(aws, proxy):
    """While it lasts, the release machine's publisher asks S3 through the proxy."""
    return machine_asks_through(aws, [PUBLISHER], proxy.start(), "S3")
