"""A small cluster on one machine: YARN as on EMR, and an S3 endpoint.

``python bootstrap/cluster/cluster.py up`` starts Hadoop's own ResourceManager and NodeManager, and
moto as S3; ``down`` stops all three. Ports are chosen free, everything listens on loopback only, and
what it writes is below ``build/cluster``. Run it with the environment's Python: Hadoop is of the version
that PySpark brings, its jars as ``locks`` pins them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from headgate.jobs.jars import JarsError, fetch, hadoop_version, locked

ROOT = Path(__file__).resolve().parents[2]

BUCKET = "lake"

OPEN = (
    *("--add-opens", "java.base/java.lang=ALL-UNNAMED"),
    *("--add-exports", "java.base/sun.net.util=ALL-UNNAMED"),
)
"""What Hadoop 3.3 takes of Java 17's inside."""

DAEMONS = {
    "resourcemanager": "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager",
    "nodemanager": "org.apache.hadoop.yarn.server.nodemanager.NodeManager",
}

LOCKS = Path(__file__).with_name("locks")


class ClusterError(Exception):
    """The cluster cannot be started; the message is one line that ends with the fix."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Start or stop the cluster and return the exit code."""
    parser = argparse.ArgumentParser(description="A small cluster on one machine: YARN and S3.")
    parser.add_argument("what", choices=("up", "down"))
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "cluster", help="where its files are")
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    try:
        if options.what == "down":
            print(f"cluster: {stop(folder)} processes stopped")
        else:
            start(folder)
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    return 0


