"""The tests that caught a mutant, and whether they still stand as they did: who deletes or weakens one takes its results with it.

A test is known by its package and the name of its function, and held to that function's text. What the function calls is
not followed: who weakens a helper of many tests deletes `target/mutants.json`. Nor is what its mark says for `docs/evidence/safety-tests.md`: a sentence catches nothing.
"""

import collections
import functools
import hashlib
import re

from repository import REPOSITORY

# Where the tests of a package are: below its folder.
FOLDERS = {"windlass-domain": "shared/domain", "windlass-engine": "shared/engine", "windlass-machine": "tests/machine"}

# So many are noted of those that caught a mutant: it stays caught while one of them stands.
AT_MOST = 5

FUNCTION = re.compile(r"( *)(?:async )?fn (\w+)\(")
IS_TEST = re.compile(r"^ *#\[(\w+::)?test\b", re.MULTILINE)
MARK = re.compile(r"(?:^ *///\n)?^ */// Safety: .*\n(?:^ */// .*\n)*", re.MULTILINE)
FAILED = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. FAILED$", re.MULTILINE)


def of_log(text, arguments):
    """The tests that failed, as a log of the tests with these arguments of cargo lists them."""
    package = next(argument.partition("=")[2] for argument in arguments if argument.startswith("--package="))
    names = dict.fromkeys(name.rpartition("::")[2] for name in FAILED.findall(text))
    found = [{"package": package, "test": name, "text": text_of(package, name)} for name in names]
    return [judge for judge in found if judge["text"]][:AT_MOST]


def stand(judges):
    """Returns whether one of them is there as it was."""
    return any(judge["text"] == text_of(judge["package"], judge["test"]) for judge in judges)


def text_of(package, name):
    """A hash of the text of a test; `None` where there is none of that name. Those of the same name count as one."""
    texts = tests_of(package).get(name)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16] if texts else None


def read():
    """Reads all tests now."""
    for package in FOLDERS:
        tests_of(package)


@functools.cache
def tests_of(package):
    """The texts of all test functions of a package, by name."""
    found = collections.defaultdict(list)
    for path in sorted((REPOSITORY / FOLDERS[package]).rglob("*.rs")):
        for name, text in tests(path.read_text().splitlines()):
            found[name].append(text)
    return found


def tests(lines):
    """The test functions of a file, from their attributes to their end, as rustfmt writes them."""
    for number, line in enumerate(lines):
        if not (found := FUNCTION.match(line)):
            continue
        indent, begin = found[1], number
        while begin and lines[begin - 1].startswith((f"{indent}#[", f"{indent}///")):
            begin -= 1
        if IS_TEST.search("\n".join(lines[begin:number])):
            end = lines.index(f"{indent}}}", number)
            yield found[2], MARK.sub("", "\n".join(lines[begin : end + 1]))
