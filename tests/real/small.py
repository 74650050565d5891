"""The smallest pipeline that goes the whole way, for grounds on which each Spark job takes long."""

from __future__ import annotations

from pathlib import Path

from headgate.jobs.session import SMALL_JAVA, SMALL_SETTINGS
from tests.jobs.visits import PIPELINE, lay_out

__all__ = ["QUICK", "TABLES", "lay_out_small"]

QUICK = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.driver.extraJavaOptions": " ".join(SMALL_JAVA),
} | SMALL_SETTINGS
"""Settings of Spark for little data on one machine."""

TABLES = {
    *(f"{zone}/{name}" for zone in ("raw", "curated", "quarantine") for name in ("visits", "visits_again")),
    "star/dim_town",
    "star/fact_visit",
}


def lay_out_small(folder: Path) -> Path:
    """Write a pipeline of two datasets, a star and an export, with its landing, and give its path."""
    name, rest = PIPELINE.split("datasets:\n")
    datasets, star = rest.split("star:\n")
    again = datasets.replace("  visits:\n", "  visits_again:\n", 1)
    return lay_out(folder, pipeline=f"{name}datasets:\n{datasets.rstrip()}\n{again.rstrip()}\nstar:\n{star}")
