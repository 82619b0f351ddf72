"""The files that the tests of `windlass import` read: the services that their deployers call would take them.

ecspresso and lambroll hand a definition on to Amazon ECS and to AWS Lambda as it is, so that the services' models say
what a real one may hold. The templates of SAM are linted.
"""

import json
import re
from pathlib import Path

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator

FILES = Path(__file__).parents[2] / "cli/tests/imports"
ECSPRESSO = sorted((FILES / "ecspresso").iterdir())
LAMBROLL = sorted((FILES / "lambroll").iterdir())
MEMBERS = json.loads((FILES / "members.json").read_text())
OWN_OF_ECSPRESSO = {"ecspresso.yml", "codedeploy"}


def data(path):
    """The document of a file. Without its comments, Jsonnet that is data is YAML."""
    text = path.read_text()
    return yaml.safe_load(re.sub(r"^ *//.*$", "", text, flags=re.MULTILINE) if path.suffix == ".jsonnet" else text)


def shape(service, operation):
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


def assert_takes(service, operation, document):
    report = ParamValidator().validate(document, shape(service, operation)).generate_report()
    assert not report, report


def as_created(service):
    """ecspresso's own `init` writes what DescribeServices answers, and leaves out what CreateService does not take."""
    service_model = botocore.session.get_session().get_service_model("ecs")
    answered = set(service_model.shape_for("Service").members) - set(shape("ecs", "CreateService").members)
    return {name: value for name, value in service.items() if name not in answered}


@pytest.mark.parametrize("folder", ECSPRESSO, ids=lambda folder: folder.name)
def test_a_service_of_ecspresso_is_one_that_ecs_takes(folder):
    config = data(folder / "ecspresso.yml")
    task = data(folder / config["task_definition"])
    assert_takes("ecs", "RegisterTaskDefinition", {**task["taskDefinition"], "tags": task["tags"]} if "taskDefinition" in task else task)
    service = as_created(data(folder / config["service_definition"]))
    assert_takes("ecs", "CreateService", {"serviceName": config["service"], **service})


@pytest.mark.parametrize("path", LAMBROLL, ids=lambda path: path.stem)
def test_a_function_of_lambroll_is_one_that_lambda_takes(path):
    assert_takes("lambda", "CreateFunction", {"Code": {}, **json.loads(path.read_text())})


def of_the_models(name):
    """The members of an operation's input, or of a shape, which one of the two services has by that name."""
    models = [botocore.session.get_session().get_service_model(service) for service in ("ecs", "lambda")]
    of_operations = [model.operation_model(name).input_shape for model in models if name in model.operation_names]
    [found] = of_operations or [model.shape_for(name) for model in models if name in model.shape_names]
    return sorted(found.members)


@pytest.mark.parametrize("name", sorted(MEMBERS.keys() - OWN_OF_ECSPRESSO))
def test_the_members_that_are_walked_are_those_of_the_models(name):
    """`cli/tests/imported_members.rs` imports each of them. A new one is added there, and its list is looked at."""
    assert MEMBERS[name] == of_the_models(name)
