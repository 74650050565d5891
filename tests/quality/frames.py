"""Small frames of every type and shape, for comparing Headgate with Great Expectations.

Eight families of columns, each in several shapes: mixed with nulls, dense, empty, one row, one row of
nulls, nulls only, few values many times, and longer than any list of examples. All is drawn from a
seed, so that a frame is its name and nothing else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

__all__ = ["FRAMES", "Frame", "drawn", "named"]

NAN, INF = float("nan"), float("inf")
BIG = 2**53 + 1
DAYS = [
    dt.date(2024, 1, 1),
    dt.date(2024, 1, 2),
    dt.date(2024, 2, 29),
    dt.date(1999, 12, 31),
    dt.date(1, 1, 1),
]
MOMENTS = [
    dt.datetime(2024, 1, 1, 1),
    dt.datetime(2024, 1, 2),
    dt.datetime(2024, 1, 2, 3, 4, 5),
    dt.datetime(2024, 1, 2, 3, 4, 5, 250_000),
    dt.datetime(1970, 1, 1),
    dt.datetime(1969, 12, 31, 23, 59, 59),
]
WORDS = ["a", "b", "ab", "A", "", "zz", "a b", " a", "null", "true"]
FOREIGN = ["é😀\n", "e\u0301", "é", "ß", "İ", "a\tb", "'", '"', "\\", "100%", "日本"]
NUMERALS = ["10", "7.5", "1e3", " 5", "-3", "abc", "", "010", "NaN", "Infinity", "1_000"]
OBJECTS = ['{"a": 1}', "[1, 2]", "3", '"text"', "null"]
DATED = ["2024-01-02", "2024-1-2", "2024-02-30", "2024-01-02 03:04:05", "no date", "1999-12-31", ""]


@dataclass(frozen=True)
class Frame:
    """Rows under a schema."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def schema(self) -> str:
        """The schema as Spark writes it."""
        return ", ".join(f"`{name}` {kind}" for name, kind in self.columns)

    @property
    def digest(self) -> str:
        """A different text for every other content."""
        return hashlib.sha256(repr((self.columns, self.rows)).encode()).hexdigest()[:12]

    def on(self, spark: SparkSession) -> DataFrame:
        """The frame as Spark has it: one partition, and no Python left in it."""
        df = spark.createDataFrame(list(self.rows), self.schema).coalesce(1)
        if not hasattr(df, "_jdf"):
            return df
        return DataFrame(
            spark._jsparkSession.createDataFrame(df._jdf.collectAsList(), df._jdf.schema()), spark
        )


