"""Sites at size beside what uploads sites otherwise, on a fast S3 so that the server is not what is measured."""

# Peers upload to an S3 of our own in memory: the local cloud's takes longer for an object than any uploader.

import contextlib
import hashlib
import pathlib
import statistics
import tempfile
import time

import cloud_side
import peers
import site_files
import targets
from figures import compared
from ledger import Ledger

MODES = ("in_place", "prefix")
# Ours is what the state machine does for a site: looking at what is there and planning; publishing and the switch.
STATES = ("Prepare", "Change")
# Which call these functions, one after the other; what the states took beyond them is the local cloud's calling.
FUNCTIONS = ("planner", "publish-site", "deploy-site")
AWS = "aws s3 sync"


@contextlib.contextmanager
def on_fast_store():
    """Windlass with its artifacts, and the sites, in the fast store; everything else is the local cloud's."""
    peers.require()
    with peers.store() as endpoint, cloud_side.installed(AWS_ENDPOINT_URL_S3=endpoint) as yard, tempfile.TemporaryDirectory() as folder:
        yield Sites(yard, endpoint, pathlib.Path(folder))


class Sites:
    """Applications of one site, one for each mode, with a bucket for each environment."""

    def __init__(self, yard, endpoint, folder):
        self.yard = yard
        self.endpoint = endpoint
        self.folder = folder
        self.s3 = peers.s3(endpoint)
        self.distributions = {}
        self.artifacts = yard.aws.outputs["ArtifactsBucket"]
        targets.make_bucket(self.s3, self.artifacts, "artifacts")

    def declare(self, mode, environments):
        """Declares the site of a mode, and makes its buckets and distributions."""
        declared = {}
        for name in environments:
            bucket = f"yard-web-{name}"
            targets.make_bucket(self.s3, bucket, name, app_of(mode))
            declared[name] = {}
            if mode == "prefix":
                self.yard.aws.s3.create_bucket(Bucket=bucket)
                self.distributions[name], _ = targets.make_distribution(self.yard.aws, bucket, name, app_of(mode))
                declared[name] = {"vars": {"distribution": self.distributions[name]}}
        site = {"kind": "static_site", "bucket": "yard-web-{environment}", "mode": mode, "hashed": ["assets/**"]}
        if mode == "prefix":
            # Its domain resolves nowhere.
            site |= {"distribution": "{distribution}", "gates": {"pages": []}}
        self.yard.declare(declared, {"web": site}, app_of(mode), self.s3)

    def upload(self, version, archive, mode, environment):
        """Does what CI does before the release: the archive is in the bucket. Answers the manifest."""
        key = f"artifacts/{app_of(mode)}/{environment}/web/{version}.zip"
        body = archive.read_bytes()
        self.s3.put_object(Bucket=self.artifacts, Key=key, Body=body, ChecksumAlgorithm="SHA256")
        return {"version": version, "components": {"web": {"key": key, "sha256": hashlib.sha256(body).hexdigest()}}}

    def release(self, environment, manifest, mode):
        """A release; answers how long it was in each of the states, and how long each of their functions worked itself, in seconds."""
        execution = self.yard.start(app_of(mode), action="deploy", environment=environment, manifest=manifest)
        self.yard.ended(execution)
        seconds, worked = self.yard.seconds_in(execution), self.yard.worked_in(execution)
        return {state: seconds[state] for state in STATES}, {function: worked[function] for function in FUNCTIONS}

    def seconds_mixed(self, environment, mode):
        """Returns how long the last release of a site switched: while it did, visitors met files of two releases."""
        ledger = Ledger(self.yard.aws, app_of(mode), environment)
        (step,) = ledger.steps(ledger.deployments()[-1]["id"]).values()
        switching = [change for change in step["changes"] if change["switching"]]
        return float(switching[-1]["answered_at"] - switching[0]["at"]) / 1000

    def folder_served(self, environment):
        """The folder that visitors see: of the bucket itself, or of what the distribution serves of it."""
        distribution = self.distributions.get(environment)
        return self.yard.folder_served(distribution) if distribution else ""

    def require_same(self, site, *places):
        """Every place holds the files of the site: their bytes and types. Others may be there: old assets stay."""
        wanted = site_files.described(site)
        types = []
        for bucket, prefix in places:
            found = site_files.in_bucket(self.s3, bucket, prefix)
            differing = [path for path, file in wanted.items() if found.get(path) != file]
            assert not differing, f"{bucket}/{prefix} holds {len(differing)} files otherwise, such as {differing[:3]}"
            types.append({path: self.type_of(bucket, prefix + path) for path in some_of_each_kind(wanted)})
        assert all(found == types[0] for found in types), f"other types: {types}"

    def type_of(self, bucket, key):
        """The content type, without its parameters; JavaScript has two names (RFC 9239)."""
        content_type = self.s3.head_object(Bucket=bucket, Key=key)["ContentType"].partition(";")[0]
        return content_type.replace("application/javascript", "text/javascript")


def app_of(mode):
    """An application for each mode: a declaration has one mode."""
    return f"yard-{mode.replace('_', '-')}"


