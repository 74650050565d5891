"""Planted against found: every count of the table on the report's page."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from headgate.jobs.simulate import Fault, Truth, compare, simulate
from headgate.jobs.simulate.schema import TABLES, column_of

P1, P2 = "patients_2024-01-01.csv", "patients_2024-02-01.csv"
E1, L1 = "encounters_2024-01-01.csv", "labs_2024-01-01.csv"

COSTLY = ("unreadable", "unparsable", "implausible", "missing_required")


def fault(kind: str, row: int, file: str = P1, **more: Any) -> Fault:
    return Fault(kind=kind, dataset=file.split("_")[0], file=file, row=row, **more)


def truth(*faults: Fault, lost: dict[str, tuple[str, ...]] | None = None) -> Truth:
    return Truth(patients=10, seed=1, files={}, faults=faults, lost=lost or {})


def row(line: int, file: str = P1, removed_as: str | None = None, **more: Any) -> dict[str, Any]:
    return {"dataset": file.split("_")[0], "file": file, "row": line, "removed_as": removed_as, **more}


def problem(column: str | None, severity: str = "critical") -> list[dict[str, Any]]:
    return [{"step": "s", "column": column, "value": "x", "reason": "r", "severity": severity}]


def failure(column: str | None) -> list[dict[str, Any]]:
    return [{"expectation_type": "expect_x", "column": column, "value": "x"}]


def counts(lines: list[dict[str, Any]]) -> dict[str, tuple[int, int, int, int]]:
    names = ("planted", "found", "missed", "invented")
    return {line["kind"]: tuple(line[name] for name in names) for line in lines}  # type: ignore[misc]


def test_tells_nothing_where_nothing_was_planted_or_found() -> None:
    assert compare(truth(), [row(2), row(3)]) == []


def test_gives_the_rows_of_the_run_summary() -> None:
    missed = truth(*(fault("unparsable", line, column="Birth Date", value="x") for line in range(2, 7)))
    assert compare(missed, [row(2, problems=problem("birth_date"))]) == [
        {
            "kind": "unparsable",
            "dataset": "patients",
            "planted": 5,
            "found": 1,
            "missed": 4,
            "invented": 0,
            "note": f"found: a problem was recorded at the very value; missed: {P1}:3, {P1}:4, {P1}:5 …",
        }
    ]


class TestExactDuplicates:
    planted = truth(fault("exact_duplicate", 5, of=(P1, 2)), fault("exact_duplicate", 3, P2, of=(P1, 2)))

    @pytest.mark.parametrize(
        ("removed", "expected"),
        [
            ((None, "duplicate", "duplicate"), (2, 2, 0, 0)),
            (("duplicate", None, "duplicate"), (2, 2, 0, 0)),
            (("duplicate", "duplicate", "duplicate"), (2, 2, 0, 1)),
            ((None, "duplicate", None), (2, 1, 1, 0)),
            ((None, "superseded", "duplicate"), (2, 1, 1, 0)),
            ((None, None, None), (2, 0, 2, 0)),
        ],
    )
    def test_are_found_where_as_many_go_as_were_planted(
        self, removed: tuple[str | None, ...], expected: tuple[int, ...]
    ) -> None:
        rows = [
            row(2, removed_as=removed[0]),
            row(5, removed_as=removed[1]),
            row(3, P2, removed_as=removed[2]),
        ]
        assert counts(compare(self.planted, rows))["exact_duplicate"] == expected

    def test_are_invented_where_none_were_planted(self) -> None:
        found = counts(
            compare(self.planted, [row(8, removed_as="duplicate"), row(9, removed_as="duplicate")])
        )
        assert found == {"exact_duplicate": (2, 0, 2, 2)}


class TestNearDuplicates:
    planted = truth(fault("near_duplicate", 4, P2, of=(P1, 2)), fault("exact_duplicate", 5, of=(P1, 2)))

    @pytest.mark.parametrize(
        ("removed", "near", "exact"),
        [
            (("superseded", "duplicate", None), (1, 1, 0, 0), (1, 1, 0, 0)),
            ((None, "duplicate", "superseded"), (1, 1, 0, 0), (1, 1, 0, 0)),
            ((None, "duplicate", "duplicate"), (1, 1, 0, 0), (1, 1, 0, 0)),
            ((None, "duplicate", None), (1, 0, 1, 0), (1, 1, 0, 0)),
            ((None, None, "superseded"), (1, 1, 0, 0), (1, 0, 1, 0)),
        ],
    )
    def test_are_found_where_one_row_of_the_patient_is_left(
        self, removed: tuple[str | None, ...], near: tuple[int, ...], exact: tuple[int, ...]
    ) -> None:
        rows = [
            row(2, removed_as=removed[0]),
            row(5, removed_as=removed[1]),
            row(4, P2, removed_as=removed[2]),
        ]
        assert counts(compare(self.planted, rows)) == {"near_duplicate": near, "exact_duplicate": exact}

    def test_under_another_key_are_told_of_but_not_searched_for(self) -> None:
        lines = compare(truth(fault("same_person", 7, of=(P1, 2))), [row(7), row(2)])
        assert counts(lines) == {"same_person": (1, 0, 1, 0)}
        assert "not searched for" in lines[0]["note"]
        assert "missed" not in lines[0]["note"]


class TestLaterDeliveries:
    def test_replace_the_older_row(self) -> None:
        planted = truth(fault("superseded", 2, of=(P2, 2)), fault("superseded", 3, of=(P2, 3)))
        rows = [row(2, removed_as="superseded"), row(3), row(2, P2), row(3, P2, removed_as="superseded")]
        assert counts(compare(planted, rows)) == {"superseded": (2, 1, 1, 1)}

    def test_replace_any_copy_of_the_older_row(self) -> None:
        planted = truth(fault("superseded", 2, of=(P2, 2)), fault("exact_duplicate", 9, of=(P1, 2)))
        rows = [row(2, removed_as="duplicate"), row(9, removed_as="superseded"), row(2, P2)]
        expected = {"exact_duplicate": (1, 1, 0, 0), "superseded": (1, 1, 0, 0)}
        assert counts(compare(planted, rows)) == expected

    def test_bring_late_rows_that_are_taken_in(self) -> None:
        planted = truth(*(fault("late", line, P2) for line in (2, 3, 4, 5)))
        rows = [row(2, P2), row(3, P2, "superseded"), row(4, P2, problems=problem("sex"))]
        assert counts(compare(planted, rows))["late"] == (4, 1, 3, 0)


class TestProblems:
    def test_are_found_at_the_very_value(self) -> None:
        planted = truth(
            fault("unparsable", 2, column="Birth Date", value="1990-02-30"),
            fault("unparsable", 3, column="Birth Date", value="1990-02-31"),
            fault("unparsable", 4, column="Sex", value="X-4"),
        )
        rows = [row(2, problems=problem("birth_date")), row(3, problems=problem("sex")), row(4)]
        assert counts(compare(planted, rows)) == {"unparsable": (3, 1, 2, 1)}

    def test_are_found_at_the_number_where_its_unit_is_unknown(self) -> None:
        planted = truth(fault("unparsable", 2, L1, column="unit", value="furlong"))
        both = problem("unit") + problem("value")
        assert counts(compare(planted, [row(2, L1, problems=both)])) == {"unparsable": (1, 1, 0, 0)}

    def test_are_found_in_a_copy_of_the_row(self) -> None:
        planted = truth(
            fault("unparsable", 2, column="Sex", value="X-4"), fault("exact_duplicate", 3, of=(P1, 2))
        )
        rows = [row(2, removed_as="duplicate"), row(3, problems=problem("sex"))]
        assert counts(compare(planted, rows))["unparsable"] == (1, 1, 0, 0)

    def test_of_whole_records_are_told_by_no_column_or_by_that_of_the_reader(self) -> None:
        planted = truth(*(fault("unreadable", line) for line in (2, 3, 4)))
        rows = [row(2, problems=problem(None)), row(3, problems=problem("_record")), row(4)]
        rows += [row(5, problems=problem("_record"))]
        assert counts(compare(planted, rows)) == {"unreadable": (3, 2, 1, 1)}

    def test_are_invented_where_the_value_was_only_in_another_form(self) -> None:
        planted = truth(fault("date_form", 2, column="Birth Date", value="1.2.1990", clean="1990-02-01"))
        found = counts(compare(planted, [row(2, problems=problem("birth_date", "warning"))]))
        assert found == {"date_form": (1, 0, 1, 0), "unparsable": (0, 0, 0, 1)}


class TestFailures:
    def test_are_found_at_the_value(self) -> None:
        planted = truth(
            fault("implausible", 2, E1, column="discharged_at", value="2020-01-01 10:00"),
            fault("implausible", 3, E1, column="weight", value="-3"),
            fault("missing_required", 4, E1, column="admitted_at", value=""),
        )
        rows = [row(2, E1, failures=failure("discharged_at, admitted_at")), row(3, E1)]
        rows += [row(4, E1, failures=failure("admitted_at")), row(5, E1, failures=failure("charge"))]
        expected = {"implausible": (2, 1, 1, 1), "missing_required": (1, 1, 0, 0)}
        assert counts(compare(planted, rows)) == expected


class TestOtherForms:
    forms = truth(
        fault("unit", 2, L1, column="value", value="5.5", clean="99.088000"),
        fault("date_form", 2, L1, column="taken_at", value="2020-01-02T03:04Z", clean="2020-01-02 03:04"),
        fault("missing_sentinel", 3, L1, column="value", value="-999"),
        fault("multiline", 2, E1, column="note", value="a\nb", clean="a b"),
    )

    def test_count_as_read_where_no_problem_was_raised(self) -> None:
        lines = compare(self.forms, [row(2, L1), row(3, L1)])
        assert counts(lines) == {
            "missing_sentinel": (1, 1, 0, 0),
            "date_form": (1, 1, 0, 0),
            "unit": (1, 1, 0, 0),
            "multiline": (1, 0, 1, 0),
        }
        assert lines[0]["note"] == "found: read without a problem (values not compared)"

    @pytest.mark.parametrize(
        ("value", "taken_at", "hole", "found"),
        [
            ("99.08800001", "2020-01-02 03:04:00", None, (1, 1, 1)),
            (99.088, "2020-01-02T03:04:00+00:00", None, (1, 1, 1)),
            ("99.1", "2020-01-02 10:04:00", "-999", (0, 0, 0)),
            (None, None, -999, (0, 0, 0)),
        ],
    )
    def test_are_held_against_the_clean_value_where_there_is_one(
        self, value: object, taken_at: object, hole: object, found: tuple[int, int, int]
    ) -> None:
        rows = [row(2, L1, values={"value": value, "taken_at": taken_at}), row(3, L1, values={"value": hole})]
        lines = counts(compare(self.forms, rows, datasets=["labs"]))
        assert tuple(lines[kind][1] for kind in ("unit", "date_form", "missing_sentinel")) == found

    def test_are_not_held_against_it_in_a_row_that_is_quarantined_anyway(self) -> None:
        planted = truth(
            fault("unparsable", 2, L1, column="test", value="ZZ9"),
            fault("unit", 2, L1, column="value", value="5.5", clean="99.088000"),
        )
        rows = [row(2, L1, problems=problem("test"), values={"test": None, "value": "5.5"})]
        assert counts(compare(planted, rows)) == {"unparsable": (1, 1, 0, 0), "unit": (1, 1, 0, 0)}


class TestOrphans:
    planted = truth(
        fault("orphan", 2, L1, column="encounter_id", value="E8000001"),
        fault("orphan", 3, L1, column="encounter_id", value="E8000002"),
        fault("orphan", 4, L1, column="encounter_id", value="E8000003"),
        lost={"encounters": ("E0000009",)},
    )

    def test_are_found_where_the_fact_refers_to_the_unknown_member_or_the_row_is_quarantined(self) -> None:
        rows = [row(2, L1), row(3, L1, failures=failure("encounter_id")), row(4, L1)]
        lines = counts(compare(self.planted, rows, unknown={("labs", "encounter_id"): ["E8000001"]}))
        assert lines["orphan"] == (3, 2, 1, 0)

    def test_are_not_invented_where_the_key_was_lost_with_its_rows(self) -> None:
        unknown = {("labs", "encounter_id"): ["E0000009", "E0000010"], ("labs", "lab_id"): ["L1"]}
        assert counts(compare(self.planted, [], unknown=unknown))["orphan"] == (3, 0, 3, 1)

    def test_say_so_where_the_facts_were_not_looked_at(self) -> None:
        assert "not looked at" in compare(self.planted, [])[0]["note"]


def perfect(planted: Truth) -> tuple[list[dict[str, Any]], dict[tuple[str, str], list[str]]]:
    """What a run without a flaw finds: built from the truth alone."""
    by_place = defaultdict(list)
    for one in planted.faults:
        by_place[one.file, one.row].append(one)
    rows, unknown = [], defaultdict(list)
    for (file, line), faults in by_place.items():
        made: dict[str, Any] = {"dataset": faults[0].dataset, "file": f"s3://b/landing/{file}", "row": line}
        made |= {"removed_as": None, "problems": [], "failures": [], "values": {}}
        for one in faults:
            if one.kind == "exact_duplicate":
                made["removed_as"] = "duplicate"
            elif one.kind in ("near_duplicate", "superseded"):
                made["removed_as"] = "superseded"
            elif one.kind == "unreadable":
                made["problems"] += problem("_record")
            elif one.kind == "unparsable":
                made["problems"] += problem(column_of(one.column or ""))
            elif one.kind in ("implausible", "missing_required"):
                made["failures"] += failure(column_of(one.column or ""))
            elif one.kind == "orphan":
                unknown[one.dataset, one.column or ""].append(one.value or "")
            elif one.column:
                made["values"][column_of(one.column)] = one.clean
        rows.append(made)
    return rows, dict(unknown)


class TestARunWithoutAFlaw:
    @pytest.fixture(scope="class")
    @staticmethod
    def planted(tmp_path_factory: pytest.TempPathFactory) -> Truth:
        return simulate(patients=300, seed=5, output=tmp_path_factory.mktemp("landing"))

    def test_finds_all_and_invents_nothing(self, planted: Truth) -> None:
        rows, unknown = perfect(planted)
        for line in compare(planted, rows, unknown=unknown):
            found = 0 if line["kind"] == "same_person" else line["planted"]
            assert (line["found"], line["missed"], line["invented"]) == (found, line["planted"] - found, 0), (
                line
            )

    def test_finds_it_dataset_by_dataset_too(self, planted: Truth) -> None:
        rows, unknown = perfect(planted)
        whole = compare(planted, rows, unknown=unknown)
        parts = [
            line
            for dataset in TABLES
            for line in compare(
                planted,
                [row for row in rows if row["dataset"] == dataset],
                unknown=unknown,
                datasets=[dataset],
            )
        ]
        assert sorted(parts, key=str) == sorted(whole, key=str)

    def test_misses_all_where_no_row_was_staged(self, planted: Truth) -> None:
        lines = compare(planted, [])
        assert sum(line["found"] for line in lines) == 0
        assert sum(line["missed"] for line in lines) == len(planted.faults)


def test_the_truth_on_disk_compares_like_the_one_returned(tmp_path: Path) -> None:
    planted = simulate(patients=40, seed=5, output=tmp_path)
    rows, unknown = perfect(planted)
    assert compare(Truth.read(tmp_path), rows, unknown=unknown) == compare(planted, rows, unknown=unknown)
