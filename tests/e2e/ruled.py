"""An application with an access file: who is named there asks for something, and what comes of it."""

import yaml
from application import HOME_ACCOUNT, Application
from ledger import ending
from storyteller import ENDS_WITHIN_S

# The access file of all applications.
OF_ALL = "access/all.yaml"


class Ruled(Application):
    """The application in one of its environments."""

    def __init__(self, aws, app, environment):
        super().__init__(aws, app, environment)
        self.file = f"access/apps/{app}.yaml"
        self.here = f"/apps/{app}/environments/{environment}"

    # ── access files ──

    def put(self, document, place=None):
        """Uploads an access file, by its members or as it is written. What lies beside it afterwards is about this one."""
        place = place or self.file
        text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
        self.aws.s3.delete_object(Bucket=self.aws.outputs["ArtifactsBucket"], Key=f"{place}.findings.json")
        self.shop.upload(place, text.encode())

    def in_force(self, place=None):
        """The version of the access file in force; None without one."""
        app = "" if place == OF_ALL else self.app
        return (self.ledger.item(f"access#{app}", "file") or {}).get("version")

    def put_in_force(self, document, place=None):
        """Uploads an access file that is in order, and waits until it counts and says so."""
        self.put(document, place)
        version = (yaml.safe_load(document) if isinstance(document, str) else document)["version"]
        self.until("the access file in force", lambda: self.in_force(place) == version)
        note = self.until("a note beside it", lambda: self.beside(place or self.file))
        assert note["findings"] == [], note

    # ── what is asked for ──

    def manifest_of(self, component, version):
        """Uploads what a component gets by a release of nothing else; answers the manifest."""
        upload = self.upload_site if component == "page" else self.upload_function
        upload(component, version)
        return {"version": version, "git": {"ref": "refs/heads/main"}, "components": {component: self.artifact(component, version)}}

    def posts(self, version, caller=None, path="releases", component="page", **more):
        """A caller releases one component by the API."""
        return self.aws.call_api("POST", f"{self.here}/{path}", self.manifest_of(component, version) | more, caller)

    def done(self, answer):
        """The execution that an operator's action has started, once it has ended."""
        assert answer.status == 202, answer
        return self.machine.follow(answer.body["execution"], ENDS_WITHIN_S * self.aws.patience)

    def released(self, answer):
        """The ending of a release that was let in, and what the page is then."""
        assert answer.status == 202, answer
        return ending(self.ended(answer.body["id"])), self.site("page")

    def hold(self):
        return self.ledger.state().get("hold")


def refused(answer):
    """The status of an answer that the rules refuse, and the names of its findings."""
    assert answer.content_type.partition(";")[0] == "application/problem+json", answer
    return answer.status, {finding["name"] for finding in answer.body["findings"]}


def rejected(done):
    """The name with which an execution was rejected; None if it was not."""
    return done.get("error") if done["status"] == "FAILED" else None


def against(record):
    """The ending of a deployment, and the names of what was found against it."""
    return ending(record), {finding["name"] for finding in record["ending"]["findings"]}


def role(environment, policy):
    """The ARN of a role of tagged_roles.py."""
    return f"arn:aws:iam::{HOME_ACCOUNT}:role/{environment}-caller-{policy}"


def person(environment, policy):
    """Somebody who has the one session of such a role."""
    session = f"arn:aws:sts::{HOME_ACCOUNT}:assumed-role/{environment}-caller-{policy}/{policy}"
    return {"aws": [session], "trusted_sessions": True}
