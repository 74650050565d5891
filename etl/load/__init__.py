"""Making tables: stage, audit, publish or refuse, quarantine, account for every row.

Everything here takes a `LoadContext`, and knows no pipeline file and no command line.
"""

from __future__ import annotations

from headgate.etl.load.context import LoadContext
from headgate.etl.load.dataframe import (
    append,
    insert_new,
    merge,
    overwrite,
    overwrite_partitions,
    publish,
    read_table,
)
from headgate.etl.load.modes import MODES, WriteMode
from headgate.etl.load.outcome import BatchRefusedError, Outcome
from headgate.etl.load.process import BatchUnknownError

__all__ = [
    "MODES",
    "BatchRefusedError",
    "BatchUnknownError",
    "LoadContext",
    "Outcome",
    "WriteMode",
    "append",
    "insert_new",
    "merge",
    "overwrite",
    "overwrite_partitions",
    "publish",
    "read_table",
]
