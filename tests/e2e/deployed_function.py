"""Deployments of a Lambda function by the stand-in for AWS CodeDeploy: each really moves the alias of the local cloud."""

import asyncio
import dataclasses

from deployed import Deployment, Ended, Group, steps


@dataclasses.dataclass
class FunctionGroup(Group):
    """A deployment group of the platform Lambda."""

    platform = "Lambda"
    events = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")

    def deployment(self, standin, *about, **described):
        return FunctionDeployment(standin.functions, self, *about, **described)


class FunctionDeployment(Deployment):
    """Moves an alias in steps."""

    def __init__(self, functions, *about, **described):
        super().__init__(*about, **described)
        self.functions = functions

    def target(self):
        """Its one target, as BatchGetDeploymentTargets describes it."""
        about = self.properties()
        versions = {"currentVersion": about["CurrentVersion"], "targetVersion": about["TargetVersion"]}
        info = {"functionName": about["Name"], "functionAlias": about["Alias"], **versions}
        target = {"deploymentId": self.id, "targetId": self.target_id(), "status": "InProgress", "lifecycleEvents": self.events(), "lambdaFunctionInfo": info}
        return {"deploymentTargetType": "LambdaTarget", "lambdaTarget": target}

    def target_id(self):
        return f"{self.properties()['Name']}:{self.properties()['Alias']}"

    async def move(self):
        if await self.callers() != (self.properties()["CurrentVersion"], {}):
            raise Ended("Failed", "INVALID_LAMBDA_CONFIGURATION", "The Lambda function alias version does not match the current version in AppSpec file")
        await self.go_through()

    async def do(self, event):
        if event != "AllowTraffic":
            return await self.hook(event)
        former, next_one = self.properties()["CurrentVersion"], self.properties()["TargetVersion"]
        for percent, minutes in steps(self.routing):
            await self.send(*((former, {next_one: percent / 100}) if percent < 100 else (next_one, {})))
            version, weights = await self.callers()
            self.shares.append(weights.get(next_one, 1 if version == next_one else 0))
            await self.pause(minutes * self.group.minute_s)

    async def take_back(self, back):
        await asyncio.sleep(0.5)
        await self.send(self.properties()["CurrentVersion"], {})

    async def callers(self):
        """Returns where the alias sends its callers, as the local cloud shows it."""
        about = self.properties()
        alias = await asyncio.to_thread(self.functions.get_alias, FunctionName=about["Name"], Name=about["Alias"])
        return alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    async def send(self, version, weights):
        about, routing = self.properties(), {"AdditionalVersionWeights": weights}
        await asyncio.to_thread(self.functions.update_alias, FunctionName=about["Name"], Name=about["Alias"], FunctionVersion=version, RoutingConfig=routing)
