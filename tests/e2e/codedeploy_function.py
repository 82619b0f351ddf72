"""The application `canal`, whose function's alias is moved by CodeDeploy, in an environment for each way in which that goes."""

from application import Application
from deployed import ALL_AT_ONCE, CANARY
from deployed_function import FunctionGroup

APP = "canal"
HOOKS = [{"BeforeAllowTraffic": "check-before"}, {"AfterAllowTraffic": "check-after"}]
GROUPS_ALARM = "canal-group-alarm"
ENVIRONMENTS = {"steps": CANARY, "gate": CANARY, "lost": ALL_AT_ONCE, "alarm": CANARY, "hook": ALL_AT_ONCE, "busy": ALL_AT_ONCE}


class Canal(Application):
    """The application in one of its environments, with its deployment group."""

    def __init__(self, aws, codedeploy, environment):
        super().__init__(aws, APP, environment)
        self.function_name = f"{APP}-jobs-{environment}"
        self.group = codedeploy.put(FunctionGroup(APP, f"jobs-{environment}", ENVIRONMENTS[environment]))
        self.codedeploy = codedeploy

    def declare(self):
        declaration = self.declaration({name: {"deploy": {"branch": name}} for name in ENVIRONMENTS}, {"bake": "10s", "alarms": ["canal-{environment}-errors"]})
        declaration["components"]["jobs"] |= {"codedeploy": {"application": APP, "group": "jobs-{environment}"}}
        super().declare(declaration)

    def release(self, version):
        """Releases the function alone."""
        self.upload_function("jobs", version)
        components = {"jobs": self.artifact("jobs", version)}
        manifest = {"version": version, "git": {"ref": f"refs/heads/{self.environment}"}, "components": components}
        answer = self.aws.call_api("POST", f"/apps/{APP}/environments/{self.environment}/releases", manifest)
        assert answer.status == 202, answer

    def alias(self):
        """The version that the alias has, and the weights of others."""
        alias = self.client("lambda_").get_alias(FunctionName=self.function_name, Name="live")
        return alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def document(self, former, version):
        """An AppSpec as a person writes it, with hooks and with a member that Windlass does not know."""
        properties = {"Name": self.function_name, "Alias": "live", "CurrentVersion": former, "TargetVersion": version, "Note": "kept"}
        return {"version": 0.0, "Resources": [{"jobs": {"Type": "AWS::Lambda::Function", "Properties": properties}}], "Hooks": HOOKS}

    def deployed(self):
        """The deployments of its group, oldest first, as CodeDeploy describes them."""
        return [found.described for found in self.codedeploy.of(self.group)]

    def record(self):
        return self.ended(self.deployment_of(f"1.0.0-{self.environment}")["id"])
