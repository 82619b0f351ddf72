"""Builds test programs and runs them, some beside each other: `programs.py COUNT cargo test …`.

cargo test itself runs one after the other, and a core is idle while the longest test of each is. What a program prints
is shown if it fails. How long each took is a part of the whole (`timed.py`).
"""

import json
import os
import pathlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import timed


def built(command):
    """Returns the name, the folder and the file of each test program."""
    command = [*command, "--no-run", "--message-format=json-render-diagnostics"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    found = []
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message["executable"] and message["profile"]["test"]:
            folder = pathlib.Path(message["manifest_path"]).parent
            found.append((f"{folder.relative_to(timed.ROOT)}: {message['target']['name']}", folder, message["executable"]))
    return sorted(found, key=lambda program: size(program[2]), reverse=True)


def size(file):
    return pathlib.Path(file).stat().st_size


def run(program):
    name, folder, file = program
    began = time.monotonic()
    environment = {**os.environ, "CARGO_MANIFEST_DIR": str(folder)}
    done = subprocess.run([file], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    took = time.monotonic() - began
    timed.note(part=f"tests of {name}", seconds=took)
    lines = done.stdout.splitlines()
    shown = [line for line in lines if not line.endswith("... ok")] if done.returncode else []
    results = [line for line in lines if line.startswith("test result")]
    print(*shown, f"== {name}: {timed.spoken(took)}, {' '.join(results) or f'status {done.returncode}'}", sep="\n", flush=True)
    return done.returncode == 0


def main():
    count, *command = sys.argv[1:]
    with ThreadPoolExecutor(int(count)) as pool:
        passed = list(pool.map(run, built(command)))
    sys.exit(0 if passed and all(passed) else "a test failed")


main()
