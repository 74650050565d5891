"""Text: white space, letter case, and the texts that stand for "missing"."""

from __future__ import annotations

from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.etl.clean.checks import require_choice, require_text, require_values, text_columns
from headgate.etl.traits import step
from headgate.etl.transform import Transform, quote, require_columns, with_columns

__all__ = ["change_case", "sentinels_to_null", "trim_text"]

# The characters of Unicode's White_Space, spelt out: engines differ in what `\s` stands for.
WHITE_SPACE = "[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
INVISIBLE = "[\u200b\u2060\ufeff]"
# Of the characters in these two ranges only the plain space is white.
PLAIN = r"\A[ -~\u00a1-\u167f]*\z"

WORD = "[^\t-\r \u00a0-]*[\t-\r \u00a0-]|[^\t-\r \u00a0-]+"


@step(scope="row")
def trim_text(*, columns: list[str] | None = None) -> Transform:
    """Remove white space at both ends of texts and make one space of every run of it within.

    White space is Unicode's, so no-break spaces, tabs and line ends count. Invisible characters
    without width (zero-width space, word joiner, byte order mark) are removed. A text of nothing
    else becomes empty, not null: `sentinels_to_null` with the value ``""`` makes it null.

    Parameters
    ----------
    columns : list of str, optional
        Text columns; all text columns if left out.

    Returns
    -------
    Transform
        Its output has the same columns and rows. Doing it twice changes nothing more.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If a column does not hold text.

    Examples
    --------
    >>> df = spark.createDataFrame([("  Jane\u00a0  Doe ",), (None,)], "name string")
    >>> df.transform(trim_text()).show()
    +--------+
    |    name|
    +--------+
    |Jane Doe|
    |    NULL|
    +--------+
    """

    def trim(df: DataFrame) -> DataFrame:
        names = text_columns(df, columns, step="trim_text")
        return with_columns(df, {name: _trimmed(F.col(quote(name))) for name in names})

    return trim


@step(scope="row")
def change_case(*, columns: list[str], to: Literal["lower", "upper", "title"]) -> Transform:
    """Bring texts to one letter case, in the same way under every locale.

    Parameters
    ----------
    columns : list of str
        Text columns.
    to : {"lower", "upper", "title"}
        ``title`` begins every word with a capital and goes on in small letters; a word begins after
        white space or a hyphen (``O'neil-Smith``).

    Returns
    -------
    Transform
        Its output has the same columns and rows. Doing it twice changes nothing more.

    Raises
    ------
    MissingColumnError
        If a column is not there.
    ParameterError
        If a column does not hold text, or `to` is none of these.

    Examples
    --------
    >>> df = spark.createDataFrame([("ANNE-MARIE", "nyc")], "name string, city string")
    >>> df.transform(change_case(columns=["name"], to="title")).show()
    +----------+----+
    |      name|city|
    +----------+----+
    |Anne-Marie| nyc|
    +----------+----+
    """
    require_values(columns, step="change_case", parameter="columns")
    require_choice(to, ("lower", "upper", "title"), step="change_case", parameter="to")
    change = {"lower": lower_case, "upper": _upper_case, "title": _title_case}[to]

    def change_letters(df: DataFrame) -> DataFrame:
        require_text(df, columns, step="change_case")
        return df.withColumns({name: change(F.col(quote(name))) for name in columns})

    return change_letters


@step(scope="row")
def sentinels_to_null(
    *,
    values: list[str],
    columns: list[str] | None = None,
    keep: dict[str, list[str]] | None = None,
    ignore_case: bool = False,
) -> Transform:
    """Make the texts that stand for "missing" null: ``?``, ``N/A``, ``-999``, the empty text.

    A text is compared whole, without the spaces around it; so the value ``""`` stands for blank texts.

    Parameters
    ----------
    values : list of str
        The texts that stand for "missing".
    columns : list of str, optional
        Text columns; all text columns if left out.
    keep : dict of str to list of str, optional
        By column, texts that are true values there, though `values` names them.
    ignore_case : bool, default False
        Whether ``n/a`` is the same as ``N/A``, in `values` and `keep` alike.

    Returns
    -------
    Transform
        Its output has the same columns and rows. Doing it twice changes nothing more.

    Raises
    ------
    MissingColumnError
        If a column of `columns` or `keep` is not there.
    ParameterError
        If a column does not hold text, or no value is given.

    Examples
    --------
    >>> df = spark.createDataFrame([("?", "None"), ("None", "?")], "race string, glucose string")
    >>> df.transform(sentinels_to_null(values=["?", "None"], keep={"glucose": ["None"]})).show()
    +----+-------+
    |race|glucose|
    +----+-------+
    |NULL|   None|
    |NULL|   NULL|
    +----+-------+
    """
    require_values(values, step="sentinels_to_null", parameter="values")
    kept = keep or {}
    fold = lower_case if ignore_case else _as_it_is

    def is_one_of(name: str, texts: list[str]) -> Column:
        return fold(F.trim(quote(name))).isin([fold(F.trim(F.lit(text))) for text in texts])

    def to_null(df: DataFrame) -> DataFrame:
        require_columns(df, kept, step="sentinels_to_null")
        changed = {}
        for name in text_columns(df, columns, step="sentinels_to_null"):
            missing = is_one_of(name, values)
            if kept.get(name):
                missing &= ~is_one_of(name, kept[name])
            changed[name] = F.when(~missing, F.col(quote(name)))
        return with_columns(df, changed)

    return to_null


def lower_case(text: Column) -> Column:
    """Small letters under every locale: Spark follows the JVM's, whose Turkish `I` becomes a dotless `ı`."""
    return F.lower(F.translate(text, "Iİ", "ii"))


def _trimmed(text: Column) -> Column:
    # Nearly all texts are plain, and to see that takes a tenth of the time of the replacements.
    plain = text.rlike(PLAIN) & ~F.contains(text, F.lit("  "))
    spaced = F.regexp_replace(F.regexp_replace(text, INVISIBLE, ""), WHITE_SPACE, " ")
    return F.trim(F.when(plain, text).otherwise(spaced))


def _upper_case(text: Column) -> Column:
    return F.upper(F.translate(text, "iı", "II"))


def _title_case(text: Column) -> Column:
    words = F.regexp_extract_all(text, F.lit(WORD), F.lit(0))
    return F.array_join(
        F.transform(
            words,
            lambda word: F.concat(
                _upper_case(F.substring(word, 1, 1)), lower_case(F.substring(word, 2, 2**31 - 1))
            ),
        ),
        "",
    )


def _as_it_is(text: Column) -> Column:
    return text
