"""Whether a table can take rows exactly as they are: asked in every mode, before anything is written.

Delta converts what it can: a merge stores 20.75 in a column of whole numbers as 20. A table that can
not give back what was audited is not written to. What follows from the schemas alone is said by
`check`, without Spark; what the values have to fulfil is asked of the rows; and where Delta itself
refuses, its reason is told as ours is.

References
----------
Delta Lake documentation, "Constraints", "Table batch reads and writes": Schema validation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from headgate.etl.errors import EtlError
from headgate.etl.lake import files
from headgate.etl.lake.target import Kind, Target, fields_within
from headgate.etl.transform import quote

__all__ = ["Refusal", "TableRuleError", "admit", "check", "refusals_by_delta", "refusals_of"]

BY_TABLE = (
    "make the table anew, by one run with --set 'datasets.NAME.publish={mode: overwrite}', or by deleting "
    "its folder"
)
BY_RULE = "correct the rows in the pipeline, or change the table's rule by ALTER TABLE"
BY_NAME = "rename the column in the pipeline (rename_columns, rename_to_snake_case)"

_HELD: tuple[type[T.DataType], ...] = (
    T.ArrayType,
    T.BinaryType,
    T.BooleanType,
    T.DateType,
    T.MapType,
    T.NumericType,
    T.StringType,
    T.StructType,
    T.TimestampNTZType,
    T.TimestampType,
    *([T.VariantType] if hasattr(T, "VariantType") else []),
)
_NESTED = (T.ArrayType, T.MapType, T.StructType)
_FORBIDDEN = re.compile(r"[ ,;{}()\n\t=]")
_NO_REFUSAL = (
    "DELTA_CONCURRENT_",
    "DELTA_METADATA_CHANGED",
    "DELTA_POST_COMMIT_HOOK_FAILED",
    "DELTA_PROTOCOL_CHANGED",
)
"""Another writer was faster; or the commit stands, and what follows it failed."""

_OF_CHANGES = ("_change_type", "_commit_version", "_commit_timestamp")


@dataclass(frozen=True)
class Refusal:
    """Why rows cannot become part of a table, and what to do about it."""

    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{self.reason}; {self.fix}"


class TableRuleError(EtlError):
    """Rows break a rule of the table, or would not be read back as they are: nothing was published.

    Attributes
    ----------
    table : str
        The folder.
    refusals : tuple of Refusal
        All that is known to be wrong.
    """

    def __init__(self, *, table: str, refusals: Sequence[Refusal]) -> None:
        self.table, self.refusals = table, tuple(refusals)
        reasons = "; ".join(refusal.reason for refusal in self.refusals)
        fixes = "; ".join(dict.fromkeys(refusal.fix for refusal in self.refusals))
        super().__init__(f"{table}: {reasons}; nothing was published; {fixes}")


def check(
    batch: T.StructType,
    target: Target,
    *,
    mode: Kind,
    partition_by: Sequence[str] = (),
    keys: Sequence[str] = (),
    renamed: Mapping[str, str] | None = None,
) -> list[Refusal]:
    """What of a schema a table cannot take.

    Types have to be equal, even where Delta would convert a value exactly: a column's type is laid down
    in the pipeline, and a change of it is somebody's to see. An overwrite may change them, unless
    something is laid down for a column of the table.

    Parameters
    ----------
    batch : StructType
        Of the rows.
    target : Target
    mode : {'append', 'overwrite', 'overwrite_partitions', 'merge', 'replace'}
    partition_by : sequence of str
        The partition columns of a table that is new.
    keys : sequence of str
        By which rows are merged.
    renamed : mapping of str to str, optional
        Names that columns of the table had, with those that they have now.

    Returns
    -------
    list of Refusal
        Nothing where the schema fits.

    Examples
    --------
    >>> number, text = T.StructType().add("n", "integer"), T.StructType().add("n", "string")
    >>> there = Target(table="t", version=0, schema=number)
    >>> check(number, there, mode="append")
    []
    >>> print(check(text, there, mode="append")[0].reason)
    column 'n' is string, and the table's is int
    """
    found = [*_names(batch, target), *_types(batch), *_partitions(batch, target, mode, partition_by)]
    if not target.exists:
        return found
    if target.append_only and mode != "append":
        found.append(Refusal(f"the table is append only (delta.appendOnly), and {mode} is asked", BY_RULE))
    given = {field.name.lower() for field in batch}
    for old, new in {**target.first_names(), **(renamed or {})}.items():
        if target.maps_columns and old.lower() in given and new.lower() not in given:
            reason = f"column '{old}' was renamed to '{new}' in the table"
            found.append(Refusal(reason, f"name it '{new}' in the pipeline (rename_columns), or {BY_TABLE}"))
    if mode == "overwrite" and not target.binds_columns:
        return found
    there = {field.name.lower(): field for field in target.schema}
    for field in batch:
        own = there.get(field.name.lower())
        if own is None:
            continue
        if own.dataType.simpleString() != field.dataType.simpleString():
            reason = (
                f"column '{field.name}' is {field.dataType.simpleString()}, "
                f"and the table's is {own.dataType.simpleString()}"
            )
            fix = f"cast it to {own.dataType.simpleString()} in the pipeline (cast_columns), or {BY_TABLE}"
            found.append(Refusal(reason, fix))
        elif target.counts_always(own.name):
            reason = f"column '{own.name}' is GENERATED ALWAYS AS IDENTITY, and values are given"
            found.append(Refusal(reason, BY_RULE))
    for field in target.schema:
        if field.name.lower() in given or target.fills(field.name) or mode == "merge":
            continue
        if not field.nullable:
            found.append(Refusal(f"column '{field.name}' is missing, which is NOT NULL", BY_RULE))
        elif mode == "overwrite":
            reason = f"column '{field.name}' is missing, and rules are laid down for the table's columns"
            found.append(Refusal(reason, BY_RULE))
    for key in keys:
        if key.lower() not in there:
            found.append(Refusal(f"the table has no column '{key}' to be merged by", BY_TABLE))
    return found


def _names(batch: T.StructType, target: Target) -> Iterator[Refusal]:
    for name, times in Counter(field.name.lower() for field in batch).items():
        if times > 1:
            alike = ", ".join(field.name for field in batch if field.name.lower() == name)
            yield Refusal(f"columns differ by the case of their letters only ({alike})", BY_NAME)
    for field in fields_within(batch):
        if not field.name.strip() or (not target.maps_columns and _FORBIDDEN.search(field.name)):
            yield Refusal(f"a Delta table has no column named {field.name!r}", BY_NAME)
    if target.configuration.get("delta.enableChangeDataFeed", "").lower() == "true":
        for name in sorted({field.name.lower() for field in batch}.intersection(_OF_CHANGES)):
            yield Refusal(
                f"column '{name}' is one of Delta's own in a table with a change data feed", BY_NAME
            )


def _types(batch: T.StructType) -> Iterator[Refusal]:
    for field in fields_within(batch):
        if not isinstance(field.dataType, _HELD) or isinstance(field.dataType, T.UserDefinedType):
            fix = "cast it to another type in the pipeline (cast_columns)"
            said = field.dataType.simpleString()
            yield Refusal(f"column '{field.name}' is {said}, which a Delta table cannot hold", fix)


def _partitions(
    batch: T.StructType, target: Target, mode: Kind, partition_by: Sequence[str]
) -> Iterator[Refusal]:
    columns = target.partition_by if target.exists else tuple(partition_by)
    if not columns:
        if mode == "overwrite_partitions":
            yield Refusal(
                "the table has no partitions to be overwritten", "say partition_by, or another mode"
            )
        return
    kinds = {field.name.lower(): field.dataType for field in batch}
    for name in columns:
        kind = kinds.get(name.lower())
        if kind is None:
            yield Refusal(f"there is no column '{name}', by which the table is partitioned", BY_TABLE)
        elif isinstance(kind, (*_NESTED, T.BinaryType)):
            said = f"column '{name}' is {kind.simpleString()}, and no table is partitioned by such"
            yield Refusal(said, "say another column in partition_by")
    if len(columns) >= len(kinds):
        yield Refusal("the table would have no column but its partitions'", "say less in partition_by")


def refusals_of(
    rows: DataFrame,
    target: Target,
    *,
    mode: Kind,
    partition_by: Sequence[str] = (),
    keys: Sequence[str] = (),
) -> list[Refusal]:
    """What of rows a table cannot take, by their schema; then, in one job, by their values.

    Parameters
    ----------
    rows : DataFrame
        As `check` has it; they are computed only where the table has rules for values.
    target, mode, partition_by, keys
        See `check`.
    """
    renamed: dict[str, str] = {}
    known = {field.name.lower() for field in target.schema}
    if target.exists and target.maps_columns and any(name.lower() not in known for name in rows.columns):
        renamed = _renamed(rows.sparkSession, target.table)
    found = check(rows.schema, target, mode=mode, partition_by=partition_by, keys=keys, renamed=renamed)
    if found or not target.exists:
        return found
    given = {name.lower() for name in rows.columns}
    for name, made in target.made_of().items():
        if name.lower() not in given and mode != "merge" and not _is_about(rows, made):
            found.append(Refusal(f"column '{name}' is generated as {made}, which the rows lack", BY_RULE))
    if found:
        return found
    rules = [rule for rule in target.rules() if _is_about(rows, rule.condition)]
    if not rules:
        return []
    broken = [F.count_if(F.expr(f"NOT ({rule.condition})")).alias(f"n{n}") for n, rule in enumerate(rules)]
    counts = rows.agg(F.count(F.lit(1)).alias("rows"), *broken).first()
    assert counts is not None
    return [
        Refusal(f"{counts[f'n{n}']} of {counts['rows']} rows break the table's rule {rule.text}", BY_RULE)
        for n, rule in enumerate(rules)
        if counts[f"n{n}"]
    ]


def admit(
    rows: DataFrame,
    target: Target,
    *,
    mode: Kind,
    partition_by: Sequence[str] = (),
    keys: Sequence[str] = (),
) -> None:
    """Raise `TableRuleError` if the table cannot take the rows: see `refusals_of`."""
    found = refusals_of(rows, target, mode=mode, partition_by=partition_by, keys=keys)
    if found:
        raise TableRuleError(table=target.table, refusals=found)


@contextmanager
def refusals_by_delta(table: str) -> Iterator[None]:
    """Raise `TableRuleError` where Delta itself refuses what is written to a table."""
    try:
        yield
    except EtlError:
        raise
    except Exception as error:
        said = re.search(r"\[(DELTA_[A-Z_.]+)\] *([^\n]+)", str(error))
        if said is None or said[1].startswith(_NO_REFUSAL):
            raise
        reason = f"Delta refuses it: {said[2].strip().rstrip('.')[:300]}"
        raise TableRuleError(table=table, refusals=[Refusal(reason, BY_RULE)]) from error


def _is_about(rows: DataFrame, condition: str) -> bool:
    """Whether the rows have all columns that a condition names; of others Delta asks itself."""
    try:
        rows.select(F.expr(condition))
    except AnalysisException:
        return False
    return True


def _renamed(spark: SparkSession, table: str) -> dict[str, str]:
    history = spark.sql(f"DESCRIBE HISTORY delta.{quote(files.qualified(spark, table))}")
    told = history.where("operation = 'RENAME COLUMN'").orderBy("version").collect()
    now: dict[str, str] = {}
    for row in told:
        old, new = (row["operationParameters"][key] for key in ("oldColumnPath", "newColumnPath"))
        now = {before: new if name == old else name for before, name in now.items()} | {old: new}
    return {old: new for old, new in now.items() if old != new}
