"""Replace the rows of a table that came from some files, in one commit that carries a note."""

from __future__ import annotations

from pyspark.sql import DataFrame

from headgate.etl.lake.commits import Commit
from headgate.etl.lake.tables import ConflictError, Publication, require_version, write_table

__all__ = ["replace_rows"]

CHECK = "spark.databricks.delta.replaceWhere.constraintCheck.enabled"
"""Whether rows must meet the condition by which others are replaced: here they come from other files."""


def replace_rows(rows: DataFrame, table: str, how: Publication) -> Commit:
    """Append `rows` to a table, and delete in the same commit the rows that came from replaced files.

    Parameters
    ----------
    rows : DataFrame
        The audited rows.
    table : str
        The folder of a table whose rows bear ``_file`` and ``_file_hash``.
    how : Publication
        With `replaces`.

    Raises
    ------
    headgate.etl.lake.tables.ConflictError
        Another writer has changed the table meanwhile.

    References
    ----------
    Delta Lake documentation, "Selective overwrite: arbitrary selective overwrite with replaceWhere".
    """
    spark = rows.sparkSession
    if how.after is not None:
        require_version(spark, table, how.after)
    spark.conf.set(CHECK, "false")
    where = " OR ".join(
        f"(_file = {_text(file)} AND _file_hash = {_text(digest)})" for file, digest in sorted(how.replaces)
    )
    commit = write_table(rows, table, mode="append", note=how.note, once=how.once, where=where)
    if not how.made(commit):
        raise ConflictError(table=table, expected=commit.version - 1, found=commit.version)
    return commit


def _text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
