"""The application `gauge`, whose gate is a CloudWatch metric, in two environments: one where it is calm, and one where it storms."""

import threading

from application import Application

THRESHOLD = 5
# Errors a second: a point is the sum of a minute.
ERRORS = {"calm": 0, "stormy": THRESHOLD + 1}


class Gauge(Application):
    """The application in one of its environments; its errors are counted from its first change on."""

    def __init__(self, aws, environment):
        super().__init__(aws, "gauge", environment)
        self.ended_counting = threading.Event()

    def declare(self):
        metric = {"namespace": "Gauge", "metric": "Errors", "statistic": "Sum", "period": "60s", "at_most": THRESHOLD}
        gates = {"bake": "1m", "metrics": [{**metric, "dimensions": {"Environment": "{environment}"}}]}
        environments = {name: {"deploy": {"branch": name}} for name in ERRORS}
        super().declare(self.declaration(environments, gates))

    def release(self, version):
        """Releases the function alone: each wave is watched for a minute."""
        self.upload_function("jobs", version)
        components = {"jobs": self.artifact("jobs", version)}
        manifest = {"version": version, "git": {"ref": f"refs/heads/{self.environment}"}, "components": components}
        answer = self.aws.call_api("POST", f"/apps/gauge/environments/{self.environment}/releases", manifest)
        assert answer.status == 202, answer

    def count_errors(self):
        """Counts errors once a second, beside everything else, until `ended_counting` is set."""
        dimensions = [{"Name": "Environment", "Value": self.environment}]
        data = [{"MetricName": "Errors", "Dimensions": dimensions, "Value": ERRORS[self.environment], "Unit": "Count"}]
        cloudwatch = self.aws.client("cloudwatch")

        def count():
            while not self.ended_counting.wait(1):
                cloudwatch.put_metric_data(Namespace="Gauge", MetricData=data)

        threading.Thread(target=count, daemon=True).start()
