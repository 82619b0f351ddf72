"""The images that the stand-in for the Docker Engine API (docker_standin.py) pulls: their names, and the local cloud's own ECR."""

import hashlib
import hmac
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request

ECR_HOST = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com$")


class DockerError(Exception):
    """An answer other than success, as Docker words it."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def split(image):
    """`host/name:tag` or `host/name@sha256:…` as (repository, reference)."""
    if "@" in image:
        repository, reference = image.split("@", 1)
        return repository, reference
    head, _, tail = image.rpartition("/")
    if ":" in tail:
        name, reference = tail.split(":", 1)
        return (f"{head}/{name}" if head else name), reference
    return image, "latest"


def pinned(image):
    """The image's name in one spelling."""
    repository, reference = split(image)
    return f"{repository}{'@' if reference.startswith('sha256:') else ':'}{reference}"


class Registry:
    """The local cloud's ECR, asked through BatchGetImage."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def describe(self, image):
        """(digest, annotations) of an image; fails as a registry does where there is none."""
        repository, reference = split(image)
        host, _, name = repository.partition("/")
        ecr = ECR_HOST.match(host)
        if not ecr or not self.endpoint:
            derived = "sha256:" + hashlib.sha256(pinned(image).encode()).hexdigest()
            return (reference if reference.startswith("sha256:") else derived), {}
        found = self._batch_get_image(ecr[1], ecr[2], name, reference)
        if not found:
            raise DockerError(404, f"manifest for {image} not found: manifest unknown: Requested image not found")
        try:
            manifest = json.loads(found["imageManifest"])
        except (KeyError, ValueError):
            manifest = {}
        return found["imageId"]["imageDigest"], manifest.get("annotations") or {}

    def _batch_get_image(self, account, region, name, reference):
        kind = "imageDigest" if reference.startswith("sha256:") else "imageTag"
        body = json.dumps({"repositoryName": name, "imageIds": [{kind: reference}]}).encode()
        request = urllib.request.Request(self.endpoint, data=body, headers=signed(self.endpoint, account, region, body))
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                images = json.load(answer).get("images") or []
        except urllib.error.HTTPError as error:
            raise DockerError(404, f"pull access denied for {name}: {error.read().decode(errors='replace')}") from error
        except OSError as error:
            raise DockerError(500, f"registry {self.endpoint} does not answer: {error}") from error
        return images[0] if images else None


def signed(endpoint, account, region, body):
    """Headers of a BatchGetImage by that account's root, whose key is the account's id on the local cloud (SigV4)."""
    host = urllib.parse.urlsplit(endpoint).netloc
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": host,
        "x-amz-date": now,
        "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.BatchGetImage",
    }
    names = ";".join(headers)
    canonical = "\n".join(["POST", "/", "", *(f"{name}:{value}" for name, value in headers.items()), "", names, hashlib.sha256(body).hexdigest()])
    scope = f"{now[:8]}/{region}/ecr/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4test"
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={account}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    return headers
