"""Write modes: how accepted rows become the table, or part of it. One class, and one module, each."""

from __future__ import annotations

from collections.abc import Mapping

from headgate.etl.load.modes.append import Append
from headgate.etl.load.modes.insert_new import InsertNew
from headgate.etl.load.modes.merge import Merge
from headgate.etl.load.modes.mode import Files, WriteMode
from headgate.etl.load.modes.overwrite import Overwrite
from headgate.etl.load.modes.overwrite_partitions import OverwritePartitions

__all__ = ["MODES", "Append", "Files", "InsertNew", "Merge", "Overwrite", "OverwritePartitions", "WriteMode"]

MODES: Mapping[str, type[WriteMode]] = {
    mode.name: mode for mode in (Overwrite, Append, OverwritePartitions, Merge, InsertNew)
}
"""By the word of the pipeline file."""
