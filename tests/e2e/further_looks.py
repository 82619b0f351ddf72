"""Six things that need targets of their own, each by its name: what was assumed, and what an account shows.

Each is a function that is given the story (story_aws.py), and answers the evidence or raises `Otherwise`, as those of
first_account.py. Their targets are stacks of the templates in tests/e2e/looks, and the story takes them away.
"""

from cleaning import Cleaning
from ecs_shifted_services import paused_at
from looked_at import GLOBAL, Looked, Otherwise, Stack, events, first_line, require

# How the names of the stacks end, behind that of the story. The last one is in us-east-1, and goes behind all others.
LOOKED = ("provisioned", "canary", "moved", "called", "guarded")
FAILING, EDGE = "failing", "edge"
# A NAT gateway or a load balancer forgets a connection that is silent for 350 s (decision 0520).
CALL_S = 400
NEVER_INITIALISED = "raise RuntimeError('it is never initialised')\n"
PAUSE = "PRE_PRODUCTION_TRAFFIC_SHIFT"
# What fails comes behind everything that the template keeps.
FAILS = """
Resources:
  Fails:
    Type: AWS::CloudFormation::WaitCondition
    DependsOn: [Ledger, Artifacts, AccessLogs]
    Properties: {Handle: !Ref NobodySignals, Timeout: "1"}

  NobodySignals:
    Type: AWS::CloudFormation::WaitConditionHandle
"""


def begin(home):
    """Begins the stacks of all looks at once; each look waits for its own. Answers their applications by name."""
    subnets = home.aws.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    network = {"Vpc": subnets[0]["VpcId"], "Subnets": ",".join(subnet["SubnetId"] for subnet in subnets)}
    edge = Stack(home, EDGE, "edge.yaml", region=GLOBAL, WithFunction="true" if home.edge else "false")
    looked = {
        "provisioned": Looked(home, "provisioned", "function.yaml", Provisioned="1"),
        "canary": Looked(home, "canary", "service.yaml", **network),
        "moved": Looked(home, "moved", "function.yaml", Moved="true"),
        "called": Looked(home, "called", "function.yaml", Timeout=str(CALL_S + 60)),
    }
    for stack in (edge, *(one.stack for one in looked.values())):
        stack.begin()
    guarded = Looked(home, "guarded", "distribution.yaml")
    guarded.stack.begin_behind(edge)
    return looked | {"guarded": guarded}


def failed_install(home):
    """A first install that is made to fail: the ledger's table, which is protected, stays, and nothing else."""
    stack, cloudformation = f"{home.name}-{FAILING}", home.aws.cloudformation
    home.story.note(f"`sam deploy` installs {stack}, which is made to fail")
    ended = home.sam_deploy(stack, "true", lambda template: template.replace("\nResources:\n", FAILS, 1))

    def settled():
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        return None if status in ("CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS") else status

    status = home.story.until(f"the end of {stack}", settled, 120)
    ledgers = [event for event in events(cloudformation, stack) if event["LogicalResourceId"] == "Ledger"]
    kept = {event["PhysicalResourceId"] for event in ledgers if event["ResourceStatus"] == "DELETE_SKIPPED"}
    cleaning = Cleaning(home.aws, home.say)
    found = {physical for _, physical in cleaning.kept(stack)}
    cleaning.stacks(stack)
    # The local cloud does not list what a rollback has kept.
    for table in kept - found:
        cleaning.attempt(f"the ledger {table}", lambda table=table: cleaning.table(table))
    if ended == 0 or status != "ROLLBACK_COMPLETE" or len(kept) != 1:
        raise Otherwise(f"`sam deploy` ended with {ended}, the stack is {status}, and {len(kept)} tables stayed")
    if cleaning.left:
        raise Otherwise(f"it does not go as docs/install.md says: {'; '.join(cleaning.left)}")
    return f"the stack was {status}, the table {kept.pop()} stayed, and both went as docs/install.md says"


