"""The local cloud: starts it, says where it is, stops exactly what was started, and deletes what was in it.

    python tests/e2e/cloud.py up [--home .local/run] [--port 4566] [--wait-scale 0.1]
    python tests/e2e/cloud.py anew [--home .local/run] [--port 4566] [--wait-scale 0.1]
    python tests/e2e/cloud.py replaceable [--home .local/run] [--port 4566]
    python tests/e2e/cloud.py down [--home .local/run] [--outputs .local/outputs.json]

`home` is a folder that holds everything of one local cloud: state, temporary files, logs, and `cloud.json`,
which names the processes. Port 0 takes a free one. Starting a cloud that runs already changes nothing; `anew` throws it
away first, where it is the one of that port, and `replaceable` only asks whether it would.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
REGION = "us-east-1"
READY_WITHIN_S = 60
STOP_WITHIN_S = 15
MARKER = "local-cloud"
READY = "/_ministack/ready"


class CloudError(Exception):
    """Says what went wrong, and what to do."""


def up(home, port, wait_scale, auth=False, more=None):
    """Starts the local cloud unless it runs; answers its description. With `auth` it enforces IAM; `more` is added to its environment."""
    running = require_its_port(home, port)
    if running:
        return running
    make_empty(home)
    port = port or free_port()
    require_free(port)
    processes = {}
    try:
        docker_port = start_docker_standin(home, port, processes)
        # Without the script's folder in its path: files there have names that packages have.
        ministack = [str(REPOSITORY / ".local/cloud/bin/python"), "-P", str(REPOSITORY / "tests/e2e/simulation.py")]
        processes["ministack"] = start(home, "ministack", ministack, environment(home, port, docker_port, wait_scale, auth) | (more or {}))
        wait_until_ready(f"http://127.0.0.1:{port}{READY}", processes["ministack"], home / "ministack.log")
    except BaseException:
        stop_all(processes)
        raise
    description = {
        "endpoint": f"http://127.0.0.1:{port}",
        "port": port,
        "region": REGION,
        "docker": f"http://127.0.0.1:{docker_port}",
        "auth": auth,
        "processes": processes,
    }
    (home / "cloud.json").write_text(json.dumps(description, indent=2))
    return description


def require_its_port(home, port):
    """The running local cloud of this folder, None if there is none; refuses one of another port, which somebody may still want."""
    running = describe(home)
    if running and port not in (0, running["port"]):
        raise CloudError(
            f"a local cloud of {home} runs on port {running['port']}: `make down` stops it, and what is in it is gone then; "
            f"PORT={running['port']} goes on with that one, RUN and OUTPUTS name other places for another one"
        )
    return running


def anew(home, port, wait_scale, say=print):
    """Starts an empty local cloud, in place of the one of this folder and port, and says so where one was thrown away."""
    if require_its_port(home, port):
        down(home)
        say(f"local cloud: what was in that of {home} is thrown away")
    return up(home, port, wait_scale)


def make_empty(home):
    """Empties the folder of an earlier local cloud; refuses to empty any other."""
    if home.exists() and any(home.iterdir()):
        if not (home / MARKER).exists():
            raise CloudError(f"{home} is not a folder of a local cloud: name another one with RUN=")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).write_text("A local cloud's folder; `make up` empties it.\n")


def down(home):
    """Stops what `up` started, and nothing else."""
    description = read(home)
    if description:
        stop_all(description["processes"])
        (home / "cloud.json").unlink()


def remove(home):
    """Stops what `up` started, and removes its folder."""
    down(home)
    if (home / MARKER).exists():
        shutil.rmtree(home)


def end(home, outputs=None):
    """Stops a cloud, deletes what was in it, and the outputs if they are of it; answers what was done. Logs and the answers that were kept stay."""
    if not (home / MARKER).exists():
        return f"there is none in {home}"
    endpoint = (read(home) or {}).get("endpoint")
    down(home)
    for folder in filter(pathlib.Path.is_dir, home.iterdir()):
        shutil.rmtree(folder)
    if outputs and outputs.exists() and json.loads(outputs.read_text()).get("endpoint") == endpoint:
        outputs.unlink()
    return "stopped, and all that was in it is deleted"


def describe(home):
    """The running local cloud; None if it does not run."""
    description = read(home)
    if description and all(alive(process) for process in description["processes"].values()):
        return description
    down(home)
    return None


def read(home):
    path = home / "cloud.json"
    return json.loads(path.read_text()) if path.exists() else None


def environment(home, port, docker_port, wait_scale, auth):
    """A clean environment: MiniStack hands all of its own to the functions."""
    for folder in ("state", "tmp"):
        (home / folder).mkdir()
    clean = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TMPDIR": str(home / "tmp"),
        "STATE_DIR": str(home / "state"),
        "S3_DATA_DIR": str(home / "state/s3"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "SFN_WAIT_SCALE": str(wait_scale),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "AUTH": "true" if auth else "false",
        "DOCKER_HOST": f"tcp://127.0.0.1:{docker_port}",
    }
    return clean


def start_docker_standin(home, registry_port, processes):
    """Starts the stand-in for the Docker Engine API, under which ECS tasks take time, crash and fail to pull."""
    port = free_port()
    script = REPOSITORY / "tests/e2e/docker_standin.py"
    command = [sys.executable, str(script), "--port", str(port), "--registry", f"http://127.0.0.1:{registry_port}"]
    processes["docker"] = start(home, "docker", command, {"PATH": os.environ["PATH"]})
    wait_until_ready(f"http://127.0.0.1:{port}/_ping", processes["docker"], home / "docker.log")
    return port


def start(home, name, command, env):
    """Starts a process in a session of its own, with its output in `<name>.log`."""
    with (home / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(command, env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    return {"pid": child.pid, "started": started(child.pid)}


def started(pid):
    """When a process started, in ticks since boot (proc(5), `stat`): its id alone may be someone else's by now."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def alive(process):
    return process["started"] is not None and started(process["pid"]) == process["started"]