def some_of_each_kind(paths, count=10):
    """So many paths of each ending."""
    kinds = {}
    for path in sorted(paths):
        kinds.setdefault(path.rpartition(".")[2], []).append(path)
    return [path for of_kind in kinds.values() for path in of_kind[:: max(1, len(of_kind) // count)]]


def first(bench):
    """The first publish of many files: ours from the archive in the bucket, the peers' from unpacked files."""
    mode = "in_place"
    with on_fast_store() as sites:
        rounds = [f"first-{number}" for number in range(bench.rounds + 1)]
        sites.declare(mode, rounds)
        rows = []
        for number, environment in enumerate(rounds):
            site = site_files.make(sites.folder / environment, bench.files, seed=number)
            archive = zipped(site)
            manifest = sites.upload(f"1.0.{number}", archive, mode, environment)
            took, places = {}, [(f"yard-web-{environment}", "")]
            for name in turned(["ours", *peers.UPLOADS], number):
                if name == "ours":
                    parts, worked = sites.release(environment, manifest, mode)
                    took[name] = sum(parts.values())
                else:
                    bucket = f"{name.replace(' ', '-')}-{environment}"
                    targets.make_bucket(sites.s3, bucket, environment)
                    took[name] = timed(peers.UPLOADS[name], sites.endpoint, site, bucket)
                    places.append((bucket, ""))
            sites.require_same(site, *places)
            rows.append(took | parts | worked)
        size = described(site, archive)
    times = after_the_first(rows)
    each = {name: compared("site_first_vs_best_peer", "s", times["ours"], times[name], name) for name in peers.UPLOADS}
    yield max(each.values(), key=lambda figure: figure.ratio)
    bench.notes["site_first_vs_best_peer"] = f"{size}; {in_words(times, *peers.UPLOADS)}; ours: {in_words(times, *STATES)}, of which the functions themselves {in_words(times, *FUNCTIONS)}; {bench.rounds} rounds"


def one_percent(bench):
    """One file in a hundred changed, in both modes, against `aws s3 sync`."""
    with on_fast_store() as sites:
        for mode in MODES:
            sites.declare(mode, [environment_of(mode)])
        site = site_files.make(sites.folder / "site", bench.files)
        targets.make_bucket(sites.s3, "theirs", "theirs")
        peers.UPLOADS[AWS](sites.endpoint, site, "theirs")
        rows = []
        for number in range(bench.rounds + 1):
            changed = site_files.changed(site, sites.folder / f"changed-{number}", 0.01, number)
            rows.append(one_round(sites, changed, number))
            site = changed
        size = described(site, zipped(site))
    times = after_the_first(rows)
    for mode in MODES:
        figure = compared(f"site_one_percent_vs_aws_sync.{mode}", "s", times[mode], times[AWS], AWS)
        yield figure
        states, functions = (in_words(times, *(f"{mode} {name}" for name in names)) for names in (STATES, FUNCTIONS))
        bench.notes[figure.measure] = f"{size}, one file in a hundred changed; {in_words(times, AWS)}; ours: {states}, of which the functions themselves {functions}; {bench.rounds} rounds"


def one_round(sites, changed, number):
    """A changed site by all three; the first of them is a whole site to Windlass."""
    archive = zipped(changed)
    took, places = {}, [("theirs", "")]
    for name in turned([*MODES, AWS], number):
        if name == AWS:
            took[name] = timed(peers.UPLOADS[AWS], sites.endpoint, changed, "theirs")
            continue
        environment = environment_of(name)
        parts, worked = sites.release(environment, sites.upload(f"1.0.{number}", archive, name, environment), name)
        took |= {name: sum(parts.values())} | {f"{name} {part}": seconds for part, seconds in (parts | worked).items()}
        places.append((f"yard-web-{environment}", sites.folder_served(environment)))
    sites.require_same(changed, *places)
    return took


def long_switch(bench):
    """The switch in place of many documents with one large page among them, beside the same without it: the seconds in which visitors
    meet pages of both releases, from the record of its first change to the answer of its last."""
    names = ("with a large page", "without")
    with on_fast_store() as sites:
        environments = dict(zip(names, ("large", "small")))
        sites.declare("in_place", environments.values())
        rows = []
        for number in range(bench.rounds + 2):
            row = {}
            for name in turned(names, number):
                archive = sites.folder / f"{environments[name]}-{number}.zip"
                site_files.zip_documents(archive, bench.documents, number, name == names[0])
                manifest = sites.upload(f"2.{names.index(name)}.{number}", archive, "in_place", environments[name])
                parts, _ = sites.release(environments[name], manifest, "in_place")
                row |= {name: sites.seconds_mixed(environments[name], "in_place"), f"{name} Change": parts["Change"]}
            rows.append(row)
    # The first release of each has nothing to switch.
    times = after_the_first(rows[1:])
    yield compared("site_switch_with_large_page", "s", times[names[0]], times[names[1]], "the same without it")
    bench.notes["site_switch_with_large_page"] = f"{bench.documents:,} documents in place, all changed; {in_words(times, *times)}; {bench.rounds} rounds"


def environment_of(mode):
    return mode.replace("_", "-")


def zipped(site):
    """The archive of a site, beside it."""
    archive = site.with_suffix(".zip")
    with archive.open("wb") as file:
        site_files.zip_into(file, site)
    return archive


def turned(names, number):
    """The names from another one on each time, so that none is always measured after the same other."""
    return [*names[number % len(names) :], *names[: number % len(names)]]


def after_the_first(rows):
    """The series of each name. The first round starts processes and fills caches, and does not count."""
    return {name: [row[name] for row in rows[1:]] for name in rows[0]}


def in_words(times, *names):
    """The medians of some series in words."""
    return ", ".join(f"{name} {statistics.median(times[name]):.2f} s" for name in names)


def described(site, archive):
    """Returns how large a site is, in words."""
    sizes = [size for size, _ in site_files.described(site).values()]
    return f"{len(sizes):,} files of {min(sizes):,} to {max(sizes):,} bytes, {sum(sizes) / 1e6:.0f} MB, {archive.stat().st_size / 1e6:.0f} MB as a zip"


def timed(work, *arguments):
    began = time.monotonic()
    work(*arguments)
    return time.monotonic() - began
