"""Listed texts: what a suite says that a column may hold.

A pattern about the same column need not be matched against them row by row.
"""

from __future__ import annotations

from pyspark.sql import types as T

from headgate.quality.expectation import Suite
from headgate.quality.schema import resolve

__all__ = ["listed_texts"]

_LISTING = ("expect_column_values_to_be_in_set", "expect_column_distinct_values_to_be_in_set")

_FEW = 16
"""Values that are sooner compared than matched."""


def listed_texts(suite: Suite, schema: T.StructType) -> dict[str, tuple[str, ...]]:
    """Find the short lists of what text columns may hold.

    Parameters
    ----------
    suite : Suite
    schema : StructType
        Of the data.

    Returns
    -------
    dict of str to tuple of str
        The texts, by the column's quoted name.

    Examples
    --------
    >>> from headgate.quality import load_suite
    >>> suite = load_suite('''{"name": "s", "expectations": [{
    ...     "type": "expect_column_values_to_be_in_set",
    ...     "kwargs": {"column": "flag", "value_set": ["A", "R"]}}]}''', source="s.json")
    >>> listed_texts(suite, spark.createDataFrame([], "flag string").schema)
    {'`flag`': ('A', 'R')}
    """
    found: dict[str, tuple[str, ...]] = {}
    for expectation in suite.expectations:
        if expectation.type not in _LISTING or expectation.placeholders:
            continue
        texts = expectation.kwargs["value_set"] or ()
        if len(texts) > _FEW:
            continue
        field = resolve(expectation.columns[0], schema)
        # Under another collation, what is equal may be written otherwise.
        if field is not None and field.type == T.StringType() and {type(text) for text in texts} == {str}:
            found[field.sql] = tuple(texts)
    return found
