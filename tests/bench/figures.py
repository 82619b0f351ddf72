"""Figures: what was measured, beside what it was compared with and what is to be reached."""

import dataclasses
import json
import os
import pathlib
import platform
import statistics
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FILE = REPOSITORY / "target/bench.json"
RUN_FILE = REPOSITORY / "target/bench-run.json"

# What is to be reached, by measure or by what stands before its last dot: the column that is held, and the most it may be.
TO_REACH = {
    "zip_bytes": ("ours", 3_500_000),
    "zip_bytes.planner": ("ours", 8_800_000),
    "cold_start_ms": ("ours", 15),
    "transitions_release": ("ours", 45),
    "transitions_canary": ("ours", 200),
    "transitions_canary_of_both": ("ours", 200),
    "transitions_stack": ("ours", 70),
    "dollars_idle": ("ours", 4.2),
    "plan_500": ("ours", 5),
    "plan_stack_500": ("ours", 20),
    "plan_stack_500_peak_bytes": ("ours", 256 * 2**20),
    "history_10000": ("ratio", 1.2),
    "deployments_at_once": ("ratio", 1.2),
    "site_first_vs_best_peer": ("ratio", 0.8),
    "site_one_percent_vs_aws_sync.in_place": ("ratio", 0.25),
    "site_switch_with_large_page": ("ratio", 1.2),
    "site_one_percent_vs_aws_sync.prefix": ("ratio", 0.5),
    "publish_peak_bytes": ("ours", 256 * 2**20),
    "release_vs_script": ("ratio", 0.5),
    "rollback_vs_release": ("ratio", 0.3),
    "rollback_in_bake_vs_release": ("ratio", 0.1),
}


@dataclasses.dataclass
class Figure:
    """One row: `other` names what ours was compared with; without a comparison it is null, as the ratio."""

    measure: str
    ours: float
    unit: str
    other: str | None = None
    ratio: float | None = None

    def to_reach(self):
        """The column that is held and the most it may be; None where nothing is to be reached."""
        return TO_REACH.get(self.measure) or TO_REACH.get(self.measure.rpartition(".")[0])

    def is_reached(self):
        held = self.to_reach()
        return held is None or (self.ours if held[0] == "ours" else self.ratio) <= held[1]

    def row(self):
        limit = self.to_reach()
        wanted = f"{limit[0]} ≤ {shown(limit[1])}" if limit else ""
        reached = "" if not limit else "yes" if self.is_reached() else "NO"
        return [self.measure, f"{shown(self.ours)} {self.unit}", self.other or "", shown(self.ratio), wanted, reached]


COLUMNS = ["measure", "ours", "against", "ratio", "to reach", "reached"]


def compared(measure, unit, ours, other, name):
    """A figure of two series that were measured in turns: both medians, and their ratio."""
    median = statistics.median(ours)
    return Figure(measure, rounded(median), unit, name, rounded(median / statistics.median(other)))


def rounded(number):
    return number if isinstance(number, int) else float(f"{number:.4g}")


def shown(number):
    if number is None:
        return ""
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"


def table(rows):
    """Rows as a table in Markdown, which is legible on a terminal as well."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in lines)


def write(figures, notes):
    """Writes the figures over those of the same measures, and what a reader must know of the run."""
    known = {figure["measure"]: figure for figure in read(FILE, [])}
    known |= {figure.measure: dataclasses.asdict(figure) for figure in figures}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(list(known.values()), indent=2) + "\n")
    run = read(RUN_FILE, {"notes": {}})
    RUN_FILE.write_text(json.dumps({"machine": machine(), "notes": run["notes"] | notes}, indent=2) + "\n")


def read(path, otherwise):
    return json.loads(path.read_text()) if path.exists() else otherwise


def machine():
    """The machine in words: what a figure is worth depends on it."""
    cpus = pathlib.Path("/proc/cpuinfo")
    models = [line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if line.startswith("model name")] if cpus.exists() else []
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    name = models[0] if models else platform.machine()
    return f"{os.cpu_count()} cores of {name}, {memory} GiB, {platform.system()} {platform.release().split('-')[0]}, Rust {rust}"
