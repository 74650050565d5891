"""Column names: bring them to one form, change them, choose among them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headgate.etl.clean.checks import require_data_names, require_names, require_values
from headgate.etl.errors import ParameterError
from headgate.etl.traits import step
from headgate.etl.transform import Transform, data_columns, quote, require_columns

__all__ = ["rename_columns", "rename_to_snake_case", "select_columns", "snake_case"]

RESERVED = frozenset(
    {"_file", "_row", "_seq", "_op", "_ingested_at", "_run_id", "_problems", "_removed_as", "_failures"}
)
"""Metadata that the pipeline itself reads: these columns keep their names."""


@step(scope="row")
def rename_to_snake_case() -> Transform:
    """Rename every data column to lower-case words joined by underscores.

    A new word begins after anything that is neither letter nor digit, and at a capital after a small
    letter or digit. Accents are dropped, letters of other scripts are kept. Doing it twice changes
    nothing more.

    Returns
    -------
    Transform
        Its output has the same columns in the same order and the same rows; metadata columns keep
        their names.

    Raises
    ------
    ParameterError
        If two columns would get the same name, or one would be left without any: rename it first
        with `rename_columns`.

    Examples
    --------
    >>> df = spark.createDataFrame([(1, 2, 3)], "`Patient ID` int, diabetesMed int, `Größe (cm)` int")
    >>> df.transform(rename_to_snake_case()).columns
    ['patient_id', 'diabetes_med', 'grosse_cm']
    """

    def rename(df: DataFrame) -> DataFrame:
        names = {name: snake_case(name) for name in data_columns(df)}
        for name, new in names.items():
            if not new:
                raise ParameterError(
                    step="rename_to_snake_case",
                    parameter="columns",
                    value=name,
                    allowed="a name with a letter or digit; rename it first with rename_columns",
                )
        return _rename(df, names, step="rename_to_snake_case")

    return rename


@step(scope="row")
def rename_columns(*, columns: dict[str, str]) -> Transform:
    """Rename columns.

    Parameters
    ----------
    columns : dict of str to str
        New name by old name. Two columns may swap their names.

    Returns
    -------
    Transform
        Its output has the same columns in the same order, under their new names, and the same rows.

    Raises
    ------
    MissingColumnError
        If a column to rename is not there.
    ParameterError
        If a new name is taken, blank or begins with an underscore, or if a column of the
        pipeline's own metadata would be renamed.

    Examples
    --------
    >>> df = spark.createDataFrame([(1, "x")], "id int, pat string")
    >>> df.transform(rename_columns(columns={"pat": "patient"})).columns
    ['id', 'patient']
    """
    require_values(columns, step="rename_columns", parameter="columns")
    require_data_names(columns.values(), step="rename_columns", parameter="columns")
    for name in columns:
        if name in RESERVED:
            raise ParameterError(
                step="rename_columns",
                parameter="columns",
                value=name,
                allowed="columns of data; this one is the pipeline's own metadata",
            )

    def rename(df: DataFrame) -> DataFrame:
        require_columns(df, columns, step="rename_columns")
        return _rename(df, columns, step="rename_columns")

    return rename


@step(scope="row")
def select_columns(*, columns: list[str]) -> Transform:
    """Keep only the data columns named, in the order named.

    Parameters
    ----------
    columns : list of str
        Columns to keep.

    Returns
    -------
    Transform
        Its output has these columns, then all metadata columns, and the same rows. Doing it twice
        changes nothing more.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If no column is named, or one twice.

    Examples
    --------
    >>> df = spark.createDataFrame([(1, "x", "f.csv")], "a int, b string, _file string")
    >>> df.transform(select_columns(columns=["b"])).show()
    +---+-----+
    |  b|_file|
    +---+-----+
    |  x|f.csv|
    +---+-----+
    """
    require_names(columns, step="select_columns", parameter="columns")

    def select(df: DataFrame) -> DataFrame:
        require_columns(df, columns, step="select_columns")
        metadata = [name for name in df.columns if name.startswith("_") and name not in columns]
        return df.select(*(F.col(quote(name)) for name in [*columns, *metadata]))

    return select


def snake_case(name: str) -> str:
    """The name in lower-case words joined by underscores; see `rename_to_snake_case`."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ẞ", "SS"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.sub(r"[\W_]+", "_", unicodedata.normalize("NFC", plain))
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words)
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words)
    return words.strip("_").lower()


def _rename(df: DataFrame, names: dict[str, str], *, step: str) -> DataFrame:
    new = [names.get(name, name) for name in df.columns]
    # Spark does not tell letter case in column names apart, so neither may the new names.
    counts = Counter(name.lower() for name in new)
    for name in new:
        if counts[name.lower()] > 1:
            taken = [old for old in df.columns if names.get(old, old).lower() == name.lower()]
            raise ParameterError(
                step=step,
                parameter="columns",
                value=taken,
                allowed=f"names that stay apart (all of these become {name!r}); rename one to something else",
            )
    return df.toDF(*new)
