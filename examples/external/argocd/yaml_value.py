"""Reads and replaces one value in the text of a YAML file by its position, so that all other text stays as it is.

A field is a list of keys; of a list in the file it takes the one item that has something. The field
`["images", {"name": "orders"}, "digest"]` is the digest in

    images:
      - name: orders      # comments, order and quotation marks stay
        digest: "sha256:…"
"""

import yaml
from protocol import Refused


class NoPlace(Refused):
    """A file has no such value that can be replaced."""


def parts(node, key):
    """Returns what a key leads to in a node of a YAML document."""
    if isinstance(key, dict):
        items = node.value if isinstance(node, yaml.SequenceNode) else []
        return [item for item in items if all([it.value for it in parts(item, k)] == [v] for k, v in key.items())]
    return [value for name, value in node.value if name.value == key] if isinstance(node, yaml.MappingNode) else []


def place(text, field):
    """Returns where a value stands: start, end, its quotation mark or "", and the value.

    Raises `NoPlace` where it would not be this one value alone that is replaced: a key is there twice, or a part has an
    anchor, and so stands elsewhere as well; and where it is no text on one line.
    """
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        raise NoPlace("The file is not one YAML document.") from None
    for key in field:
        found = parts(node, key)
        if len(found) != 1 or text[found[0].start_mark.index :][:1] in ("&", "!"):
            raise NoPlace(f"The file has not exactly one place {field}, without anchors and tags.")
        node = found[0]
    start, end = node.start_mark.index, node.end_mark.index
    mark = text[start] if text[start:end][:1] in ("'", '"') else ""
    if start == end or text[start:end] != f"{mark}{node.value}{mark}":
        raise NoPlace(f'At {field} is no text on one line; where nothing is there yet, write "".')
    return start, end, mark, node.value


def value_of(text, field):
    """Returns the value, as it is written between its quotation marks."""
    return place(text, field)[3]


def replaced(text, field, value):
    """Returns the text with another value; raises `NoPlace` where that would be read as another one there."""
    start, end, mark, former = place(text, field)
    new = f"{text[:start]}{mark}{value}{mark}{text[end:]}"
    if place(new, field) != (start, end + len(value) - len(former), mark, value):
        raise NoPlace(f"The value would be read as another one at {field}.")
    return new