def stop_all(processes):
    """Asks each process to end, waits, and then ends what is left of its session (the functions)."""
    for process in reversed(processes.values()):
        if not alive(process):
            continue
        os.kill(process["pid"], signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_S
        while alive(process) and time.monotonic() < deadline:
            time.sleep(0.05)
        try:
            os.killpg(process["pid"], signal.SIGKILL)
        except ProcessLookupError:
            pass


def answers(url):
    """Returns whether this address answers as a local cloud does."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def wait_until_ready(url, process, log):
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if not alive(process):
            raise CloudError(f"it ended while starting; its log ({log}) ends with:\n{log.read_text()[-2000:]}")
        if answers(url):
            return
        time.sleep(0.05)
    raise CloudError(f"it was not ready within {READY_WITHIN_S} s; see {log}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def require_free(port):
    with socket.socket() as client:
        client.settimeout(1)
        if client.connect_ex(("127.0.0.1", port)) == 0:
            raise CloudError(f"something else listens on port {port}: choose another with PORT=")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("verb", choices=["up", "anew", "replaceable", "down"])
    parser.add_argument("--home", type=pathlib.Path, default=REPOSITORY / ".local/run")
    parser.add_argument("--outputs", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--wait-scale", type=float, default=0.1)
    options = parser.parse_args()
    home = options.home.resolve()
    if options.verb == "down":
        print(f"local cloud: {end(home, options.outputs)}")
    elif options.verb == "replaceable":
        require_its_port(home, options.port)
    else:
        start_it = {"up": up, "anew": anew}[options.verb]
        print(f"local cloud: {start_it(home, options.port, options.wait_scale)['endpoint']}")


if __name__ == "__main__":
    try:
        main()
    except CloudError as error:
        sys.exit(f"local cloud: {error}")
