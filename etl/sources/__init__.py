"""Where rows come from: sources, each of which owns its cursor, and the formats of their files."""

from __future__ import annotations

from headgate.etl.sources.files import Files
from headgate.etl.sources.source import Batch, Offsets, Source

__all__ = ["Batch", "Files", "Offsets", "Source"]
