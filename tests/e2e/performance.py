"""The story, played once in a run: step by step by its own tests, or as a whole for whoever needs what it leaves behind."""

import pytest


class Performance:
    """The story, and how far it is played."""

    def __init__(self, story, steps):
        self.story = story
        self.left = list(steps)
        self.broke = None

    def play(self, step):
        """Plays a step, and before it each one that was not played yet. What comes after a step that broke is skipped: it builds on it."""
        while step in self.left:
            self.play_next()

    def to_its_end(self):
        """Plays what is left; answers the storyteller."""
        if self.left:
            self.play(self.left[-1])
        return self.story

    def play_next(self):
        if self.broke:
            pytest.skip(f"the story broke at: {self.broke}")
        step = self.left[0]
        try:
            step.play(self.story)
        except Exception:
            self.broke = step.TITLE
            raise
        self.left.pop(0)
