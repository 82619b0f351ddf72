"""The migrations of examples/expand-contract: each release works with the schema that the one before leaves."""

import sqlite3
import sys

import pytest
from cloud import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "examples/expand-contract"))

from autopr import api, migrate  # noqa: E402

ADA = "Ada Lovelace"


@pytest.fixture
def db(tmp_path, monkeypatch):
    """The database of release 1.0.0, which knows `name` alone."""
    monkeypatch.setenv("DATABASE", str(tmp_path / "people.db"))
    db = sqlite3.connect(tmp_path / "people.db")
    with db:
        db.execute("CREATE TABLE people (name TEXT)")
    write_as_before(db, ADA)
    yield db
    db.close()


def write_as_before(db, name):
    with db:
        db.execute("INSERT INTO people (name) VALUES (?)", (name,))


def read_as_before(db):
    return [name for (name,) in db.execute("SELECT name FROM people ORDER BY rowid")]


def run(monkeypatch, release, word):
    """The task of a release; twice, because each may be run again."""
    monkeypatch.setenv("RELEASE", release)
    migrate.main(word)
    migrate.main(word)


def test_both_releases_work_with_the_expanded_schema(db, monkeypatch):
    run(monkeypatch, "1.1.0", "expand")
    write_as_before(db, "Grace Hopper")
    api.add(db, "Alan", "Turing")
    assert api.people(db) == read_as_before(db) == [ADA, "Grace Hopper", "Alan Turing"]


def test_a_release_that_is_undone_takes_away_what_it_had_added_and_nothing_else(db, monkeypatch):
    run(monkeypatch, "1.1.0", "expand")
    run(monkeypatch, "1.1.0", "unexpand")
    assert migrate.columns(db) == {"name"}
    assert read_as_before(db) == [ADA]
    run(monkeypatch, "1.1.1", "expand")
    run(monkeypatch, "1.2.0", "expand")
    run(monkeypatch, "1.2.0", "unexpand")
    assert api.people(db) == [ADA], "1.1.1 runs, and reads the new columns"


def test_an_expand_that_fails_is_taken_back(db, monkeypatch):
    def fails(_):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setenv("RELEASE", "1.1.0")
    with monkeypatch.context() as broken:
        broken.setattr(migrate, "fill", fails)
        with pytest.raises(sqlite3.OperationalError, match="disk"):
            migrate.main("expand")
    run(monkeypatch, "1.1.0", "unexpand")
    assert migrate.columns(db) == {"name"}
    assert read_as_before(db) == [ADA]


def test_what_is_dropped_has_been_taken_over_and_the_release_before_does_not_work_any_more(db, monkeypatch):
    run(monkeypatch, "1.1.0", "expand")
    write_as_before(db, "Plato")
    run(monkeypatch, "1.2.0", "expand")
    run(monkeypatch, "1.2.0", "contract")
    names = db.execute("SELECT first_name, last_name FROM people ORDER BY rowid").fetchall()
    assert names == [("Ada", "Lovelace"), ("Plato", "")]
    with pytest.raises(sqlite3.OperationalError, match="name"):
        api.add(db, "Alan", "Turing")
    run(monkeypatch, "1.3.0", "expand")
    assert migrate.columns(db) == set(migrate.NEW)
