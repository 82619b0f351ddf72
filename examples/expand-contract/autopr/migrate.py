"""The migrations of the service: `python -m autopr.migrate expand`, `unexpand` or `contract`.

Each may be run any number of times. The database is SQLite here, so that all of it runs anywhere.
"""

import os
import sqlite3
import sys
from contextlib import closing

NEW = ("first_name", "last_name")


def columns(db):
    return {row[1] for row in db.execute("PRAGMA table_info(people)")}


def fill(db):
    """Fills the new columns of what a former release has written meanwhile."""
    if "name" in columns(db):
        db.execute(
            "UPDATE people SET first_name = substr(name, 1, instr(name || ' ', ' ') - 1),"
            " last_name = ltrim(substr(name, instr(name || ' ', ' '))) WHERE first_name IS NULL"
        )


def expand(db, release):
    """Adds the new columns, and notes which release has added them. The release before does not look at them."""
    for name in set(NEW) - columns(db):
        db.execute(f"ALTER TABLE people ADD COLUMN {name} TEXT")
        db.execute("INSERT INTO added VALUES (?, ?)", (name, release))
    fill(db)


def unexpand(db, release):
    """Takes away the columns that this release has added, and none that the release before needs."""
    for (name,) in db.execute("SELECT name FROM added WHERE release = ?", (release,)).fetchall():
        db.execute(f"ALTER TABLE people DROP COLUMN {name}")
    db.execute("DELETE FROM added WHERE release = ?", (release,))


def contract(db, _release):
    """Drops the column that nobody reads any more."""
    fill(db)
    if "name" in columns(db):
        db.execute("ALTER TABLE people DROP COLUMN name")


def main(word):
    steps = {"expand": expand, "unexpand": unexpand, "contract": contract}
    with closing(sqlite3.connect(os.environ["DATABASE"], isolation_level=None)) as db:
        db.execute("CREATE TABLE IF NOT EXISTS people (name TEXT)")
        # It stays when `expand` fails, because `unexpand` reads it then.
        db.execute("CREATE TABLE IF NOT EXISTS added (name TEXT, release TEXT)")
        db.execute("BEGIN IMMEDIATE")
        steps[word](db, os.environ["RELEASE"])
        db.execute("COMMIT")


if __name__ == "__main__":
    main(sys.argv[1])
