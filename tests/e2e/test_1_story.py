"""Every step of the story ends as it says. The steps build on each other, so what comes after one that breaks is skipped."""

import pytest
import steps


@pytest.mark.parametrize("step", steps.ALL, ids=[step.__name__.partition(".")[2] for step in steps.ALL])
def test_step(performance, step):
    performance.play(step)
