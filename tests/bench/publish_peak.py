"""The most memory that the publish function takes for large sites, as the operating system counts it for the real process."""

import os
import pathlib
import threading
import zipfile

import cloud
import cloud_side
import mayhem
import site_files
import sites
from figures import Figure

MIB = 2**20
# In MiB, of bytes that cannot be packed: they lie in the archive as they are.
LARGE = [(1, 768), (2, 256), (16, 16), (512, 1)]
PUBLISHER = "publish-site"
LOOK_EVERY_S = 0.05


def measure(bench):
    """A first publish and one of one per cent, in both modes; of an archive of 2 GB the first publish."""
    yield from _measured(bench, "2_gb_archive", _large_archive, changes=False)
    yield from _measured(bench, "100000_files", _many_files, changes=True)


def _measured(bench, name, make, changes):
    """Of each site with processes of its own: the peak of a process is that of all that it ever did."""
    with sites.on_fast_store() as yard, Watch(cloud.describe(cloud_side.HOME)) as watch:
        for version, archive in enumerate(make(bench, yard.folder, changes)):
            for mode in sites.MODES:
                if version == 0:
                    yard.declare(mode, [sites.environment_of(mode)])
                environment = sites.environment_of(mode)
                yard.release(environment, yard.upload(f"1.0.{version}", archive, mode, environment), mode)
            described = f"{archive.stat().st_size / 1e6:,.0f} MB as a zip"
    others = ", ".join(f"{function} {peak / MIB:.0f} MiB" for function, peak in sorted(watch.peaks.items()) if function != PUBLISHER)
    bench.notes[f"publish_peak_bytes.{name}"] = f"{described}, in both modes; the other functions: {others}"
    yield Figure(f"publish_peak_bytes.{name}", watch.peaks[PUBLISHER], "bytes", "256 MiB", round(watch.peaks[PUBLISHER] / (256 * MIB), 3))


def _large_archive(bench, folder, changes):
    """2 GB, or a 64th of it where only that it works is to be seen."""
    archive = folder / "large.zip"
    share = 1 if bench.files >= 10_000 else 64
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("index.html", "<!doctype html><title>Yard</title>")
        for count, size in LARGE:
            for number in range(count):
                with packed.open(f"media/{size}-{number}.bin", "w", force_zip64=True) as file:
                    for _ in range(max(1, size // share)):
                        file.write(os.urandom(MIB))
    assert not changes
    yield archive


def _many_files(bench, folder, changes):
    """100,000 files, then with one in a hundred changed."""
    site = site_files.make(folder / "site", bench.files * 10)
    yield sites.zipped(site)
    if changes:
        yield sites.zipped(site_files.changed(site, folder / "changed", 0.01, 2))


class Watch:
    """The highest resident memory of each function's processes on a local cloud, by the function's name."""

    def __init__(self, description):
        self.pid = description["processes"]["ministack"]["pid"]
        self.peaks = {}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _watch(self):
        while not self.over.wait(LOOK_EVERY_S):
            for pid in mayhem.functions_of(self.pid):
                self._look(pathlib.Path(f"/proc/{pid}"))

    def _look(self, process):
        """The kernel keeps the peak itself, so a look after it sees it as well (proc(5), VmHWM)."""
        try:
            name = _variable(process, "AWS_LAMBDA_FUNCTION_NAME").partition("-")[2]
            status = (process / "status").read_text()
        except (OSError, KeyError):
            # It has just begun, or just ended.
            return
        peak = next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)
        self.peaks[name] = max(self.peaks.get(name, 0), peak)


def _variable(process, name):
    variables = (process / "environ").read_bytes().decode(errors="replace").split("\0")
    return dict(variable.partition("=")[::2] for variable in variables)[name]
