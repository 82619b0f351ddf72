"""Visitors of a site, who load pages all the time, as a browser does: a document, then what it names, and what documents name that were
opened long ago. They notice a missing file, a file of another release, and a wrong type."""

import re

from crowd import Crowd

PAGES = ("index.html", "about.html")
TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
# How many of the documents that were opened before are looked at again beside a new one.
STALE = 3


def release_files(version):
    """The files of a release: two documents, each with a script of its own, and a style of both. Every file names the release."""
    digits = version.replace(".", "")
    style = f"assets/style-{digits}.css"
    files = {style: f"/* {version} */"}
    for page in PAGES:
        name = page.partition(".")[0]
        script = f"assets/{name}-{digits}.js"
        files[script] = f'console.log("{name} {version}");'
        files[page] = f'<!doctype html><link rel="stylesheet" href="{style}"><script src="{script}"></script><p>{name} {version}</p>'
    return files


class Visitors(Crowd):
    """Some visitors of a distribution; what they meet is counted, and what is wrong is listed."""

    def __init__(self, endpoint, domain, versions, count=2):
        super().__init__(endpoint, count)
        self.domain = domain
        self.right = {path: text for version in versions for path, text in release_files(version).items() if path not in PAGES}
        self.documents = {text for version in versions for path, text in release_files(version).items() if path in PAGES}
        self.assets = 0

    def visit(self, choice, connection):
        """Both documents, each with what it names and with what some documents name that were opened before."""
        for page in ("", *PAGES):
            document = self.fetch(connection, page, "html")
            if document not in self.documents:
                self.wrong.append(f"/{page} is no document of a release: {document!r}")
                return
            self.opened[document] += 1
            stale = choice.sample(sorted(self.opened), min(STALE, len(self.opened)))
            for path in {path for text in (document, *stale) for path in named_by(text)}:
                self.look_at(connection, path)

    def look_at(self, connection, path):
        """An asset has one right content."""
        found = self.fetch(connection, path, path.rpartition(".")[2])
        self.assets += 1
        if found != self.right[path]:
            self.wrong.append(f"/{path} is {found!r}")

    def fetch(self, connection, path, ending):
        """The text of a file; notes what is wrong with its status and type."""
        status, headers, text = self.load(connection, self.domain, path)
        got = status, headers["Content-Type"]
        if got != (200, TYPES[ending]):
            self.wrong.append(f"/{path}: {got}: {text[:200]!r}")
        return text


def named_by(document):
    """The paths of the scripts and styles that a document names."""
    return re.findall(r'(?:src|href)="([^"]+)"', document)
