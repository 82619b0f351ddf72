"""Every step of the story ends as told. The steps build on each other, so the first that breaks ends the run."""

import pytest
import steps


@pytest.mark.parametrize("step", steps.ALL, ids=[step.__name__.partition(".")[2] for step in steps.ALL])
def test_step(story, step, request):
    if request.session.testsfailed:
        pytest.skip("an earlier step did not end as told")
    step.tell(story)
