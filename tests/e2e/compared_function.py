"""The application `pair`, whose function is compared with its former version while both get callers, in two environments:
one where both fail alike, and one where the new version alone fails."""

import threading

from application import Application

# Of a hundred calls a second.
FAILED = 10
VERSIONS = [str(number) for number in range(1, 10)]
COUNTED = {"failed": "OrdersFailed", "all": "Orders"}


class Pair(Application):
    """The application in one of its environments; the calls of every version are counted from its release on."""

    def __init__(self, aws, environment):
        super().__init__(aws, "pair", environment)
        self.ended_counting = threading.Event()

    def declare(self):
        of = {"namespace": "Pair", "dimensions": {"Environment": "{environment}"}}
        compared = {name: {**of, "metric": metric} for name, metric in COUNTED.items()}
        comparison = {"compare": "previous", "samples": 100, "version": "Version", **compared}
        environments = {name: {"deploy": {"branch": name}} for name in ("alike", "worse")}
        declaration = self.declaration(environments, {"unknown": {"becomes": "hold", "for": "5m"}})
        declaration["components"]["jobs"].update(rollout={"canary": [50], "every": "1m"}, gates={"comparisons": [comparison]})
        super().declare(declaration)

    def release(self, version):
        self.upload_function("jobs", version)
        components = {"jobs": self.artifact("jobs", version)}
        manifest = {"version": version, "git": {"ref": f"refs/heads/{self.environment}"}, "components": components}
        answer = self.aws.call_api("POST", f"/apps/pair/environments/{self.environment}/releases", manifest)
        assert answer.status == 202, answer

    def alias(self):
        return self.client("lambda_").get_alias(FunctionName=f"pair-jobs-{self.environment}", Name="live")

    def count_calls(self):
        """Counts calls of every version once a second, beside everything else, until `ended_counting` is set."""
        former = self.alias()["FunctionVersion"]
        cloudwatch = self.aws.client("cloudwatch")

        def of(version):
            dimensions = [{"Name": "Environment", "Value": self.environment}, {"Name": "Version", "Value": version}]
            failed = 0 if self.environment == "worse" and version == former else FAILED
            values = {COUNTED["failed"]: failed, COUNTED["all"]: 100}
            return [{"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": "Count"} for name, value in values.items()]

        data = [point for version in VERSIONS for point in of(version)]

        def count():
            while not self.ended_counting.wait(1):
                cloudwatch.put_metric_data(Namespace="Pair", MetricData=data)

        threading.Thread(target=count, daemon=True).start()
        return former
