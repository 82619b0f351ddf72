"""Runs the parts of a command, prints how long each took, and all of them at the end.

`timed.py begin`, then `timed.py PART COMMAND…` for each part, then `timed.py end`. What parts ran beside each other is
in the whole only once.
"""

import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMES = ROOT / "target/times.jsonl"


def note(**what):
    """Outside of a command that begins and ends, nobody asks for it."""
    if TIMES.exists():
        with TIMES.open("a") as file:
            file.write(json.dumps(what) + "\n")


def spoken(seconds):
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def begin():
    TIMES.parent.mkdir(exist_ok=True)
    TIMES.write_text(json.dumps({"began": time.time()}) + "\n")


def part(name, command):
    began = time.monotonic()
    code = subprocess.run(command).returncode
    took = time.monotonic() - began
    note(part=name, seconds=took)
    print(f"== {name}: {spoken(took)}{', failed' if code else ''}", flush=True)
    return code


def end():
    first, *parts = map(json.loads, TIMES.read_text().splitlines())
    TIMES.unlink()
    print("== how long each part took")
    for line in parts:
        print(f"   {spoken(line['seconds']):>12}  {line['part']}")
    print(f"   {spoken(time.time() - first['began']):>12}  in all", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["begin"]:
            begin()
        case ["end"]:
            end()
        case [name, *command]:
            sys.exit(part(name, command))
