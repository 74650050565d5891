"""Resolve anew which jars the installed Spark needs beside PySpark's own, and lock them by their SHA-256.

``make locks`` runs it; ``make locks RUNTIME=emr-8`` does it for another runtime. PySpark's Ivy resolves by
Maven's POMs, which takes minutes and Java's own certificates; whoever uses the locks needs neither.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pyspark

from headgate.jobs.jars import LOCKS, hadoop_version, lock_of

YARN_LOCKS = Path(__file__).with_name("cluster") / "locks"

HOME = Path(pyspark.__file__).with_name("jars")

SETTINGS = (
    '<ivysettings><settings defaultResolver="central"/><resolvers>'
    '<ibiblio name="central" m2compatible="true"/></resolvers></ivysettings>'
)

PATTERN = "[organisation]__[artifact]__[revision].[ext]"

DAEMONS = (
    "hadoop-common",
    "hadoop-yarn-server-resourcemanager",
    "hadoop-yarn-server-nodemanager",
    "hadoop-yarn-server-timelineservice",  # the ResourceManager's, though Maven calls it optional
)

KAFKA = {"4.0.2": "4.0.0"}
"""Spark's releases of which Maven Central has no whole source for Kafka, and the nearest that it has."""


def main() -> int:
    """Write the locks of the installed Spark and return the exit code."""
    spark, hadoop = version("pyspark"), hadoop_version()
    scala = re.search(r"spark-core_([\d.]+)-", " ".join(jar.name for jar in HOME.iterdir()))
    assert scala is not None, HOME
    minor = ".".join(spark.split(".")[:2])
    delta = "delta-spark" if minor in ("3.5", "4.0") else f"delta-spark_{minor}"
    aws = "org.apache.hadoop:hadoop-aws"
    kafka = f"org.apache.spark:spark-sql-kafka-0-10_{scala[1]}"
    daemons = [f"org.apache.hadoop:{name}:{hadoop}" for name in DAEMONS]
    wanted = {
        lock_of("delta", LOCKS): [f"io.delta:{delta}_{scala[1]}:{version('delta-spark')}"],
        lock_of("s3", LOCKS): [f"{aws}:{hadoop}"],
        lock_of("kafka", LOCKS): [f"{kafka}:{KAFKA.get(spark, spark)}"],
        lock_of("yarn", YARN_LOCKS): daemons,
    }
    for lock, roots in wanted.items():
        with tempfile.TemporaryDirectory() as folder:
            if problem := resolve(roots, Path(folder)):
                print(
                    f"locks: {lock.name} cannot be resolved ({problem}); check the network", file=sys.stderr
                )
                return 1
            # The daemons run without PySpark's jars; all others are put beside them.
            lines = locked(Path(folder), beside=[] if roots is daemons else artifacts(HOME))
        lock.write_text("\n".join([f"# make locks: {', '.join(roots)}", *lines]) + "\n")
        print(f"  {lock.stem}: {len(lines)} jars")
    return 0


def resolve(roots: Sequence[str], folder: Path) -> str | None:
    """Retrieve the jars of `roots` and all they need into `folder`; what Ivy says if it cannot."""
    settings, wanted = folder / "ivysettings.xml", folder / "ivy.xml"
    settings.write_text(SETTINGS)
    modules = "".join(
        '<dependency org="{}" name="{}" rev="{}" conf="default"/>'.format(*root.split(":")) for root in roots
    )
    wanted.write_text(
        '<ivy-module version="2.0"><info organisation="headgate" module="jars"/><dependencies>'
        f'{modules}<exclude org="org.scala-lang"/></dependencies></ivy-module>'
    )
    java = str(Path(os.environ["JAVA_HOME"], "bin", "java")) if os.environ.get("JAVA_HOME") else "java"
    command = [
        *(java, "-jar", str(next(HOME.glob("ivy-*.jar"))), "-settings", str(settings), "-ivy", str(wanted)),
        *("-confs", "default", "-types", "jar", "bundle", "-retrieve", str(folder / PATTERN)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip().splitlines()[-1]


def artifacts(folder: Path) -> list[str]:
    """The artifacts that a folder has jars of, whatever their version."""
    return [re.sub(r"-\d.*$", "", jar.stem) for jar in folder.glob("*.jar")]


def locked(folder: Path, *, beside: Sequence[str]) -> list[str]:
    """The lines of a lock for what Ivy put into `folder`, without the artifacts that are there anyway."""
    found = sorted((jar.stem.split("__"), jar.read_bytes()) for jar in folder.glob("*__*.jar"))
    return [
        f"{':'.join(coordinates)} sha256:{hashlib.sha256(content).hexdigest()}"
        for coordinates, content in found
        if coordinates[1] not in beside
    ]


if __name__ == "__main__":
    sys.exit(main())
