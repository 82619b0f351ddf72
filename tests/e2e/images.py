"""Images that run, pushed to ECR without Docker: the layers of a small public image, with a configuration of our own.

The Registry HTTP API gives the layers to anybody (Amazon ECR Public User Guide, "Registry authentication"), and ECR's own API takes them
(Amazon ECR API Reference, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, PutImage).
"""

import hashlib
import json
import urllib.request

REGISTRY = "https://public.ecr.aws"
SOURCE = "docker/library/busybox"
TAG = "stable"
INDEX = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
EITHER = f"{MANIFEST}, application/vnd.docker.distribution.manifest.v2+json"
# What the container does: it runs until it is stopped, and stops at once when it is asked to.
RUNS = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]


def push(ecr, repository, tag, content):
    """Pushes an image whose digest is that of its content; answers the digest."""
    base, layers = source()
    config = dict(base, config={"Cmd": RUNS, "Env": [f"VERSION={content}"]})
    config = json.dumps(config, sort_keys=True).encode()
    for blob in [config, *layers]:
        upload(ecr, repository, blob)
    described = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": len(layer), "digest": digest(layer)} for layer in layers]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": len(config), "digest": digest(config)},
        "layers": described,
    }
    answer = ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageManifestMediaType=MANIFEST, imageTag=tag)
    return answer["image"]["imageId"]["imageDigest"]


def upload(ecr, repository, blob):
    """Uploads a layer in one part, unless it is there."""
    there = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[digest(blob)])["layers"]
    if there and there[0]["layerAvailability"] == "AVAILABLE":
        return
    begun = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    ecr.upload_layer_part(repositoryName=repository, uploadId=begun, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob)
    ecr.complete_layer_upload(repositoryName=repository, uploadId=begun, layerDigests=[digest(blob)])


def source():
    """Configuration and layers of the public image for the processor that the task runs on."""
    asked = urllib.request.urlopen(f"{REGISTRY}/token/?service=public.ecr.aws&scope=repository:{SOURCE}:pull", timeout=30)
    with asked as answer:
        token = json.loads(answer.read())["token"]
    index = json.loads(get(f"manifests/{TAG}", token, INDEX))
    found = next(entry for entry in index["manifests"] if entry["platform"] == {"architecture": "amd64", "os": "linux"})
    manifest = json.loads(get(f"manifests/{found['digest']}", token, EITHER))
    config = json.loads(verified(manifest["config"]["digest"], get(f"blobs/{manifest['config']['digest']}", token)))
    layers = [verified(layer["digest"], get(f"blobs/{layer['digest']}", token)) for layer in manifest["layers"]]
    return {name: config[name] for name in ("architecture", "os", "rootfs")}, layers


def get(path, token, accept="*/*"):
    request = urllib.request.Request(f"{REGISTRY}/v2/{SOURCE}/{path}", headers={"Authorization": f"Bearer {token}", "Accept": accept})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def verified(wanted, blob):
    if digest(blob) != wanted:
        raise ValueError(f"{REGISTRY}/{SOURCE}: the bytes of {wanted} are those of {digest(blob)}")
    return blob


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()
