"""Files that are delivered again: corrected, shortened, as they were before, or read otherwise.

One lake, in which every way to publish has a dataset of its own over the same files; and one delivery
after the other, each of which is a run.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from headgate.etl.errors import InputError
from headgate.etl.load.redelivery import merge_anew
from headgate.jobs.exits import RefusedError
from tests.jobs.house import House, law, text

CLEAN = "[rename_to_snake_case, {cast_columns: {columns: {amt: bigint}}}]"


@pytest.fixture(scope="module")
def house(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> House:
    def dataset(publish: str, source: str = "") -> str:
        return f'source: {{files: "v*.csv"{source}}}, clean: {CLEAN}, tolerance: 0.4, publish: {publish}'

    return House(
        spark,
        tmp_path_factory.mktemp("redelivery"),
        {
            "added": dataset("{mode: append}"),
            "merged": dataset("{mode: merge, keys: [id]}"),
            "parted": dataset("{mode: overwrite_partitions, partition_by: [id]}"),
            "grown": dataset("{mode: append}", ", redelivery: append"),
        },
    )


def alike(rows: list[str], *names: str) -> dict[str, list[str]]:
    return dict.fromkeys(names, rows)


REPLACING = ("added", "merged", "parted")


def test_a_file_that_is_delivered_again_says_anew_what_it_said(house: House) -> None:
    house.deliver({"v1.csv": text("1,10", "2,20", "3,x"), "v2.csv": text("4,40")})
    told = house.run()
    assert {law(told[name]) for name in told} == {("done", 4, 3, 0, 1)}
    # Corrected, and the row that could not be read is right now; v2 lies there as before.
    house.deliver({"v1.csv": text("1,11", "2,20", "3,30")})
    told = house.run()
    assert house.rows(*REPLACING) == alike(["1 11", "2 20", "3 30", "4 40"], *REPLACING)
    assert house.rows("grown")["grown"] == ["1 10", "1 11", "2 20", "2 20", "3 30", "4 40"]
    assert law(told["merged"]) == ("done", 7, 4, 3, 0)  # all that stands in raw, merged in its order
    assert law(told["added"]) == law(told["parted"]) == ("done", 6, 3, 3, 0)
    assert law(told["grown"]) == ("done", 3, 3, 0, 0)
    # What was rejected of the earlier delivery is open no longer.
    for name in REPLACING:
        events = house.spark.read.format("delta").load(str(house.lake / "quarantine" / name))
        assert "released" in {row["status"] for row in events.collect()}, name
    assert all(len(rows) == 7 for rows in house.rows(*REPLACING, "grown", zone="raw").values())


def test_a_file_that_goes_back_to_an_earlier_content_counts(house: House) -> None:
    house.deliver({"v1.csv": text("1,10", "2,20", "3,x")})
    with pytest.raises(RefusedError, match=r"parted: v1.csv was delivered again without the partition id=3"):
        house.run()
    assert house.rows("added", "merged") == alike(["1 10", "2 20", "4 40"], "added", "merged")
    assert house.rows("parted")["parted"] == ["1 11", "2 20", "3 30", "4 40"]
    told = house.entries(house.last)
    assert law(told["curate", "added"]) == ("done", 6, 2, 3, 1)
    assert law(told["curate", "merged"]) == ("done", 10, 3, 6, 1)


def test_rows_that_a_file_has_no_longer_leave_the_table_and_others_come_back(house: House) -> None:
    """``merged`` and ``added`` alone; v2 takes over row 1 of v1, and then says that it never had it."""
    house.keep("added", "merged")
    house.deliver({"v2.csv": text("4,40", "1,77")})
    house.run()
    assert house.rows("merged")["merged"] == ["1 77", "2 20", "4 40"]
    house.deliver({"v2.csv": text("4,41")})
    told = house.run()
    assert house.rows("merged", "added") == alike(["1 10", "2 20", "4 41"], "merged", "added")
    assert law(told["added"]) == ("done", 3, 1, 2, 0)


def test_a_delivery_without_a_row_is_refused_unless_that_is_allowed(house: House) -> None:
    house.keep("added")
    house.deliver({"v2.csv": text()})
    with pytest.raises(RefusedError, match="no rows came"):
        house.run()
    told = house.run("datasets.added.allow_empty=true")
    assert law(told["added"]) == ("done", 1, 0, 1, 0)
    assert house.rows("added")["added"] == ["1 10", "2 20"]
    assert law(house.run()["added"])[0] == "unchanged"


def test_a_table_that_is_overwritten_is_made_of_what_stands(spark: SparkSession, tmp_path: Path) -> None:
    """Read by another encoding, wider, in another case, renamed; and no obstacle to the dataset beside."""

    def v(encoding: str) -> str:
        return f'source: {{files: "v*.csv", encoding: {encoding}}}, tolerance: 0.4'

    beside = 'source: {files: "o*.csv"}'
    house = House(spark, tmp_path, {"v": v("latin-1"), "o": beside})
    house.deliver({"v1.csv": text("1,José", header="id,name"), "o1.csv": text("1,1")})
    house.run()
    assert house.rows("v", columns=("id", "name"))["v"] == ["1 JosÃ©"]
    # Case 36: the encoding is corrected. And no file of the other dataset is there any more.
    house.define({"o": beside, "v": v("utf-8")})
    house.deliver({"o1.csv": None})
    with pytest.raises(InputError, match=r"o: .*there is no such file"):
        house.run()
    assert house.rows("v", columns=("id", "name"))["v"] == ["1 José"]
    told = house.entries(house.last)
    assert law(told["curate", "v"]) == ("done", 2, 1, 1, 0)
    assert told["ingest", "o"]["status"] == "failed"
    assert ("curate", "o") not in told
    # Cases 05 and 06: a column more, while the old file is there; then another letter case.
    house.keep("v")
    house.deliver(
        {"v2.csv": text("2,Zoë,EUR", header="id,name,cur"), "v3.csv": text("3,X,USD", header="ID,NAME,Cur")}
    )
    told = house.run()
    assert house.rows("v", columns=("id", "name", "cur"))["v"] == ["1 José None", "2 Zoë EUR", "3 X USD"]
    assert law(told["v"]) == ("done", 4, 3, 1, 0)
    # A misread delivery of which one record in two is broken, and then clean.
    house.deliver({"v4.csv": text("4,A,E", "5,B,E,,", "6,,", "7", header="id,name,cur")})
    with pytest.raises(RefusedError, match="2 of 7 rows"):
        house.run("datasets.v.tolerance=0.1")
    house.deliver({"v4.csv": text("4,A,E", header="id,name,cur")})
    told = house.run("datasets.v.tolerance=0")
    assert law(told["v"]) == ("done", 9, 4, 5, 0)
    # The others are archived, and a column is renamed.
    house.deliver({f"v{n}.csv": None for n in range(1, 5)} | {"v5.csv": text("5,B,E", header="id,nam,cur")})
    with pytest.raises(InputError, match=r"v5.csv:1 \[name\].*in raw.*renamed to 'nam'"):
        house.run()
    assert house.rows("v", columns=("id", "name"))["v"] == ["1 José", "2 Zoë", "3 X", "4 A"]


def test_a_table_that_is_merged_anew_holds_what_merging_left_in_it(spark: SparkSession) -> None:
    """By the same order: texts that are numbers by their size, then what was taken in last."""
    rows = [(1, "a", "9", 1), (2, "a", "10", 1), (3, "a", "x", 2), (4, "b", "7", 1), (5, "b", "7", 2)]
    df = spark.createDataFrame(rows, "id int, k string, at string, _ingested_at int").coalesce(1)
    marked = df.selectExpr("*", "CAST(NULL AS STRING) AS _removed_as").transform(
        merge_anew(keys=["k"], order_by=["at"])
    )
    assert {row.id for row in marked.where("_removed_as IS NULL").collect()} == {2, 5}