FAMILIES: dict[str, dict[str, tuple[str, Sequence[Any]]]] = {
    "texts": {
        "s": ("string", WORDS),
        "t": ("string", WORDS[:5]),
        "u": ("string", FOREIGN),
        "n": ("string", NUMERALS),
        "d": ("string", DATED),
        "o": ("string", OBJECTS),
        "i": ("int", range(-3, 12)),
    },
    "whole": {
        "i": ("int", [0, 1, 2, 3, 7, 10, -5, 2**31 - 1, -(2**31)]),
        "j": ("int", [0, 1, 2, 3, 7, 10]),
        "l": ("bigint", [0, 1, 10, BIG, BIG - 1, -(2**60), 7]),
        "y": ("tinyint", [0, 1, 10, 127, -128]),
        "h": ("smallint", [0, 1, 10, 32_767, -5]),
        "s": ("string", ["10", "1", "a", "0", "-5"]),
    },
    "reals": {
        "f": ("float", [0.1, 0.5, 1.0, -1.5, NAN, INF, 3.0, -0.0]),
        "g": ("float", [0.1, 0.5, 1.0, 2.5]),
        "d": ("double", [0.1, 0.0, -0.0, 1.0, -1.5, NAN, INF, -INF, 1e308, 5e-324]),
        "e": ("double", [0.1, 0.2, 0.3, 1.0, 2.5, 100.0]),
        "i": ("int", [0, 1, 2, 3, 100]),
        "s": ("string", ["0.1", "1.0", "NaN", "x"]),
    },
    "decimals": {
        "p": (
            "decimal(10,2)",
            [Decimal(text) for text in ("0.10", "10.00", "-3.25", "0.00", "7.50", "1.00")],
        ),
        "q": ("decimal(12,10)", [Decimal(text) for text in ("1E-10", "10", "0.1", "0", "1")]),
        "w": ("decimal(38,0)", [Decimal(text) for text in ("0", "1", "99999999999999999999", "-7")]),
        "r": ("decimal(10,2)", [Decimal(text) for text in ("0.10", "10.00", "7.50")]),
        "i": ("int", [0, 1, 7, 10]),
        "e": ("double", [0.1, 7.5, 10.0]),
    },
    "times": {
        "day": ("date", DAYS),
        "end": ("date", DAYS[:3]),
        "at": ("timestamp", MOMENTS),
        "until": ("timestamp", MOMENTS[:3]),
        "local": ("timestamp_ntz", MOMENTS),
        "s": ("string", DATED),
    },
    "flags": {
        "b": ("boolean", [True, False]),
        "c": ("boolean", [True, False, False]),
        "x": ("binary", [bytearray(b"a"), bytearray(b""), bytearray(b"\x00\xff"), bytearray(b"abc")]),
        "i": ("int", [0, 1, 2]),
        "s": ("string", ["true", "false", "True", "1"]),
    },
    "names": {
        "a.b": ("string", WORDS[:4]),
        "my col": ("int", [0, 1, 2, 10]),
        "Id": ("int", [1, 2, 3, 4, 5, 6, 7]),
        "zürich": ("string", FOREIGN[:4]),
        "st": ("struct<x:int,y:string>", [(1, "a"), (2, "b"), (None, "a"), (1, None)]),
        "_k": ("double", [0.5, 1.5, NAN]),
    },
    "nested": {
        "st": ("struct<x:int,y:string>", [(1, "a"), (2, "b"), (None, "a")]),
        "list": ("array<int>", [[1, 2], [], [None], [3]]),
        "map": ("map<string,int>", [{"a": 1}, {}]),
        "i": ("int", [0, 1, 2]),
        "s": ("string", WORDS[:4]),
    },
}


def _mixed(values: Sequence[Any], chance: random.Random) -> list[Any]:
    return [None if chance.random() < 0.2 else chance.choice(values) for _ in range(9)]


def _dense(values: Sequence[Any], chance: random.Random) -> list[Any]:
    return [chance.choice(values) for _ in range(7)]


def _several(values: Sequence[Any], chance: random.Random) -> list[Any]:
    few = chance.sample(list(values), k=min(2, len(values)))
    return [None if chance.random() < 0.1 else chance.choice(few) for _ in range(12)]


def _long(values: Sequence[Any], chance: random.Random) -> list[Any]:
    return [None if chance.random() < 0.1 else chance.choice(values) for _ in range(60)]


def _one(values: Sequence[Any], chance: random.Random) -> list[Any]:
    return [chance.choice(values)]


SHAPES: dict[str, Callable[[Sequence[Any], random.Random], list[Any]]] = {
    "mixed": _mixed,
    "dense": _dense,
    "several": _several,
    "long": _long,
    "one": _one,
    "empty": lambda values, chance: [],
    "null": lambda values, chance: [None],
    "nulls": lambda values, chance: [None, None, None],
}


def drawn(family: str, shape: str, seed: str = "") -> Frame:
    """Draw a frame."""
    chance = random.Random(f"{family} {shape} {seed}")
    columns = {name: SHAPES[shape](values, chance) for name, (_, values) in FAMILIES[family].items()}
    return Frame(
        name=f"{family}/{shape}/{seed}",
        columns=tuple((name, kind) for name, (kind, _) in FAMILIES[family].items()),
        rows=tuple(zip(*columns.values(), strict=True)),
    )


def named(name: str) -> Frame:
    """Draw the frame of this name again."""
    return drawn(*name.split("/"))


FRAMES = tuple(f"{family}/{shape}/" for family in FAMILIES for shape in SHAPES)
"""The names of the frames of the corpus."""
