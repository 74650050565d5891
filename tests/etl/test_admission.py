"""What a table cannot give back as it was audited is refused, by its schema alone: without Spark."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import pytest
from pyspark.sql import types as T

from headgate.etl.lake.admission import TableRuleError, check, refusals_by_delta
from headgate.etl.lake.partitions import predicate
from headgate.etl.lake.target import Mode, Target
from headgate.etl.lake.transaction import understood

MODES = get_args(Mode)
INT, TEXT = T.IntegerType(), T.StringType()


def struct(**kinds: T.DataType) -> T.StructType:
    return T.StructType([T.StructField(name, kind) for name, kind in kinds.items()])


KINDS = (
    *(T.BooleanType(), T.ByteType(), T.ShortType(), INT, T.LongType(), T.FloatType(), T.DoubleType()),
    *(T.DecimalType(5, 2), T.DecimalType(7, 2), T.DecimalType(7, 3), TEXT, T.BinaryType()),
    *(T.DateType(), T.TimestampType(), T.TimestampNTZType()),
    *(T.ArrayType(INT), T.ArrayType(T.LongType()), T.MapType(TEXT, INT), T.MapType(TEXT, TEXT)),
    *(struct(a=INT), struct(a=T.LongType()), struct(a=INT, b=INT), struct(b=INT, a=INT), struct(A=INT)),
    T.ArrayType(struct(a=INT)),
)
NAMED = {kind.simpleString(): kind for kind in KINDS} | {
    "void": T.NullType(),
    "interval day": T.DayTimeIntervalType(0, 0),
    "array<void>": T.ArrayType(T.NullType()),
    "struct<x;y:int>": struct(**{"x;y": INT}),
}


def columns(**kinds: str) -> T.StructType:
    return struct(**{name: NAMED[kind] for name, kind in kinds.items()})


def table(schema: T.StructType, **known: Any) -> Target:
    return Target(table="t", version=3, schema=schema, **known)


def reasons(batch: T.StructType, target: Target, mode: Mode, **more: Any) -> str:
    return "; ".join(refusal.reason for refusal in check(batch, target, mode=mode, **more))


@pytest.mark.parametrize("mode", MODES)
def test_types_are_equal_or_refused_unless_the_table_is_made_anew(mode: Mode) -> None:
    by = {"partition_by": ("p",)} if mode == "overwrite_partitions" else {}
    for there, given in itertools.product([kind.simpleString() for kind in KINDS], repeat=2):
        target = table(columns(p="int", v=there, w="int"), **by)
        said = reasons(columns(p="int", V=given), target, mode)
        if mode == "overwrite" or there == given:
            assert said == "", (there, given)
        else:
            assert said == f"column 'V' is {given}, and the table's is {there}"


LAID_DOWN = {
    "NOT NULL": T.StructField("v", T.IntegerType(), False),
    "nested NOT NULL": T.StructField("v", T.StructType([T.StructField("a", T.IntegerType(), False)])),
    "char": T.StructField("v", T.StringType(), True, {"__CHAR_VARCHAR_TYPE_STRING": "char(5)"}),
    "varchar": T.StructField("v", T.StringType(), True, {"__CHAR_VARCHAR_TYPE_STRING": "varchar(5)"}),
    "generated": T.StructField("v", T.IntegerType(), True, {"delta.generationExpression": "id * 2"}),
    "identity": T.StructField("v", T.LongType(), True, {"delta.identity.allowExplicitInsert": False}),
    "default": T.StructField("v", T.IntegerType(), True, {"CURRENT_DEFAULT": "7"}),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("laid_down", LAID_DOWN)
def test_what_is_laid_down_for_a_column_holds_in_every_mode(mode: Mode, laid_down: str) -> None:
    one = LAID_DOWN[laid_down]
    by = {"partition_by": ("id",)} if mode == "overwrite_partitions" else {}
    target = table(T.StructType([*columns(id="int"), one, *columns(w="int")]), **by)
    given = one.dataType.simpleString()
    kept, gone = columns(id="int", v=given, w="int"), columns(id="int", w="int")
    always = "column 'v' is GENERATED ALWAYS AS IDENTITY, and values are given"
    assert reasons(kept, target, mode) == (always if laid_down == "identity" else "")
    other = reasons(columns(id="int", v="date", w="int"), target, mode)
    assert other == f"column 'v' is date, and the table's is {given}"
    filled = laid_down in ("generated", "identity", "default") or mode == "merge"
    assert (reasons(gone, target, mode) == "") == (
        filled or (mode != "overwrite" and laid_down != "NOT NULL")
    )
    assert not understood(target, kept.names)


@pytest.mark.parametrize(
    ("known", "taken"),
    [
        ({}, True),
        ({"configuration": {"owner": "ann", "delta.enableChangeDataFeed": "true"}}, True),
        ({"configuration": {"delta.enableDeletionVectors": "true"}, "features": ("deletionVectors",)}, True),
        ({"features": ("appendOnly", "invariants", "v2Checkpoint", "inCommitTimestamp")}, True),
        ({"configuration": {"delta.constraints.cheap": "v < 100"}}, False),
        ({"configuration": {"delta.columnMapping.mode": "name"}}, False),
        ({"configuration": {"delta.randomizeFilePrefixes": "true"}}, False),
        ({"configuration": {"delta.universalFormat.enabledFormats": "iceberg"}}, False),
        ({"configuration": {"delta.made.up.tomorrow": "true"}}, False),
        ({"features": ("rowTracking", "domainMetadata")}, False),
        ({"features": ("clustering",)}, False),
        ({"features": ("typeWidening-preview",)}, False),
        ({"features": ("icebergCompatV2",)}, False),
        ({"features": ("madeUpTomorrow",)}, False),
    ],
)
def test_only_tables_all_of_which_is_known_are_written_in_place(known: Any, taken: bool) -> None:
    target = table(columns(v="int", w="int"), **known)
    assert understood(target, ["v", "new"]) == taken
    assert not understood(target, ["V"])


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "append"])
def test_to_a_table_that_is_append_only_rows_are_appended(mode: Mode) -> None:
    target = table(columns(v="int", w="int"), configuration={"delta.appendOnly": "true"}, partition_by=("w",))
    batch = columns(v="int", w="int")
    assert reasons(batch, target, mode) == f"the table is append only (delta.appendOnly), and {mode} is asked"
    assert reasons(batch, target, "append") == ""


@pytest.mark.parametrize("mode", MODES)
def test_a_column_that_was_renamed_is_not_added_again_by_its_old_name(mode: Mode) -> None:
    mapped = {"delta.columnMapping.mode": "name"}
    old = T.StructField("city", T.StringType(), True, {"delta.columnMapping.physicalName": "town"})
    made_up = T.StructField("city", T.StringType(), True, {"delta.columnMapping.physicalName": "col-1"})
    batch = columns(town="string", w="int")
    for field, renamed in ((old, {}), (made_up, {"town": "city"})):
        target = table(T.StructType([field, *columns(w="int")]), configuration=mapped, partition_by=("w",))
        assert reasons(batch, target, mode, renamed=renamed) == (
            "column 'town' was renamed to 'city' in the table"
        )
        assert reasons(columns(city="string", w="int"), target, mode, renamed=renamed) == ""
        both = columns(city="string", town="string", w="int")
        assert reasons(both, target, mode, renamed=renamed) == ""


@pytest.mark.parametrize("there", [True, False], ids=["there", "new"])
@pytest.mark.parametrize(
    ("batch", "said"),
    [
        (columns(a="int", A="int", p="int"), "columns differ by the case of their letters only (a, A)"),
        (columns(**{"a b": "int", "p": "int"}), "a Delta table has no column named 'a b'"),
        (columns(**{"a=b": "int", "p": "int"}), "a Delta table has no column named 'a=b'"),
        (columns(**{" ": "int", "p": "int"}), "a Delta table has no column named ' '"),
        (columns(**{"a.b": "int", "p": "int"}), ""),
        (columns(s="struct<x;y:int>", p="int"), "a Delta table has no column named 'x;y'"),
        (columns(a="void", p="int"), "column 'a' is void, which a Delta table cannot hold"),
        (columns(a="interval day", p="int"), "column 'a' is interval day, which a Delta table cannot hold"),
        (columns(a="array<void>", p="int"), "column 'element' is void, which a Delta table cannot hold"),
        (
            columns(a="int"),
            "there is no column 'p', by which the table is partitioned; "
            "the table would have no column but its partitions'",
        ),
        (columns(p="int"), "the table would have no column but its partitions'"),
        (
            columns(a="int", p="struct<a:int>"),
            "column 'p' is struct<a:int>, and no table is partitioned by such",
        ),
        (columns(a="int", p="binary"), "column 'p' is binary, and no table is partitioned by such"),
    ],
)
def test_what_no_table_holds_is_refused(batch: T.StructType, said: str, there: bool) -> None:
    target = table(batch, partition_by=("p",)) if there else Target(table="t")
    assert reasons(batch, target, "append", partition_by=("p",)) == said


def test_further_refusals_have_their_own_words() -> None:
    target = table(columns(v="int"), configuration={"delta.enableChangeDataFeed": "true"})
    batch = columns(v="int", _commit_version="int")
    assert "one of Delta's own" in reasons(batch, target, "append")
    assert reasons(columns(v="int"), table(columns(v="int")), "overwrite_partitions") == (
        "the table has no partitions to be overwritten"
    )
    assert reasons(columns(v="int", k="int"), table(columns(v="int")), "merge", keys=("k",)) == (
        "the table has no column 'k' to be merged by"
    )


def test_rules_for_values_are_conditions_that_are_never_null() -> None:
    fields = [LAID_DOWN[name] for name in ("NOT NULL", "char", "varchar", "generated")]
    target = table(T.StructType(fields), configuration={"delta.constraints.cheap": "v < 100", "x": "y"})
    assert [(rule.text, rule.condition) for rule in target.rules()] == [
        ("v: NOT NULL", "`v` IS NOT NULL"),
        ("v: char(5), exactly filled", "(`v` IS NULL OR char_length(`v`) = 5)"),
        ("v: varchar(5)", "(`v` IS NULL OR char_length(`v`) <= 5)"),
        ("v: GENERATED ALWAYS AS (id * 2)", "(`v` <=> (id * 2))"),
        ("cheap: CHECK (v < 100)", "coalesce((v < 100), false)"),
    ]


def test_an_error_is_one_line_with_every_reason_and_each_fix_once() -> None:
    target = table(columns(a="int", b="int"))
    found = check(columns(a="double", b="double"), target, mode="merge")
    assert str(TableRuleError(table="lake/t", refusals=found)) == (
        "lake/t: column 'a' is double, and the table's is int; column 'b' is double, and the table's is int; "
        "nothing was published; cast it to int in the pipeline (cast_columns), or make the table anew, "
        "by one run with --set 'datasets.NAME.publish={mode: overwrite}', or by deleting its folder"
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] CHECK constraint cheap (v < 1) violated\n at x", True),
        ("o1.save : [DELTA_FEATURES_REQUIRE_MANUAL_ENABLEMENT] Your table schema requires it.\n x", True),
        ("[DELTA_CONCURRENT_APPEND] Files were added", False),
        ("[DELTA_METADATA_CHANGED] MetadataChangedException", False),
        ("[DELTA_POST_COMMIT_HOOK_FAILED] Committing to the Delta table version 1 succeeded but", False),
        ("Connection reset by peer", False),
    ],
)
def test_what_delta_refuses_is_told_and_what_else_fails_is_not_taken_for_it(said: str, told: bool) -> None:
    with pytest.raises(TableRuleError if told else RuntimeError), refusals_by_delta("t"):
        raise RuntimeError(said)


def test_partitions_are_told_by_typed_values_each_once() -> None:
    kinds = columns(day="date", ward="string")
    texts: list[dict[str, str | None]] = [{"day": "2024-01-31", "ward": "a'/b"}] * 2
    assert predicate(texts, kinds, ["day", "ward"]).count("CAST(X'61272F62' AS STRING)") == 1