def provisioned_concurrency(home):
    """An alias with provisioned concurrency, which Lambda cannot allocate for a version that fails to initialise."""
    jobs = home.looked["provisioned"].ready()
    jobs.declare_components(jobs={"kind": "lambda", "function": jobs.stack.name, "alias": "live"})
    shown = []

    def look():
        shown.append(jobs.alias())

    jobs.release_into("Succeeded", "1.0.0", look, jobs=jobs.upload_jobs("1.0.0"))
    good = jobs.alias()
    asked = {"FunctionName": jobs.stack.name, "Qualifier": "live"}
    status = jobs.aws.lambda_.get_provisioned_concurrency_config(**asked)["Status"]
    if good[1] or status != "READY":
        raise Otherwise(f"1.0.0 ended, and the alias has the weights {good[1]} and concurrency that is {status}")
    undone = jobs.release_into("RolledBack", "1.1.0", look, jobs=jobs.upload_jobs("1.1.0", index=NEVER_INITIALISED))
    if jobs.alias() != good:
        raise Otherwise(f"1.1.0 was undone, and the alias shows {jobs.alias()}, not {good}")
    weights = sorted({share for _, others in shown for share in others.values()})
    if set(weights) - {1.0}:
        raise Otherwise(f"the alias showed weights of {weights} on its way")
    kept = "with a weight of 1 for the former version" if weights else "without a weight for the former version"
    return f"it was waited for, {kept}; one that fails to initialise was undone: {first_line(undone)}"


def canary(home):
    """Continue and stop of a canary by the role of the template."""
    agent = home.looked["canary"].ready()
    if not agent.newest_rollout():
        raise Otherwise(f"ECS lists no deployment of the service of {agent.stack.name}")
    ecs, where = agent.aws.ecs, {"cluster": agent.stack.name, "service": "agent"}
    (found,) = ecs.describe_services(cluster=where["cluster"], services=["agent"])["services"]
    ecs.update_service(**where, deploymentConfiguration=found["deploymentConfiguration"] | paused_at(PAUSE))
    images = agent.made["Repository"]
    shifted = {"rollout": "canary", "pause": [PAUSE]}
    agent.declare_components(agent={"kind": "ecs", **where, "container": "agent", "repository": images, **shifted})
    agent.shop.push_image("1.0.0", images)
    agent.release_into("Succeeded", "1.0.0", agent={"image": f"{images}:1.0.0"})
    continued = [hook["status"] for hook in agent.newest_rollout().get("lifecycleHookDetails", [])]
    agent.shop.push_image("1.1.0", images)
    second = agent.begin("1.1.0", agent={"image": f"{images}:1.1.0"})

    def shifts():
        newest = agent.newest_rollout()
        is_shifting = (newest["status"], newest.get("lifecycleStage")) == ("IN_PROGRESS", "PRODUCTION_TRAFFIC_SHIFT")
        return is_shifting or agent.if_ended(second)

    agent.until("a canary that gets a part of the callers", shifts, 120)
    cancel = f"/apps/{agent.app}/environments/{agent.environment}/deployments/{second}/cancel"
    asked = agent.aws.call_api("POST", cancel, {"reason": "as the look says"})
    if asked.status != 202:
        raise Otherwise(f"a cancellation of 1.1.0 was answered {asked.status}: {asked.body}")
    require(agent.ended(second), "RolledBack")
    stopped = agent.newest_rollout()["status"]
    if not continued or stopped not in ("ROLLBACK_SUCCESSFUL", "STOPPED"):
        raise Otherwise(f"ECS shows pauses {continued} of the first deployment, and {stopped} for the second")
    return f"{len(continued)} pauses of the first deployment went on, and the second one is {stopped}"