def start(folder: Path) -> dict[str, str]:
    """Start the daemons, wait until they serve, and return what a shell must export to use them.

    Parameters
    ----------
    folder : Path
        For configuration, logs and process ids.
    """
    if list(folder.glob("*.pid")):
        raise ClusterError("it is up already; make cluster-down stops it")
    jars = fetch_hadoop()
    ports = dict(zip(("s3", "scheduler", "tracker", "clients", "admin", "web", "node", "localizer",
                      "node_web"), free_ports(9), strict=True))  # fmt: skip
    configure(folder, ports)
    exports = {
        "HADOOP_CONF_DIR": str(folder / "conf"),
        "YARN_CONF_DIR": str(folder / "conf"),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3']}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
    }
    try:
        launch(folder, "s3", [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1",
                              "-p", str(ports["s3"])])  # fmt: skip
        classes = os.pathsep.join([str(folder / "conf"), *map(str, jars)])
        for name, daemon in DAEMONS.items():
            logs = f"-Dyarn.log.dir={folder / 'logs'}"
            launch(folder, name, [java(), "-Xmx512m", logs, *OPEN, "-cp", classes, daemon])
        wait(folder, "s3", lambda: answers(exports["AWS_ENDPOINT_URL"]))
        make_bucket(exports["AWS_ENDPOINT_URL"])
        wait(folder, "nodemanager", lambda: nodes(ports["web"]) == 1)
    except BaseException:
        stop(folder)
        raise
    lines = [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    (folder / "cluster.env").write_text("\n".join(lines) + "\n")
    place = os.path.relpath(folder / "cluster.env")
    print(
        f"cluster: up. YARN http://127.0.0.1:{ports['web']}, S3 {exports['AWS_ENDPOINT_URL']}\n"
        f"In any terminal:\n  . {place}\n"
        f"  make demo ARGS='--lake s3://{BUCKET}/demo'\n"
        "docs/cluster.md tells how to submit to YARN. make cluster-down stops it all."
    )
    return exports


def stop(folder: Path) -> int:
    """Stop what was started, with all its children, and return how many processes there were."""
    stopped = 0
    for pid_file in sorted(folder.glob("*.pid")):
        group = int(pid_file.read_text())
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(group, how)
            except ProcessLookupError:
                break
            stopped += how == signal.SIGTERM
            ended(group)
        pid_file.unlink()
    (folder / "cluster.env").unlink(missing_ok=True)
    return stopped


def ended(group: int, seconds: float = 10) -> bool:
    """Whether a process group ends within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(ChildProcessError):  # it may have another parent
            os.waitpid(-group, os.WNOHANG)
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def java() -> str:
    """The environment's Java, else the one on the path."""
    return str(Path(os.environ["JAVA_HOME"], "bin", "java")) if "JAVA_HOME" in os.environ else "java"


def fetch_hadoop() -> list[Path]:
    """The jars of YARN's daemons; those that Spark needs for S3 are fetched with them."""
    daemons = locked("yarn", LOCKS)
    if not daemons:
        raise ClusterError(f"there is no lock of Hadoop {hadoop_version()}; make locks writes it")
    try:
        return fetch([*daemons, *locked("s3")])[: len(daemons)]
    except JarsError as error:
        raise ClusterError(str(error)) from None


def free_ports(count: int) -> list[int]:
    """As many ports of loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def configure(folder: Path, ports: Mapping[str, int]) -> None:
    """Write Hadoop's configuration."""
    conf = folder / "conf"
    for each in (conf, folder / "logs", folder / "work"):
        each.mkdir(parents=True, exist_ok=True)

    def at(name: str) -> str:
        return f"127.0.0.1:{ports[name]}"

    yarn = {
        "yarn.resourcemanager.hostname": "127.0.0.1",
        "yarn.resourcemanager.bind-host": "127.0.0.1",
        "yarn.resourcemanager.scheduler.address": at("scheduler"),
        "yarn.resourcemanager.resource-tracker.address": at("tracker"),
        "yarn.resourcemanager.address": at("clients"),
        "yarn.resourcemanager.admin.address": at("admin"),
        "yarn.resourcemanager.webapp.address": at("web"),
        "yarn.nodemanager.hostname": "127.0.0.1",
        "yarn.nodemanager.bind-host": "127.0.0.1",
        "yarn.nodemanager.address": at("node"),
        "yarn.nodemanager.localizer.address": at("localizer"),
        "yarn.nodemanager.webapp.address": at("node_web"),
        "yarn.nodemanager.local-dirs": str(folder / "work"),
        "yarn.nodemanager.log-dirs": str(folder / "logs" / "containers"),
        "yarn.nodemanager.resource.memory-mb": "8192",
        "yarn.nodemanager.resource.cpu-vcores": "8",
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.pmem-check-enabled": "false",
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99",
        "yarn.nodemanager.delete.debug-delay-sec": "0",
        "yarn.nodemanager.env-whitelist": "JAVA_HOME,HADOOP_CONF_DIR,PATH,HOME",
        "yarn.scheduler.minimum-allocation-mb": "256",
        "yarn.scheduler.maximum-allocation-mb": "8192",
        "yarn.resourcemanager.am.max-attempts": "1",
    }
    scheduler = {
        "yarn.scheduler.capacity.root.queues": "default",
        "yarn.scheduler.capacity.root.default.capacity": "100",
        "yarn.scheduler.capacity.maximum-am-resource-percent": "0.9",
    }
    core = {"fs.defaultFS": "file:///", "hadoop.tmp.dir": str(folder / "work" / "tmp")}
    for name, properties in (("core-site", core), ("yarn-site", yarn), ("capacity-scheduler", scheduler)):
        lines = (
            f"<property><name>{escape(key)}</name><value>{escape(value)}</value></property>"
            for key, value in properties.items()
        )
        text = "<configuration>\n" + "\n".join(lines) + "\n</configuration>\n"
        (conf / f"{name}.xml").write_text(text)

    (conf / "log4j.properties").write_text(
        "log4j.rootLogger=INFO, out\n"
        "log4j.appender.out=org.apache.log4j.ConsoleAppender\n"
        "log4j.appender.out.layout=org.apache.log4j.PatternLayout\n"
        "log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n\n"
    )


def launch(folder: Path, name: str, command: Sequence[str]) -> None:
    """Start a process of its own group, its output in a log, its id in a file."""
    with (folder / "logs" / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "HADOOP_CONF_DIR": str(folder / "conf")},
            start_new_session=True,
        )
    (folder / f"{name}.pid").write_text(str(process.pid))


def wait(folder: Path, name: str, ready: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until a process serves; raise one line if it does not."""
    until = time.monotonic() + seconds
    while not ready():
        if ended(int((folder / f"{name}.pid").read_text()), 0.3) or time.monotonic() > until:
            raise ClusterError(f"{name} does not answer; see {folder}/logs/{name}.log")


def answers(url: str) -> bool:
    """Whether there is a server at `url`."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def nodes(port: int) -> int:
    """How many nodes YARN has ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ws/v1/cluster/metrics", timeout=5) as answer:
            return int(json.load(answer)["clusterMetrics"]["activeNodes"])
    except (OSError, ValueError, KeyError):
        return 0


def make_bucket(endpoint: str) -> None:
    """Make the bucket; moto asks for no signature."""
    request = urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT", headers={"Authorization": (
        "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request, "
        "SignedHeaders=host, Signature=0"
    )})  # fmt: skip
    urllib.request.urlopen(request, timeout=10).close()


if __name__ == "__main__":
    sys.exit(main())
