"""The cost of an idle Windlass a month in an account past its free tiers, and what counting adds at most: `make idle-cost`.

How much there is of what is read from template.yaml; list prices are those of us-east-1 in US dollars (AWS's pricing pages, 2026). What one
look of a schedule takes is an assumption, and stands here.
"""

import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = (REPOSITORY / "template.yaml").read_text()
MINUTES = 30 * 24 * 60

ALARM = 0.10  # a metric that a standard-resolution alarm looks at, and month
DASHBOARD = 3.00  # a dashboard and month
METRIC = 0.30  # a custom metric that is written in each hour of a month; in fewer hours it costs as much less
LAMBDA_REQUEST = 0.20e-6
LAMBDA_GB_S = 13.3334e-6  # arm64
SQS_REQUEST = 0.40e-6
DYNAMODB_READ = 0.125e-6  # a read request unit on demand
S3_LIST = 5e-6
LOGS_GB = 0.50
TRACE = 5e-6

# A look that finds nothing: milliseconds billed, kilobytes logged, read units of the ledger, lists of the bucket.
LOOK_MS = 150
LOOK_LOG_KB = 2
LOOK_READS = 7
ROUND_LISTS = 3
# The hourly look at an environment with a few components: milliseconds more, read units, writes of an item of up to a kilobyte, each to the table
# and to its index. What it asks of the targets is free, but for listing a site.
HOURS = MINUTES / 60
HOURLY_MS = 1500
HOURLY_READS = 12
HOURLY_WRITES = 2 * 2
DYNAMODB_WRITE = 0.625e-6
# Lambda asks an idle queue with five pollers, each once in 20 s (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS").
POLLS_A_MINUTE = 5 * 3


def count(kind):
    return len(re.findall(rf"^    Type: {kind}$", TEMPLATE, re.MULTILINE))


def alarm_metrics():
    """An alarm looks at one metric, or at those of its expression."""
    expressions = len(re.findall(r"^          Expression: ", TEMPLATE, re.MULTILINE))
    return count("AWS::CloudWatch::Alarm") - expressions + len(re.findall(r"^          MetricStat:$", TEMPLATE, re.MULTILINE))


def schedules():
    """Returns how often a month the schedules look."""
    return [MINUTES / int(minutes) for minutes in re.findall(r"ScheduleExpression: rate\((\d+) minutes\)", TEMPLATE)]


def summaries():
    """Returns how often a month the schedule of the summaries looks: so often in one hour of each day."""
    return sum(30 * 60 / int(minutes) for minutes in re.findall(r'ScheduleExpression: !Sub "cron\(0/(\d+) \$\{\w+\} \* \* \? \*\)"', TEMPLATE))


def queues_polled():
    sources = re.findall(r"Type: AWS::Lambda::EventSourceMapping\n(?:      .*\n|    Properties:\n)+", TEMPLATE)
    return sum("Queue.Arn" in source for source in sources)


def memory_gb():
    """The memory of the functions that schedules call."""
    (memory,) = {int(found) for name in ("Intake", "Recovery", "Outbox") for found in re.findall(rf"^  {name}:\n(?:    .*\n)+?      MemorySize: (\d+)", TEMPLATE, re.MULTILINE)}
    return memory / 1024


def lines():
    """Dollars a month, by what they are for."""
    looks = sum(schedules()) + summaries()
    return {
        f"{count('AWS::CloudWatch::Dashboard')} dashboard": count("AWS::CloudWatch::Dashboard") * DASHBOARD,
        f"{count('AWS::CloudWatch::Alarm')} alarms": alarm_metrics() * ALARM,
        "Lambda asking an empty queue": queues_polled() * POLLS_A_MINUTE * MINUTES * SQS_REQUEST,
        f"{looks:,.0f} looks of the schedules": looks * (LAMBDA_REQUEST + LOOK_MS / 1000 * memory_gb() * LAMBDA_GB_S),
        "traces of the looks": looks * TRACE,
        "lists of the artifacts bucket": min(schedules()) * ROUND_LISTS * S3_LIST,
        "logs of the looks": looks * LOOK_LOG_KB / 1e6 * LOGS_GB,
        "reads of the ledger": looks * LOOK_READS * DYNAMODB_READ,
    }


def look_at_an_environment():
    """Dollars a month for the hourly look at an environment that has a site of less than a thousand files."""
    once = HOURLY_MS / 1000 * memory_gb() * LAMBDA_GB_S + HOURLY_READS * DYNAMODB_READ + HOURLY_WRITES * DYNAMODB_WRITE + S3_LIST
    return HOURS * once


def total():
    return sum(lines().values())


def metrics_of_an_environment():
    """The dashboard searches for all of them (tests/contract/tests/metrics.rs)."""
    return len(set(re.findall(r'SEARCH.*MetricName=\\"(\w+)', TEMPLATE)))


def main():
    for what, dollars in lines().items():
        print(f"${dollars:7.3f}  {what}")
    print(f"${total():7.3f}  a month, past every free tier; storage is extra")
    print(f"${look_at_an_environment():7.3f}  more for each environment in which something runs: it is looked at for drift every hour")
    metrics = metrics_of_an_environment()
    print(f"${metrics * METRIC:7.3f}  more at most for each environment of an application: {metrics} metrics, by the hours in which a deployment ends")


if __name__ == "__main__":
    main()
