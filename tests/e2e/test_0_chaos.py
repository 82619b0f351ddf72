"""What `make chaos` demands of itself: a run that is too short or too calm shows nothing."""

from chaos import AT_LEAST, too_calm
from faulty_proxy import KINDS
from mayhem import STRIKES

EVERY_FAULT = dict.fromkeys((*KINDS, *STRIKES), 1)


def test_a_run_with_enough_of_everything_is_taken():
    assert too_calm({"deployments": AT_LEAST, "endings": {"Succeeded": AT_LEAST}, "faults": EVERY_FAULT}) == []


def test_a_run_that_shows_too_little_is_told():
    endings = {"Succeeded": 14, "NeedsOperator": 45}
    calm = too_calm({"deployments": AT_LEAST - 1, "endings": endings, "faults": {**EVERY_FAULT, "reset": 0}})
    assert calm == [
        "nothing was reset",
        "only 59 deployments, and not 60",
        "only 14 of 59 deployments succeeded: nothing is shown of the others' work",
    ]
