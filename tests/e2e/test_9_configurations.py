"""Feature flags in AppConfig: deployed, watched while they grow, stopped, reverted, and taken back by an alarm of AppConfig's own."""

import json
import time

import pytest
from application import Application
from ledger import ending

pytestmark = pytest.mark.heavy

APP = "lantern"
TAGS = {"windlass:app": APP, "windlass:environment": "prod"}
# The content of a document is shown by nothing but AppConfig itself.
SECRET = "planted-green-wick-4419"


class Lantern(Application):
    """The application `lantern`, whose flags are a hosted configuration; its environment of AppConfig is the test's."""

    def __init__(self, aws):
        super().__init__(aws, APP, "prod")
        self.appconfig = self.client("appconfig")
        self.declared = 0

    def make_targets(self):
        super().make_targets()
        made = self.appconfig
        self.application = made.create_application(Name=APP)["Id"]
        self.place = made.create_environment(ApplicationId=self.application, Name="prod", Tags=TAGS)["Id"]
        self.profiles = {name: self.make_profile(name) for name in ("flags", "settings")}
        for name, grows in (("at-once", 0), ("slow", 1)):
            strategy = {"DeploymentDurationInMinutes": grows, "GrowthFactor": 100, "FinalBakeTimeInMinutes": 0, "ReplicateTo": "NONE"}
            made.create_deployment_strategy(Name=f"{APP}-{name}", **strategy)

    def make_profile(self, name):
        profile = {"Name": name, "LocationUri": "hosted", "Type": "AWS.AppConfig.FeatureFlags"}
        return self.appconfig.create_configuration_profile(ApplicationId=self.application, **profile)["Id"]

    def declare(self, strategy, **more):
        self.declared += 1
        flags = {"kind": "appconfig", "application": APP, "environment": "{environment}", "profile": "flags", "strategy": f"{APP}-{strategy}"} | more
        declaration = self.declaration({"prod": {"deploy": {"branch": "main"}}}, {"bake": "1m"}, f"1.{self.declared}.0", flags=flags)
        declaration["gates"]["alarms"] = [f"{APP}-prod-errors"]
        super().declare(declaration)

    def release(self, version):
        key = f"artifacts/{APP}/prod/flags/{version}.json"
        self.shop.upload(key, document(version))
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": {"flags": self.shop.pinned(key)}}
        answer = self.aws.call_api("POST", f"/apps/{APP}/environments/prod/releases", manifest)
        assert answer.status == 202, answer
        return self.deployment_of(version)["id"]

    def deployments(self):
        """The state of each deployment of the environment, oldest first."""
        listed = self.appconfig.list_deployments(ApplicationId=self.application, EnvironmentId=self.place)["Items"]
        return [item["State"] for item in sorted(listed, key=lambda item: item["DeploymentNumber"])]

    def served(self):
        """The version that a caller gets."""
        data = self.client("appconfigdata")
        names = {"ApplicationIdentifier": APP, "EnvironmentIdentifier": "prod", "ConfigurationProfileIdentifier": "flags"}
        token = data.start_configuration_session(**names)["InitialConfigurationToken"]
        content = data.get_latest_configuration(ConfigurationToken=token)["Configuration"].read()
        return json.loads(content or b"{}").get("lamp", {}).get("version")

    def begun(self):
        """Waits until AppConfig has begun a deployment that is not over."""
        self.until("a deployment that grows", lambda: self.deployments()[-1:] == ["DEPLOYING"], within_s=60)
        # The local cloud says since when an alarm is red in whole seconds: of the same second it is red before the change.
        time.sleep(1)


def document(version):
    flags = {"lamp": {"name": SECRET, "attributes": {"version": {}}}}
    return json.dumps({"version": "1", "flags": flags, "values": {"lamp": {"enabled": True, "version": version}}}).encode()


@pytest.fixture(scope="module")
def lantern(aws):
    lantern = Lantern(aws)
    lantern.make_targets()
    lantern.declare("at-once")
    return lantern


def test_flags_are_deployed_and_a_rollback_reverts_them(lantern):
    for version in ("1.0.0", "1.1.0"):
        record = lantern.ended(lantern.release(version))
        assert ending(record) == "Succeeded", record["ending"]
        assert lantern.served() == version
    lantern.operate(action="rollback", reason="the lamp is too bright", **lantern.where)
    lantern.until("the version before", lambda: lantern.served() == "1.0.0", within_s=60)
    assert lantern.deployments() == ["COMPLETE", "REVERTED"]
    lantern.operate(action="release_hold", reason="the lamp is right again", **lantern.where)


