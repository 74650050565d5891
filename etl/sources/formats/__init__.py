"""Formats of files: bytes to records, one module each. `FORMATS` holds those that a pipeline may name."""

from __future__ import annotations

from collections.abc import Mapping

from headgate.etl.sources.formats.delimited import Delimited
from headgate.etl.sources.formats.format import FileFormat, Record, UnreadableFileError
from headgate.etl.sources.formats.json_lines import JsonLines

__all__ = ["FORMATS", "Delimited", "FileFormat", "JsonLines", "Record", "UnreadableFileError"]

FORMATS: Mapping[str, type[FileFormat]] = {form.name: form for form in (Delimited, JsonLines)}
"""By the word of the pipeline file."""
