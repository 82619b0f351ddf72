"""Runs the parts of a command, prints how long each took, and all of them at the end.

`timed.py begin`, then `timed.py PART COMMAND…` for each part, then `timed.py end`. As the runner of cargo test it takes
`program` for the name, and calls each part as its package and its program. What parts ran beside each other is
in the whole only once.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

TIMES = pathlib.Path(__file__).resolve().parents[2] / "target/times.jsonl"


def noted():
    return [json.loads(line) for line in TIMES.read_text().splitlines()]


def note(**what):
    with TIMES.open("a") as file:
        file.write(json.dumps(what) + "\n")


def spoken(seconds):
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def begin():
    TIMES.parent.mkdir(exist_ok=True)
    TIMES.unlink(missing_ok=True)
    note(began=time.time())


def part(name, command):
    began = time.monotonic()
    code = subprocess.run(command).returncode
    took = time.monotonic() - began
    if TIMES.exists():
        note(part=name, seconds=took)
    print(f"== {name}: {spoken(took)}{', failed' if code else ''}", flush=True)
    return code


def end():
    first, *parts = noted()
    print("== how long each part took")
    for line in parts:
        print(f"   {spoken(line['seconds']):>12}  {line['part']}")
    print(f"   {spoken(time.time() - first['began']):>12}  in all", flush=True)


match sys.argv[1:]:
    case ["begin"]:
        begin()
    case ["end"]:
        end()
    case ["program", *command]:
        krate, program = os.environ["CARGO_PKG_NAME"], pathlib.Path(command[0]).name.rpartition("-")[0]
        sys.exit(part(f"tests of {krate}: {program}", command))
    case [name, *command]:
        sys.exit(part(name, command))
