"""The page that `windlass init` writes for an app of AWS CDK: its code is compiled, and makes the template that it says."""

import json
import re
import subprocess

import npm_tools
import pytest
from cloud import REPOSITORY

PAGE = REPOSITORY / "examples/init/chat-bot/windlass-targets.md"
TAGS = {"windlass:app": "service-bot", "windlass:environment": "prod"}


@pytest.fixture(scope="module")
def template():
    """What CDK makes of the code of the page, in a stack that has the constructs which it names."""
    (code,) = re.findall("```ts\n(.*?)```", PAGE.read_text(), re.DOTALL)
    imports = [line for line in code.splitlines() if line.startswith("import ")]
    rest = [line for line in code.splitlines() if line not in imports]
    folder = npm_tools.installed("cdk")
    app = (folder / "app.ts").read_text()
    for mark, lines in {"// THE IMPORTS OF THE PAGE": imports, "// THE CODE OF THE PAGE": rest}.items():
        assert app.count(mark) == 1
        app = app.replace(mark, "\n".join(lines))
    (folder / "page.ts").write_text(app)
    (folder / "bootstrap").mkdir(exist_ok=True)
    (folder / "bootstrap/bootstrap").write_text("#!/bin/sh\n")
    compiled = subprocess.run(
        ["node_modules/.bin/tsc", "--strict", "--skipLibCheck", "--module", "commonjs", "--target", "es2022", "--types", "node", "page.ts"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stdout
    subprocess.run(["node", "page.js"], cwd=folder, check=True)
    return folder / "out/Targets.template.json"


def of(template, sort):
    """The only resource of a sort, by its id."""
    resources = json.loads(template.read_text())["Resources"]
    (found,) = [(name, resource["Properties"]) for name, resource in resources.items() if resource["Type"] == sort]
    return found


@pytest.mark.heavy
def test_the_alias_stays_where_windlass_puts_it(template):
    function, properties = of(template, "AWS::Lambda::Function")
    version, _ = of(template, "AWS::Lambda::Version")
    alias, live = of(template, "AWS::Lambda::Alias")
    assert live == {"FunctionName": {"Ref": function}, "FunctionVersion": {"Fn::GetAtt": [version, "Version"]}, "Name": "live"}
    assert properties["FunctionName"] == "service-bot-prod-messages"
    callers = json.loads(template.read_text())["Outputs"]["Callers"]["Value"]
    assert callers == {"Ref": alias}


@pytest.mark.heavy
def test_the_service_runs_the_newest_revision_of_its_family(template):
    _, service = of(template, "AWS::ECS::Service")
    assert "agent-prod" in json.dumps(service["TaskDefinition"]) and ":1" not in json.dumps(service["TaskDefinition"]), service["TaskDefinition"]
    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


@pytest.mark.heavy
@pytest.mark.parametrize("sort", ["AWS::Lambda::Function", "AWS::ECS::Service", "AWS::CloudFront::Distribution", "AWS::S3::Bucket"])
def test_each_target_has_the_tags(template, sort):
    _, properties = of(template, sort)
    tags = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
    assert tags.items() >= TAGS.items(), tags


@pytest.mark.heavy
def test_the_template_has_no_error(template):
    """CDK itself names a dependency twice, which is a warning."""
    done = subprocess.run([REPOSITORY / ".local/sam/bin/cfn-lint", "--non-zero-exit-code", "error", template], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