def test_a_failed_gate_stops_flags_that_grow(lantern):
    lantern.declare("slow")
    deployment = lantern.release("1.2.0")
    lantern.begun()
    lantern.set_alarm("ALARM")
    record = lantern.ended(deployment)
    lantern.set_alarm("OK")
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "GateFailed"), record["ending"]
    assert lantern.deployments()[-1] == "ROLLED_BACK"
    assert lantern.served() == "1.0.0"


def test_an_alarm_of_appconfig_s_own_is_reported(lantern):
    alarm = {"Namespace": "Lantern", "MetricName": "Smoke", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1}
    cloudwatch = lantern.client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="lantern-smoke", ComparisonOperator="GreaterThanThreshold", **alarm)
    (found,) = cloudwatch.describe_alarms(AlarmNames=["lantern-smoke"])["MetricAlarms"]
    monitors = [{"AlarmArn": found["AlarmArn"], "AlarmRoleArn": "arn:aws:iam::000000000000:role/lantern"}]
    where = {"ApplicationId": lantern.application, "EnvironmentId": lantern.place}
    lantern.appconfig.update_environment(**where, Monitors=monitors)
    deployment = lantern.release("1.3.0")
    lantern.begun()
    cloudwatch.set_alarm_state(AlarmName="lantern-smoke", StateValue="ALARM", StateReason="smoke")
    record = lantern.ended(deployment)
    lantern.appconfig.update_environment(**where, Monitors=[])
    assert (ending(record), record["ending"]["cause_name"]) == ("RolledBack", "ChangeFailed"), record["ending"]
    assert "AppConfig itself rolled deployment" in record["ending"]["cause"], record["ending"]
    assert "lantern-smoke" in record["ending"]["cause"], record["ending"]
    assert lantern.served() == "1.0.0"


def test_a_deployment_of_another_profile_is_busy(lantern):
    hosted = {"ApplicationId": lantern.application, "ConfigurationProfileId": lantern.profiles["settings"]}
    version = lantern.appconfig.create_hosted_configuration_version(**hosted, Content=document("0"), ContentType="application/json")
    strategies = lantern.appconfig.list_deployment_strategies()["Items"]
    (slow,) = [found["Id"] for found in strategies if found["Name"] == f"{APP}-slow"]
    begun = lantern.appconfig.start_deployment(
        **hosted, EnvironmentId=lantern.place, DeploymentStrategyId=slow, ConfigurationVersion=str(version["VersionNumber"])
    )
    record = lantern.ended(lantern.release("1.4.0"))
    assert ending(record) == "Rejected" and "TargetBusy" in str(record["ending"]), record["ending"]
    where = {"ApplicationId": lantern.application, "EnvironmentId": lantern.place}
    lantern.appconfig.stop_deployment(**where, DeploymentNumber=begun["DeploymentNumber"])
    assert lantern.served() == "1.0.0"


def test_the_content_is_in_no_item_of_the_ledger(lantern):
    pages = lantern.aws.dynamodb.get_paginator("scan").paginate(TableName=lantern.ledger.table)
    items = "\n".join(str(item) for page in pages for item in page["Items"])
    assert "sha256-" in items, "the hash of the content is there"
    assert SECRET not in items


def test_flags_name_the_version_that_the_same_release_publishes(lantern):
    lantern.declare("at-once", after=["jobs"], fill=["jobs.version"])
    for version in ("1.5.0", "1.6.0"):
        manifest = lantern.manifest(version)
        key = f"artifacts/{APP}/prod/flags/{version}.json"
        lantern.shop.upload(key, document("${jobs.version}"))
        manifest["components"]["flags"] = lantern.shop.pinned(key)
        answer = lantern.aws.call_api("POST", f"/apps/{APP}/environments/prod/releases", manifest)
        assert answer.status == 202, answer
        record = lantern.ended(lantern.deployment_of(version)["id"])
        assert ending(record) == "Succeeded", record["ending"]
        named = lantern.served()
        assert lantern.function("jobs", named) == version == lantern.function("jobs", "live")
    # A rollback brings both back.
    lantern.operate(action="rollback", reason="the new jobs are slow", **lantern.where)
    lantern.until("what was named before", lambda: lantern.function("jobs", lantern.served()) == "1.5.0", within_s=60)
    assert lantern.function("jobs", "live") == "1.5.0"
    lantern.operate(action="release_hold", reason="the jobs are quick again", **lantern.where)
