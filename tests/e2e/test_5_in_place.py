"""Sites that are changed in place, functions with and without an alias; and what operators do with them.

Each test leaves release 1.0.0 live, as the first one brings it.
"""

import pytest
import runbooks
from application import MISTAKE
from ledger import ending
from two_account_application import HOME, Pier

LIVE = {"page": "1.0.0", "jobs": "1.0.0"}


@pytest.fixture(scope="module")
def pier(aws):
    pier = Pier(aws, HOME)
    pier.make_targets()
    pier.declare()
    return pier


def test_the_first_release_goes_live(pier):
    assert pier.seen() == {"page": "nothing", "jobs": "before windlass"}
    pier.release("1.0.0")
    assert ending(pier.follow(pier.deployment_of("1.0.0"))) == "Succeeded"
    assert pier.seen() == LIVE


def test_a_single_artifact_is_a_release_where_the_declaration_asks_for_it(pier):
    executions = pier.executions()
    pier.upload_site("leaflet", "2.0.0", {"version": "2.0.0", "git-ref": "refs/heads/main", "git-commit": "9f2c61d"})
    ended = pier.follow(pier.deployment_of("2.0.0"))
    assert (ending(ended), list(ended["release"]["components"])) == ("Succeeded", ["leaflet"])
    assert (pier.site("leaflet"), pier.seen()) == ("2.0.0", LIVE)
    assert len(pier.executions()) == len(executions) + 1


def test_a_function_without_an_alias_is_live_at_once(pier):
    """Its undo is not tried: of each version the local cloud hands out the newest code (`Code.Location`)."""
    assert pier.function("bell") == "before windlass"
    pier.upload_function("bell", "2.2.0", metadata={"version": "2.2.0", "git-ref": "refs/heads/main"})
    ended = pier.follow(pier.deployment_of("2.2.0"))
    assert (ending(ended), pier.function("bell")) == ("Succeeded", "2.2.0")
    assert pier.seen() == LIVE


def test_a_function_from_an_image_is_changed_by_its_digest(pier):
    """Without an alias: the local cloud shows no code's digest of a version that is an image."""
    pier.aws.ecr.create_repository(repositoryName="pier/camera")
    # No tag that matches a rule: only the manifest brings it.
    first, second = (pier.shop.push_image(tag, repository="pier/camera") for tag in ("first", "second"))
    images = "000000000000.dkr.ecr.us-east-1.amazonaws.com/pier/camera"
    tags = {"windlass:app": "pier", "windlass:environment": HOME}
    role = pier.aws.lambda_.get_function(FunctionName="pier-bell-home")["Configuration"]["Role"]
    function = {"FunctionName": "pier-camera-home", "PackageType": "Image", "Role": role, "Tags": tags}
    pier.aws.lambda_.create_function(**function, Code={"ImageUri": f"{images}@{first}"})
    components = {"camera": {"image": "pier/camera:second"}}
    manifest = {"version": "2.3.0", "git": {"ref": "refs/heads/main"}, "components": components}
    done = pier.operate(action="deploy", **pier.where, manifest=manifest)
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert pier.aws.lambda_.get_function(FunctionName="pier-camera-home")["Code"]["ImageUri"] == f"{images}@{second}"


def test_a_single_artifact_that_does_not_say_what_it_is_is_reported_beside_it(pier):
    pier.upload_site("leaflet", "2.1.0")
    findings = pier.findings_beside(pier.key("leaflet", "2.1.0"))
    assert {"version"} <= {finding["path"].rpartition(".")[2] for finding in findings}, findings
    assert pier.site("leaflet") == "2.0.0"


def test_a_function_that_fails_is_undone_with_the_site(pier):
    pier.release("1.1.0", sum_=MISTAKE)
    ended = pier.follow(pier.deployment_of("1.1.0"))
    assert ending(ended) == "RolledBack"
    assert "a sum`" in ended["ending"]["cause"], ended["ending"]["cause"]
    undone = next(line for line in ended["ending"]["cause"].split("\n") if "undone:" in line)
    assert "page (restore " in undone, undone
    # It was published and invoked, and its callers never got it.
    assert "stays: jobs (" in undone and "publish" in undone, undone
    assert pier.seen() == LIVE


