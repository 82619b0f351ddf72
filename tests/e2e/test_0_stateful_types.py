"""The types that hold data (`holds_data.rs`) have all that cfn-lint, which is pinned, calls stateful, and are types."""

import json
import pathlib
import re

import cfnlint
from cloud import REPOSITORY

DATA = pathlib.Path(cfnlint.__file__).parent / "data"
SOURCE = REPOSITORY / "shared/domain/src/declaration/kinds/stack/holds_data.rs"
TYPES = re.search(r'const TYPES: &str = "(.*?)";', SOURCE.read_text(), re.DOTALL)
OURS = {f"AWS::{name}" for name in TYPES[1].split()}


def test_what_cfn_lint_calls_stateful_holds_data():
    stateful = json.loads((DATA / "AdditionalSpecs/StatefulResources.json").read_text())["ResourceTypes"]
    assert len(stateful) > 20
    assert set(stateful) - OURS == set()


def test_each_type_is_one_of_cloudformation():
    """A misspelt type would hold no data."""
    known = set()
    for path in (DATA / "schemas/providers").glob("*.json"):
        known |= set(json.loads(path.read_text()))
    assert len(known) > 1000
    assert len(OURS) > 80
    assert OURS - known == set()
