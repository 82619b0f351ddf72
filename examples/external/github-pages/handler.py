"""Publishes a build as a commit on the branch that GitHub Pages serves, and says what GitHub makes of it."""

import datetime
import hashlib
import io
import os
import zipfile

import boto3
import urllib3
from dulwich.index import commit_tree
from dulwich.objects import Blob
from git_http import Branch, Conflict, Refused

S3, SECRETS = boto3.client("s3"), boto3.client("secretsmanager")
WORDS = os.environ.get("WORDS", "observe prepare change").split()


def tree_of(branch, release):
    """Returns the tree of a release's files. Of the branch, names that begin with a dot stay, and CNAME."""
    place = {"Bucket": release["bucket"], "Key": release["key"], "VersionId": release["version_id"]}
    content = S3.get_object(**place)["Body"].read()
    if hashlib.sha256(content).hexdigest() != release["sha256"]:
        raise Refused("The object's bytes have another digest.", "WrongDigest")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {file.filename: archive.read(file) for file in archive.infolist() if not file.is_dir()}
    blobs = [(name.encode(), Blob.from_string(content)) for name, content in ({".nojekyll": b""} | files).items()]
    branch.store.add_objects([(blob, None) for _, blob in blobs])
    root = branch.store[commit_tree(branch.store, [(name, blob.id, 0o100644) for name, blob in blobs])]
    for name, mode, entry in branch.store[branch.tree.encode()].items():
        if (name.startswith(b".") or name == b"CNAME") and name not in root:
            root.add(name, mode, entry)
    branch.store.add_object(root)
    return root.id.decode()


def github(path, token):
    """Returns what GitHub answers, which is empty where it knows nothing. No redirection gets the token."""
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "windlass", "X-GitHub-Api-Version": "2022-11-28"}
    address = f"{os.environ['GITHUB_API']}/repos/{path}"
    answer = urllib3.request("GET", address, headers=headers, timeout=5, retries=False, redirect=False)
    if answer.status not in (200, 404):
        raise OSError(f"GitHub answers {answer.status}")
    return answer.json() if answer.status == 200 else {}


def observe(event, settings, branch, token):
    """Returns what the branch has, and what GitHub has built of exactly its head."""
    site, build = (github(f"{settings['repository']}/pages{path}", token) for path in ("", "/builds/latest"))
    state, owns = {"format": "1", "tree": branch.tree}, f"github:{settings['repository'].lower()}#{settings['branch']}"
    seen = {"owns": owns, "state": state, "mark": branch.head, "prepared": True, "reads": ["1"]}
    if "release" in event:
        if not branch.head or (site.get("source") or {}).get("branch") != settings["branch"]:
            raise Refused(f"GitHub Pages does not serve the branch {settings['branch']}.", "NotServed")
        seen["goal"] = {"format": "1", "tree": tree_of(branch, event["release"])}
    is_there, status = event.get("goal", state) == state, "awaited"
    if branch.head and build.get("commit") == branch.head:
        status = build["status"]
    domain, certificate = site.get("cname") or "no domain of its own", site.get("https_certificate") or {}
    says = f"GitHub: the build is {status}; {domain}, {site.get('protected_domain_state') or 'not verified'}"
    says += f"; certificate {certificate.get('state', 'of GitHub')}: {certificate.get('description', 'none of its own')}"
    failed = f"GitHub: {(build.get('error') or {}).get('message') or 'the build has failed'}"
    said = {"says": says, "value": site.get("html_url")} | ({"failed": failed} if status == "errored" and is_there else {})
    seen |= {name: text.replace(token, "…")[:500] for name, text in said.items() if text}
    return seen | {"ready": is_there and status == "built"}


def change(event, branch):
    """Puts one commit with the goal's tree on the head that was seen."""
    goal, about = event["goal"]["tree"], f"{event['component']} of {event['app']} in {event['environment']}"
    if branch.tree == goal:
        return {"sent": True}
    if branch.head != event["if"]:
        raise Conflict(f"The branch has moved to {branch.head}.")
    if "release" in event and tree_of(branch, event["release"]) != goal:
        raise Refused("The release comes to another tree than the goal.", "OtherTree")
    branch.commit(goal, f"{about}\n\nWindlass: {event['key']}\n")
    return {"sent": True}


def handler(event, _context=None):
    """Answers one request of Windlass."""
    try:
        if event.get("windlass") != 1:
            raise Refused("Only version 1 of the protocol is understood.", "UnknownVersion")
        if event.get("do") not in WORDS:
            raise Refused(f"Only {', '.join(WORDS)} is understood.", "UnknownDo")
        if event.get("goal", {}).get("format", "1") != "1":
            raise Refused("Only format 1 is read.", "UnknownFormat")
        now, last = datetime.datetime.now(datetime.timezone.utc), event.get("not_after", "9999-12-31T00:00:00Z")
        if datetime.datetime.fromisoformat(last) < now:
            raise Refused(f"It is later than {last}.", "TooLate")
        if event["do"] == "prepare":
            return {"done": True}
        token = SECRETS.get_secret_value(SecretId=os.environ["TOKEN"])["SecretString"]
        settings, leave_out = event["settings"], "blob:none" if "release" in event else "tree:0"
        url = f"{os.environ['GIT_SERVER']}/{settings['repository']}.git"
        branch = Branch(url, token, settings["branch"], leave_out)
        return observe(event, settings, branch, token) if event["do"] == "observe" else change(event, branch)
    except Refused as why:
        return {"refused": {"name": why.name, "says": str(why)}}
