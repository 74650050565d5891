"""A constant table as a column expression, for steps that look values up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

__all__ = ["constant", "look_up"]


def constant(value: Mapping[str, Any] | Sequence[Any], kind: str) -> Column:
    """A mapping, or a list, as a literal of the Spark type `kind`.

    It goes through JSON, which the optimizer folds to one literal: `create_map` would send every entry
    to the JVM on its own, which takes seconds where there are thousands.
    """
    return F.from_json(F.lit(json.dumps(value)), kind, {"mode": "FAILFAST"})


def look_up(key: Column, table: Mapping[str, object], kind: str = "string") -> Column:
    """The value of `kind` under the text `key` in `table`; null where it is not there."""
    return F.try_element_at(constant(table, f"map<string,{kind}>"), key)
