"""The service, as release 1.1.0 has it: it writes all three columns, and reads the new ones."""

import json
import os
import sqlite3
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def people(db):
    """Everybody; by `name` whom the release before has written while this one came."""
    rows = db.execute("SELECT coalesce(first_name, name), coalesce(last_name, '') FROM people ORDER BY rowid")
    return [" ".join(filter(None, row)) for row in rows]


def add(db, first, last):
    with db:
        db.execute("INSERT INTO people (name, first_name, last_name) VALUES (?, ?, ?)", (f"{first} {last}", first, last))


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        with closing(sqlite3.connect(os.environ["DATABASE"])) as db:
            pages = {"/health": lambda: {"release": os.environ["RELEASE"], "people": len(people(db))}, "/people": lambda: people(db)}
            self.answer(200, pages[self.path]()) if self.path in pages else self.answer(404, "There is no such page.")

    def do_POST(self):
        person = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with closing(sqlite3.connect(os.environ["DATABASE"])) as db:
            add(db, person["first_name"], person["last_name"])
        self.answer(201, person)

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Api).serve_forever()