def guarded_distribution(home):
    """A distribution with a web ACL and an edge function: the role of the template switches it, and both stay."""
    web = home.looked["guarded"].ready()
    bucket, distribution = web.made["Bucket"], web.made["Distribution"]
    site = {"kind": "static_site", "mode": "prefix", "bucket": bucket, "distribution": distribution}
    if web.aws.endpoint:
        # Names of distributions do not resolve there.
        site["gates"] = {"pages": []}
    before = edges(web, distribution)
    web.declare_components(web=site)
    web.upload_site("web", "1.0.0")
    web.release_into("Succeeded", "1.0.0", web=web.artifact("web", "1.0.0"))
    after = edges(web, distribution)
    if after["path"] == before["path"] or after | {"path": ""} != before | {"path": ""}:
        raise Otherwise(f"the distribution had {before}, and has {after}")
    return f"its origin path is {after['path']}; {after['functions']} functions and {after['acl']} stayed"


def edges(web, distribution):
    """What of a distribution a switch changes, and what must stay."""
    found = web.aws.cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]
    behaviour, origin = found["DefaultCacheBehavior"], found["Origins"]["Items"][0]
    sorts = ("FunctionAssociations", "LambdaFunctionAssociations")
    functions = sum(behaviour.get(sort, {}).get("Quantity", 0) for sort in sorts)
    return {"path": origin.get("OriginPath", ""), "acl": found["WebACLId"], "functions": functions}


def revision_by_digest(home):
    """`GetApplicationRevision` with the digest alone: a release goes on from the document of the one before."""
    jobs = home.looked["moved"].ready()
    group = {"application": jobs.stack.name, "group": "jobs"}
    jobs.declare_components(jobs={"kind": "lambda", "function": jobs.stack.name, "alias": "live", "codedeploy": group})
    jobs.release_into("Succeeded", "1.0.0", jobs=jobs.upload_jobs("1.0.0"))
    codedeploy, application = jobs.aws.codedeploy, {"applicationName": jobs.stack.name}
    found = codedeploy.get_deployment_group(**application, deploymentGroupName="jobs")["deploymentGroupInfo"]
    last = found.get("targetRevision", {})
    kept = "appSpecContent" if last.get("revisionType") == "AppSpecContent" else "string"
    digest = last.get(kept, {}).get("sha256")
    if not digest:
        raise Otherwise(f"the group's last revision has no digest: {last}")
    asked = {"revisionType": last["revisionType"], kept: {"sha256": digest}}
    answer = codedeploy.get_application_revision(**application, revision=asked)["revision"]
    content = answer.get(kept, {}).get("content")
    if not content:
        raise Otherwise(f"CodeDeploy answers no text for the digest {digest}")
    jobs.release_into("Succeeded", "1.1.0", jobs=jobs.upload_jobs("1.1.0"))
    return f"CodeDeploy answers {len(content)} characters for the digest, and a second release went on from them"


def long_call(home):
    """A call of a function that is a task, which is silent for longer than anything between keeps a connection."""
    jobs = home.looked["called"].ready()
    call = {"name": jobs.stack.name, "alias": "live", "of": "jobs", "payload": {}}
    function = {"kind": "lambda", "function": jobs.stack.name, "alias": "live"}
    task = {"kind": "task", "function": call, "after": ["jobs"], "limit": "10m", "undo": "none"}
    jobs.declare_components(jobs=function, migrate=task)
    record = jobs.release_into("Succeeded", "1.0.0", jobs=jobs.upload_jobs("1.0.0", seconds=CALL_S))
    called = [(one["attempt"], one["end"]["outcome"]) for one in jobs.calls(record)]
    if called != [(1, "succeeded")]:
        raise Otherwise(f"the ledger has these calls: {called}")
    return f"the end of a call that was silent for {CALL_S} s is known, at the first attempt"


SIX = {
    "a first install that fails": failed_install,
    "an alias with provisioned concurrency, and a version that fails to initialise": provisioned_concurrency,
    "continue and stop of a canary by the template's role": canary,
    "a distribution with a web ACL and an edge function": guarded_distribution,
    "GetApplicationRevision by the digest alone": revision_by_digest,
    "a call of a task that takes 400 s": long_call,
}
