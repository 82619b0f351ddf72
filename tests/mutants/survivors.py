"""The mutants that survive, and why: the list in docs/evidence/MUTANTS.md."""

import collections

from repository import REPOSITORY

PAGE = REPOSITORY / "docs/evidence/MUTANTS.md"


def name_of(mutant):
    """Without line and column, which move."""
    _, _, rest = mutant["name"].partition(":")
    return f"{mutant['file']}: {rest.split(': ', 1)[1]}"


def listed():
    """The mutants that the page names, each as often as it does."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    return collections.Counter(line[3:].rpartition("`")[0] for line in lines if line.startswith("- `shared/"))


def check(mutants):
    """Returns what the page does not say, and what it says although it is not so."""
    page = listed()
    missed = collections.Counter(name_of(mutant) for mutant in mutants if mutant.get("outcome") == "missed")
    known = {name_of(mutant) for mutant in mutants if mutant.get("outcome")}
    silent = [f"survives, and {PAGE.name} does not say why: {name}" for name in (missed - page).elements()]
    wrong = [f"does not survive, but stands in {PAGE.name}: {name}" for name in (page - missed).elements() if name in known]
    return silent + wrong
