"""Prints sixty sentences, picked by chance, of the pages that a newcomer reads: `make sentences SEED=…`.

Somebody who does not know the code reads them, and counts those that must be read twice. The same seed picks the same
sentences while the pages are the same. Blocks of code, headings, the rules of tables and the targets of links are left
out; a cell of a table counts as text.
"""

import pathlib
import random
import re
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["README.md", "docs/install.md", "docs/local-cloud.md", "docs/app.md", "docs/CLI.md", "docs/API.md"]
COUNT = 60
# A piece with fewer words beside its code is a name or a list of numbers, and no sentence.
LEAST_WORDS = 3
WORD = re.compile(r"[A-Za-z]{2,}|\ba\b")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
RULE = re.compile(r"\|[\s:|-]*\|")
MARK = re.compile(r"^([-*+]|\d+[.)]) ")
CODE = re.compile(r"`[^`]*`")
END = re.compile(r"[.!?][)*\"”]*(?=\s+[^\sa-z])")


def pieces(text):
    """Yields paragraphs, items of lists and cells of tables: each as a list of lines with their numbers."""
    piece, is_code = [], False
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        is_fence = line.startswith("```")
        is_code ^= is_fence
        is_text = bool(line) and not (is_code or is_fence or line.startswith(("#", "<!--")) or RULE.fullmatch(line))
        if piece and (not is_text or line.startswith("|") or MARK.match(line)):
            yield piece
            piece = []
        if is_text and line.startswith("|"):
            yield from ([(number, cell.strip())] for cell in re.split(r"(?<!\\)\|", line)[1:-1])
        elif is_text:
            piece.append((number, MARK.sub("", line, count=1)))
    if piece:
        yield piece


def sentences(text):
    """Yields each sentence of a page with the number of the line on which it begins."""
    for piece in pieces(text):
        joined = " ".join(line for _, line in piece)
        # A point within a code span or a link ends no sentence, and the length stays.
        hidden = CODE.sub(lambda found: "`" + "x" * (len(found[0]) - 2) + "`", joined)
        hidden = LINK.sub(lambda found: "[" + "x" * (len(found[0]) - 2) + "]", hidden)
        ends = [found.end() for found in END.finditer(hidden)]
        for begin, end in zip([0, *ends], [*ends, len(joined)]):
            sentence = LINK.sub(r"\1", joined[begin:end]).strip()
            if len(WORD.findall(CODE.sub("", sentence))) >= LEAST_WORDS:
                yield line_at(piece, begin + 1), sentence


def line_at(piece, position):
    for number, line in piece:
        position -= len(line) + 1
        if position < 0:
            return number
    return piece[-1][0]


def picked(seed, pages):
    """Returns sentences by chance, in the order in which they stand; pages are texts by their paths."""
    found = [(path, line, sentence) for path, text in pages.items() for line, sentence in sentences(text)]
    chosen = random.Random(seed).sample(range(len(found)), min(COUNT, len(found)))
    return [found[index] for index in sorted(chosen)]


if __name__ == "__main__":
    seed = sys.argv[1] if len(sys.argv) > 1 else str(random.randrange(10_000))
    print(f"seed {seed}")
    for path, line, sentence in picked(seed, {path: (REPOSITORY / path).read_text() for path in PAGES}):
        print(f"{path}:{line}: {sentence}")
