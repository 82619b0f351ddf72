"""Releases an image by a commit that Argo CD follows, and says what the cluster made of it. It changes no cluster."""

import os
from urllib.parse import quote, urlsplit

import boto3
import eks
from botocore.config import Config
from dulwich.errors import GitProtocolError, NotTreeError
from dulwich.object_store import ObjectStoreGraphWalker, commit_tree_changes, tree_lookup_path
from dulwich.objects import Blob
from git_http import Branch
from protocol import Conflict, Refused, answer, digest, in_time
from yaml_value import NoPlace, replaced, value_of

FORMAT = "1"


def fetched(branch, name):
    """Returns an object of the repository, which is fetched where none before it has brought it."""
    if name not in branch.store:
        pack, keep, _ = branch.store.add_pack()
        wants, nothing = lambda *_, **__: [name], ObjectStoreGraphWalker([], lambda _: [])
        branch.client.fetch_pack("", wants, nothing, pack.write, depth=1, filter_spec=b"blob:none")
        keep()
    return branch.store[name]


def file_of(branch, commit, path):
    """Returns mode and text of a file in a commit, by the one path that it has."""
    try:
        if "//" in f"/{path}/":
            raise KeyError(path)
        tree = fetched(branch, commit.encode()).tree
        mode, name = tree_lookup_path(branch.store.__getitem__, tree, path.encode())
        return mode, fetched(branch, name).data.decode()
    except (AttributeError, GitProtocolError, KeyError, NotTreeError, UnicodeDecodeError):
        raise NoPlace(f"The file {path} of the commit {commit} cannot be read.") from None


def looked_at(settings):
    """Returns the branch as it is, mode and text of the file, and the token that nobody may see."""
    secrets = boto3.client("secretsmanager", config=Config(connect_timeout=3, read_timeout=5))
    token = secrets.get_secret_value(SecretId=os.environ["TOKEN"])["SecretString"]
    url = f"{os.environ['GIT_SERVER']}/{quote(settings['repository'])}.git"
    branch = Branch(url, token, settings["branch"], "blob:none")
    return branch, *file_of(branch, branch.head, settings["file"]), token


def judged(status, wanted, head, value_at):
    """Returns what the application lacks until it runs a value, by condition, and why Argo CD has given up."""
    operation, sync, health = (status.get(name) or {} for name in ("operationState", "sync", "health"))
    at, phase = (operation.get("syncResult") or {}).get("revision"), operation.get("phase")
    done, has_failed = phase == "Succeeded", phase in ("Failed", "Error")
    tried = at or operation.get("operation", {}).get("sync", {}).get("revision")
    failed = f"Argo CD: {operation.get('message') or phase}" if has_failed and tried == head else None
    if has_failed and not failed and value_at(at) != wanted:
        # Where another value failed before any of it was there, Argo CD finds the way back made, and begins nothing.
        at, done = sync.get("revision"), True
    has, ended, looked = value_at(at), operation.get("finishedAt"), status.get("reconciledAt")
    conditions = {
        "value": (has == wanted, f"Argo CD has applied {has or 'no such value'} last."),
        "phase": (done, f"Argo CD's operation is {phase}."),
        "synced": (sync.get("status") == "Synced", f"The application is {sync.get('status')}."),
        "healthy": (health.get("status") == "Healthy", f"The application is {health.get('status')}."),
        "looked": (ended and looked and looked > ended, "Argo CD has not looked since its operation ended."),
    }
    return {name: says for name, (holds, says) in conditions.items() if not holds}, failed


def observe(event, settings):
    """Returns what the branch has, and whether the cluster runs it. Where a cluster shows nothing no release begins."""
    field = ".".join(it if isinstance(it, str) else ",".join(map("=".join, it.items())) for it in settings["field"])
    server, repository = urlsplit(os.environ["GIT_SERVER"]).netloc, settings["repository"].lower()
    owns = f"git:{server}/{repository}#{settings['branch']}:{settings['file']}:{field}"
    seen = {"owns": owns, "state": None, "mark": None, "ready": False, "prepared": True, "reads": [FORMAT]}
    if "release" in event:
        seen["goal"] = {"format": FORMAT, "value": digest(event["release"])}
    try:
        branch, _, text, token = looked_at(settings)
        value = value_of(text, settings["field"])
        known = {"state": {"format": FORMAT, "value": value}, "mark": branch.head, "value": value}
        seen |= {} if "release" in event else known

        def value_at(commit):
            try:
                return commit and value_of(file_of(branch, commit, settings["file"])[1], settings["field"])
            except NoPlace:
                return None

        application = eks.read("argoproj.io/v1alpha1", settings["namespace"], "applications", settings["application"])
        lacks, failed = judged(application.get("status", {}), value, branch.head, value_at)
    except (NoPlace, eks.Unreadable) as why:
        return seen | {"says": str(why)}
    if event.get("goal", known["state"]) != known["state"]:
        lacks, failed = {"goal": f"The branch has {value or 'no value'}."}, None
    said = {"says": next(iter(lacks.values()), None), "failed": failed and failed.replace(token, "…")[:500]}
    return seen | known | {"ready": not lacks} | {name: sentence for name, sentence in said.items() if sentence}


def change(event, settings):
    """Puts a commit on the head that was seen, in which the one value is another, and nothing else is."""
    if "release" in event and digest(event["release"]) != event["goal"]["value"]:
        raise Refused("The goal is not the digest of the release.", "WrongDigest")
    branch, mode, text, _ = looked_at(settings)
    wanted, path = event["goal"]["value"], settings["file"].encode()
    if value_of(text, settings["field"]) == wanted:
        return
    if branch.head != event["if"]:
        raise Conflict(f"The branch has moved to {branch.head}.")
    blob = Blob.from_string(replaced(text, settings["field"], wanted).encode())
    branch.store.add_object(blob)
    tree = commit_tree_changes(branch.store, branch.store[branch.tree.encode()], [(path, mode, blob.id)]).decode()
    about = f"{event['component']} of {event['app']} in {event['environment']}: {wanted}\n\nWindlass: {event['key']}\n"
    in_time(event)
    branch.commit(tree, about)


def handler(event, _context=None):
    """Answers one request of Windlass."""
    settings = {"namespace": "argocd"} | event["settings"]
    return answer(event, lambda it: observe(it, settings), lambda it: change(it, settings))