def test_an_alarm_that_goes_off_while_it_is_watched_undoes_it(pier):
    pier.release("1.2.0")
    deployment = pier.deployment_of("1.2.0")
    pier.until("all changed", lambda: pier.seen() == {"page": "1.2.0", "jobs": "1.2.0"})
    pier.set_alarm("ALARM")
    ended = pier.ended(deployment["id"])
    pier.set_alarm("OK")
    assert ending(ended) == "RolledBack"
    assert "pier-home-errors" in ended["ending"]["cause"]
    assert pier.seen() == LIVE


def test_ci_cancels_a_deployment(pier):
    pier.release("1.3.0")
    deployment = pier.deployment_of("1.3.0")
    pier.until("a change", lambda: pier.site("page") == "1.3.0")
    answer = pier.aws.call_api("POST", f"/apps/pier/environments/{deployment['environment']}/deployments/{deployment['id']}/cancel", {"reason": "the wrong branch"})
    assert answer.status == 202, answer
    assert ending(pier.ended(deployment["id"])) == "RolledBack"
    assert pier.seen() == LIVE


def stuck(pier, version):
    """Brings the environment to `NeedsOperator`: what was changed may not be undone."""
    pier.release(version)
    deployment = pier.deployment_of(version)
    pier.until("all changed", lambda: pier.seen() == {"page": version, "jobs": version})
    pier.forbid_writes()
    pier.set_alarm("ALARM")
    ended = pier.ended(deployment["id"])
    pier.set_alarm("OK")
    pier.permit_writes()
    assert ending(ended) == "NeedsOperator", ended
    assert "NOT undone: page: AccessDenied" in ended["ending"]["cause"], ended["ending"]["cause"]
    assert pier.seen() == {"page": version, "jobs": "1.0.0"}
    assert pier.ledger.lock()["held"]["state"] == "needs_operator"
    return deployment


def test_recover_undoes_what_could_not_be_undone(pier):
    deployment = stuck(pier, "1.4.0")
    done = pier.operate(action="recover", **pier.where, reason="the pages may be written again")
    assert done["error"] != "NeedsOperator", done
    assert ending(pier.ledger.deployment(deployment["id"])) == "RolledBack"
    assert pier.ledger.lock().get("held") is None
    assert pier.seen() == LIVE


def test_accept_makes_what_is_there_the_truth_and_a_rollback_goes_back(pier):
    stuck(pier, "1.5.0")
    done = pier.operate(action="accept", **pier.where, reason="nobody minds the page of 1.5.0")
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert pier.ledger.lock().get("held") is None
    answer = pier.aws.call_api("POST", "/apps/pier/environments/home/rollbacks", {"reason": "back to where we were"})
    assert answer.status == 202, answer
    done = pier.machine.follow(answer.body["execution"], 60)
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert pier.seen() == LIVE
    assert pier.ledger.state()["hold"]["reason"]


def test_a_person_frees_what_a_component_had(pier, shell):
    """As docs/runbooks/free-a-target.md says."""
    look, free = runbooks.blocks("free-a-target.md")
    look = look.replace("s3://shop-web/", f"s3://pier-pages-{HOME}/")
    claims = dict(line.split(": ") for line in shell.run(look).splitlines())
    leaflet = f"s3://pier-pages-{HOME}/leaflet/ of pier/{HOME} leaflet"
    (number,) = [number for number, claim in claims.items() if claim == leaflet]
    assert "NUMBER=0" in free
    shell.run(look + free.replace("NUMBER=0", f"NUMBER={number}"))
    assert sorted(line.split(": ")[1] for line in shell.run(look).splitlines()) == sorted(set(claims.values()) - {leaflet})
