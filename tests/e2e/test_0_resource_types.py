"""The types of resource that each action asks for (`shared/aws/resource_types`) are AWS's.

The Service Authorization Reference is read as cfn-lint, which is pinned, keeps it. That file does not say which types
are alternatives: an action whose calls ask for fewer types than it lists stands below `one_of`, with the reason.
`cargo test -p windlass-contract resource_types::` holds the roles to the same files.
"""

import json
import pathlib
import re

import cfnlint
import pytest
import yaml
from cloud import REPOSITORY

REFERENCE = json.loads((pathlib.Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json").read_text())
FILES = sorted((REPOSITORY / "shared/aws/resource_types").iterdir())


def reference(service, action):
    """The types that the reference lists for an action."""
    return set(REFERENCE[service]["Actions"][action.lower()].get("Resources", []))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_action_asks_for_the_types_that_the_reference_lists(path):
    kept = yaml.safe_load(path.read_text())
    required, one_of = kept.get("required", {}), kept.get("one_of", {})
    assert {action: set(types) for action, types in required.items()} == {action: reference(path.stem, action) for action in required}
    assert [action for action, types in one_of.items() if not set(types) < reference(path.stem, action)] == [], "these ask for all that are listed"
    asked = [sort for types in [*required.values(), *one_of.values()] for sort in types]
    assert set(asked) == set(kept.get("types", {})), "types that nothing asks for"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_type_has_the_arns_that_the_reference_says(path):
    for sort, arn in yaml.safe_load(path.read_text()).get("types", {}).items():
        formats = REFERENCE[path.stem]["Resources"][sort]["ARNFormats"]
        patterns = [re.sub(r"\$\{\w+\}", "[^:]*", form) for form in formats]
        assert any(re.fullmatch(pattern, arn) for pattern in patterns), (sort, arn, formats)
