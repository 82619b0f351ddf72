"""The sentences that a reader judges are whole, are at the lines that are printed with them, and are the same by the same seed."""

import re
import subprocess
import sys

from shop import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tests/tools"))
import sentences  # noqa: E402

PAGE = """<!-- Made of comments. -->

# A heading is no sentence

A first sentence names `app.yaml. It` and [a page. Of ours](page.md#of-a. B),
and goes on. Then a second one ends here! (A third one in brackets.) No. It takes 2.5 seconds e.g. here.

```sh
this line of code is no sentence
```

- **An** item of a list
  goes on here.
- And another item follows.

| this cell of a head counts | two words |
| --- | --- |
| `a\|b` | a cell that counts |
| 200, 202, 400, 404, 409 | `POST /apps/{app}/environments/{environment}/hold` |
"""
FOUND = [
    (5, "A first sentence names `app.yaml. It` and a page. Of ours, and goes on."),
    (6, "Then a second one ends here!"),
    (6, "(A third one in brackets.)"),
    (6, "It takes 2.5 seconds e.g. here."),
    (12, "**An** item of a list goes on here."),
    (14, "And another item follows."),
    (16, "this cell of a head counts"),
    (18, "a cell that counts"),
]


def test_sentences_are_whole_and_have_their_lines():
    assert list(sentences.sentences(PAGE)) == FOUND


def printed(*arguments):
    tool = REPOSITORY / "tests/tools/sentences.py"
    return subprocess.run([sys.executable, tool, *arguments], check=True, capture_output=True, text=True).stdout


def test_a_seed_picks_the_same_sentences_from_every_page():
    once = printed("7")
    assert once == printed("7")
    assert once != printed("8")
    lines = once.splitlines()
    assert lines[0] == "seed 7"
    assert len(lines) == 1 + sentences.COUNT
    for line in lines[1:]:
        path, number, sentence = line.split(":", 2)
        assert path in sentences.PAGES
        written = (REPOSITORY / path).read_text().splitlines()[int(number) - 1]
        assert re.search(r"\w+", sentence)[0] in written, line


def test_a_seed_is_printed_where_none_is_given():
    assert printed().splitlines()[0].startswith("seed ")
