"""A whole release against a shell script with the AWS command line, and a rollback against the release."""

import pathlib
import tempfile
import time

import cloud_side
import site_files
import targets
from figures import compared

SCRIPT = pathlib.Path(__file__).with_name("release.sh")
# Each release changes a site of so many files, a tenth of them, with a function and a service, all at the same time.
FILES = 2000
OURS, THEIRS = "ours", "theirs"


def measure(bench):
    """In turns: a release by Windlass, the same release by the script, a rollback by Windlass."""
    times = {"release": [], "script": [], "rollback": []}
    with cloud_side.installed() as yard, tempfile.TemporaryDirectory() as folder:
        pair = Pair(yard, pathlib.Path(folder))
        # The first releases are not measured: processes start, and what was there before Windlass is no way back.
        pair.release_both("1.0.0")
        for number in range(1, bench.rounds + 1):
            for name, seconds in pair.round(f"1.0.{number}").items():
                times[name].append(seconds)
        bench.notes["rollback_vs_release"] = "the last of each, by the history of its execution and by its record; " + "; ".join(pair.in_words(name) for name in ("release", "rollback"))
    yield compared("release_vs_script", "s", times["release"], times["script"], "a shell script with the AWS command line")
    yield compared("rollback_vs_release", "s", times["rollback"], times["release"], "our own release")
    bench.notes["release_vs_script"] = f"a site of {FILES:,} files (ours a folder per release), a function and a service; {bench.rounds} rounds"


class Pair:
    """Two environments that are alike: one for Windlass, one for the script."""

    def __init__(self, yard, folder):
        self.yard = yard
        self.folder = folder
        self.site = folder / "site"
        # The newest execution of each action that is measured.
        self.last = {}
        yard.aws.ecr.create_repository(repositoryName=cloud_side.IMAGES, tags=[{"Key": "windlass:app", "Value": "yard"}])
        self.distributions = {name: yard.make_environment(name) for name in (OURS, THEIRS)}
        components = {
            "web": {"kind": "static_site", "bucket": "yard-web-{environment}", "mode": "prefix", "distribution": "{distribution}", "gates": {"pages": []}, "hashed": ["assets/**"]},
            "api": {"kind": "lambda", "function": "yard-api-{environment}", "alias": "live"},
            "agent": {"kind": "ecs", "cluster": "yard-{environment}", "service": "agent", "container": "agent", "repository": cloud_side.IMAGES},
        }
        # No page is looked at, because the domain of a distribution resolves nowhere.
        variables = {"distribution": self.distributions[OURS][0]}
        yard.declare({OURS: {"deploy": {"branch": "main"}, "vars": variables}}, components)

    def round(self, version):
        """One release by each, compared, and a rollback that is taken back again."""
        before = self.seen(OURS)
        took = self.release_both(version)
        took["rollback"] = timed(lambda: self.operate("rollback"))
        files, *others = self.seen(OURS)
        # Assets of the release that was left may be there beside them: pages that are open need them.
        assert tuple(others) == before[1:], f"the rollback brought back other code or another image: {others} instead of {before[1:]}"
        lost = before[0].items() - files.items()
        assert not lost, f"the rollback did not bring back {len(lost)} files, such as {sorted(lost)[:3]}"
        self.operate("release_hold")
        self.yard.ended(self.yard.start(action="deploy", environment=OURS, version=version, again=True, reason="once more"))
        return took

    def release_both(self, version):
        """The same release by Windlass and by the script, and whether both made the same of it."""
        site, code, image = self.build(version)
        took = {"release": timed(lambda: self.release(version, site, code)), "script": timed(lambda: self.script(version, site, code, image))}
        self.require_equal(site)
        return took

    def build(self, version):
        """Builds what CI has built before either begins: a folder of files, a zip of code, an image in the registry."""
        if not self.site.exists():
            site_files.make(self.site, FILES)
        site = site_files.changed(self.site, self.folder / version, 0.1, version)
        code = self.folder / f"{version}.zip"
        code.write_bytes(targets.code(version))
        return site, code, self.yard.push_image(version)

    def release(self, version, site, code):
        """From making the archive to the end of the execution."""
        archive = self.folder / f"{version}-site.zip"
        archive.write_bytes(site_files.zipped(site))
        keys = {"web": (archive, f"artifacts/yard/{OURS}/web/{version}.zip"), "api": (code, f"artifacts/yard/{OURS}/api/{version}.zip")}
        components = {"agent": {"image": f"{cloud_side.IMAGES}:{version}"}}
        for component, (path, key) in keys.items():
            self.yard.shop.upload(key, path.read_bytes())
            components[component] = self.yard.shop.pinned(key)
        self.last["release"] = self.yard.start(action="deploy", environment=OURS, manifest={"version": version, "components": components})
        self.yard.ended(self.last["release"])

    def script(self, version, site, code, image):
        distribution, domain = self.distributions[THEIRS]
        page = f"{self.yard.aws.endpoint}/{site_files.DOCUMENT}"
        self.yard.run("bash", SCRIPT, THEIRS, site, code, image, distribution, page, domain, version)

    def operate(self, action):
        self.last[action] = self.yard.start(action=action, environment=OURS, reason="a measurement")
        self.yard.ended(self.last[action])

    def in_words(self, action):
        """Returns how long the newest execution of an action was in its states, and how long the functions of each component worked, in words."""
        execution = self.last[action]
        states = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.yard.seconds_in(execution).items() if seconds >= 0.01)
        listed = self.yard.aws.call_api("GET", f"/apps/yard/deployments?environment={OURS}&limit=20").body["deployments"]
        records = (self.yard.aws.call_api("GET", f"/apps/yard/deployments/{one['id']}").body for one in listed)
        record = next(record for record in records if execution in record["deployment"]["executions"])
        worked = ", ".join(f"{step['component']} {step['worked_ms'] / 1000:.2f} s" for step in record["steps"])
        return f"{action}: {states}; with waiting for its target {worked}"

    def seen(self, name):
        """Returns what an environment serves: its files, the code behind the alias, the image that runs."""
        files = site_files.in_bucket(self.yard.aws.s3, f"yard-web-{name}", self.folder_served(name))
        return files, self.yard.live_code(name), self.yard.running_image(name)

    def folder_served(self, name):
        return self.yard.folder_served(self.distributions[name][0])

    def require_equal(self, site):
        """Both made the same of the release: bytes, types and cache headers, code, image."""
        (ours, *more), (theirs, *others) = self.seen(OURS), self.seen(THEIRS)
        assert more == others, f"another code or image: {more} and {others}"
        wanted = site_files.described(site)
        for name, found in ((OURS, ours), (THEIRS, theirs)):
            differing = {path for path, file in wanted.items() if found.get(path) != file}
            assert not differing, f"{name} serves other bytes than the release has: {sorted(differing)[:5]}"
        for path in list(wanted)[:: max(1, len(wanted) // 20)]:
            headers = [self.headers(name, path) for name in (OURS, THEIRS)]
            assert headers[0] == headers[1], f"other headers of {path}: {headers}"

    def headers(self, name, path):
        head = self.yard.aws.s3.head_object(Bucket=f"yard-web-{name}", Key=self.folder_served(name) + path)
        return head["ContentType"].partition(";")[0], head.get("CacheControl", "").replace(" ", "")


def timed(work):
    """Returns how long it took, in seconds."""
    began = time.monotonic()
    work()
    return time.monotonic() - began
