"""Publishes a build as a commit on the branch that GitHub Pages serves, and says what GitHub makes of it."""

import io
import os
import zipfile

import boto3
import urllib3
from dulwich.index import commit_tree
from dulwich.objects import Blob
from git_http import Branch
from protocol import Conflict, Refused, answer, content

SECRETS = boto3.client("secretsmanager")
GIT, API = os.environ["GIT_SERVER"], os.environ["GITHUB_API"]


def tree_of(branch, release):
    """Returns the tree of a release's files. Of the branch, names that begin with a dot stay, and CNAME."""
    with zipfile.ZipFile(io.BytesIO(content(release))) as archive:
        files = {file.filename: archive.read(file) for file in archive.infolist() if not file.is_dir()}
    blobs = [(name.encode(), Blob.from_string(text)) for name, text in ({".nojekyll": b""} | files).items()]
    branch.store.add_objects([(blob, None) for _, blob in blobs])
    root = branch.store[commit_tree(branch.store, [(name, blob.id, 0o100644) for name, blob in blobs])]
    for name, mode, entry in branch.store[branch.tree.encode()].items():
        if (name.startswith(b".") or name == b"CNAME") and name not in root:
            root.add(name, mode, entry)
    branch.store.add_object(root)
    return root.id.decode()


def github(path, token):
    """Returns what GitHub answers, or nothing where it knows nothing; any other answer, a redirection too, fails."""
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "windlass", "X-GitHub-Api-Version": "2022-11-28"}
    answer = urllib3.request("GET", f"{API}/repos/{path}", headers=headers, timeout=5, retries=False, redirect=False)
    return {200: answer.json, 404: dict}[answer.status]()


def observe(event, settings, branch, token):
    """Returns what the branch has, and what GitHub has built of exactly its head."""
    site, build = (github(f"{settings['repository']}/pages{path}", token) for path in ("", "/builds/latest"))
    state, owns = {"format": "1", "tree": branch.tree}, f"github:{settings['repository'].lower()}#{settings['branch']}"
    is_there, is_of_head = event.get("goal", state) == state, branch.head and build.get("commit") == branch.head
    status, certificate = build["status"] if is_of_head else "awaited", site.get("https_certificate") or {}
    ready = is_there and status == "built"
    seen = {"owns": owns, "state": state, "mark": branch.head, "ready": ready, "prepared": True, "reads": ["1"]}
    if "release" in event:
        served = site.get("build_type") != "workflow" and site.get("source")
        if not branch.head or served != {"branch": settings["branch"], "path": "/"}:
            raise Refused(f"GitHub Pages does not serve the root of the branch {settings['branch']}.", "NotServed")
        seen["goal"] = {"format": "1", "tree": tree_of(branch, event["release"])}
    said = {"says": f"GitHub: the build is {status}", "value": site.get("html_url")}
    if site.get("cname"):
        said["says"] += f"; {site['cname']} is {site.get('protected_domain_state')}, {certificate.get('description')}"
    if status == "errored" and is_there:
        said["failed"] = f"GitHub: {build['error']['message'] or 'the build has failed'}"
    return seen | {name: text.replace(token, "…")[:500] for name, text in said.items() if text}


def change(event, _settings, branch, _token):
    """Puts a commit with the tree of the goal on the head that was seen."""
    goal, about = event["goal"]["tree"], f"{event['component']} of {event['app']} in {event['environment']}"
    if branch.tree == goal:
        return
    if branch.head != event["if"]:
        raise Conflict(f"The branch has moved to {branch.head}.")
    if "release" in event and tree_of(branch, event["release"]) != goal:
        raise Refused("The release comes to another tree than the goal.", "OtherTree")
    branch.commit(goal, f"{about}\n\nWindlass: {event['key']}\n")


def on_branch(does):
    """Returns it with settings, branch and token, which are read at each request."""

    def done(event):
        token = SECRETS.get_secret_value(SecretId=os.environ["TOKEN"])["SecretString"]
        settings, leave_out = event["settings"], "blob:none" if "release" in event else "tree:0"
        branch = Branch(f"{GIT}/{settings['repository']}.git", token, settings["branch"], leave_out)
        return does(event, settings, branch, token)

    return done


def handler(event, _context=None):
    """Answers one request of Windlass."""
    return answer(event, on_branch(observe), on_branch(change))
