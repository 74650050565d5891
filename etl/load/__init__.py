"""Making tables: stage, audit, publish or refuse, quarantine, account for every row.

Everything here takes a `LoadContext`, and knows no pipeline file and no command line.
"""

from __future__ import annotations

from headgate.etl.load.context import LoadContext
from headgate.etl.load.modes import Append, Merge, Overwrite, OverwritePartitions, WriteMode

__all__ = ["Append", "LoadContext", "Merge", "Overwrite", "OverwritePartitions", "WriteMode"]
