"""Feature flags in AppConfig: deployed by their strategy, and reverted by a rollback."""

import json

import pytest
from application import Application
from ledger import ending

APP = "lantern"
TAGS = {"windlass:app": APP, "windlass:environment": "prod"}
# The content of a document is told by nothing but AppConfig itself.
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
        strategy = {"DeploymentDurationInMinutes": 0, "GrowthFactor": 100, "FinalBakeTimeInMinutes": 0, "ReplicateTo": "NONE"}
        made.create_deployment_strategy(Name=f"{APP}-at-once", **strategy)

    def make_profile(self, name):
        profile = {"Name": name, "LocationUri": "hosted", "Type": "AWS.AppConfig.FeatureFlags"}
        return self.appconfig.create_configuration_profile(ApplicationId=self.application, **profile)["Id"]

    def declare(self, strategy):
        self.declared += 1
        flags = {"kind": "appconfig", "application": APP, "environment": "{environment}", "profile": "flags", "strategy": f"{APP}-{strategy}"}
        declaration = self.declaration({"prod": {"deploy": {"branch": "main"}}}, {"bake": "1m"}, f"1.{self.declared}.0", flags=flags)
        declaration["gates"]["alarms"] = [f"{APP}-prod-errors"]
        super().declare(declaration)

    def release(self, version):
        key = f"artifacts/{APP}/flags/{version}.json"
        self.shop.upload(key, document(version))
        manifest = {"version": version, "git": {"ref": "refs/heads/main"}, "components": {"flags": {"key": key}}}
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


def test_the_content_is_in_no_item_of_the_ledger(lantern):
    pages = lantern.aws.dynamodb.get_paginator("scan").paginate(TableName=lantern.ledger.table)
    items = "\n".join(str(item) for page in pages for item in page["Items"])
    assert "sha256-" in items, "the hash of the content is there"
    assert SECRET not in items
