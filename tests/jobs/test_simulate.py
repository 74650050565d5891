"""The simulated hospital: the same bytes again, a truth that is true, and something to learn."""

from __future__ import annotations

import csv
import hashlib
import math
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from headgate.jobs.simulate import TRUTH_FILE, Fault, Rates, Truth, simulate
from headgate.jobs.simulate.records import Clean, generate
from headgate.jobs.simulate.rows import usual_form
from headgate.jobs.simulate.schema import TABLES, column_of
from headgate.jobs.simulate.truth import KINDS
from headgate.jobs.simulate.vocabulary import LAB_TESTS, PLAUSIBLE

Records = dict[tuple[str, int], list[str]]

NO_DIRT = Rates(**{rate.name: 0.0 for rate in fields(Rates)})


def hash_of(landing: Path) -> str:
    """One hash over the names and bytes of all files of a landing, the truth included."""
    files = sorted(file for file in landing.rglob("*") if file.is_file())
    parts = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def records_of(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The records of a file, header included, each with the physical line on which it starts."""
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        start = 1
        for record in reader:
            yield start, record
            start = reader.line_num + 1


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    simulate(patients=600, seed=11, output=folder)
    return folder


@pytest.fixture(scope="module")
def truth(landing: Path) -> Truth:
    return Truth.read(landing)


@pytest.fixture(scope="module")
def records(landing: Path, truth: Truth) -> Records:
    return {
        (name, line): record
        for name in truth.files
        for line, record in records_of(landing / name)
        if line > 1
    }


def of_kind(truth: Truth, *kinds: str) -> list[Fault]:
    return [fault for fault in truth.faults if fault.kind in kinds]


def key_width(dataset: str) -> int:
    return 2 if dataset == "diagnoses" else 1


class TestTheSameSeed:
    GOLDEN = "ff07da960f62a6195ef3b8837321d9854f14cfb057d36535ce945604763035b0"

    def test_gives_these_very_bytes(self, tmp_path: Path) -> None:
        simulate(patients=60, seed=7, output=tmp_path)
        assert hash_of(tmp_path) == self.GOLDEN

    def test_gives_them_whatever_the_hash_seed_time_zone_and_locale(self, tmp_path: Path) -> None:
        code = "import sys, headgate.jobs.simulate as s; s.simulate(patients=60, seed=7, output=sys.argv[1])"
        settings = {"PYTHONHASHSEED": "5", "TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONUTF8": "0"}
        root = Path(__file__).parents[2]
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], check=True, cwd=root, env={**os.environ, **settings}
        )
        assert hash_of(tmp_path) == self.GOLDEN

    def test_of_another_number_gives_other_people(self, tmp_path: Path) -> None:
        first = simulate(patients=60, seed=7, output=tmp_path / "a")
        second = simulate(patients=60, seed=8, output=tmp_path / "b")
        assert not {file.sha256 for name, file in first.files.items() if "payers" not in name} & {
            file.sha256 for file in second.files.values()
        }

    def test_gives_the_same_people_with_other_dirt(self, tmp_path: Path) -> None:
        simulate(patients=60, seed=7, output=tmp_path, rates=NO_DIRT)
        clean = generate(patients=60, seed=7)
        usual = usual_form(TABLES["encounters"])
        read = [tuple(record) for _, record in records_of(tmp_path / "encounters_2024-01-01.csv")][1:]
        assert read == [usual(row) for row in clean["encounters"]]


class TestTheTruth:
    def test_lists_every_kind_of_fault(self, truth: Truth) -> None:
        assert {fault.kind for fault in truth.faults} == set(KINDS)

    def test_survives_the_file(self, truth: Truth, tmp_path: Path) -> None:
        truth.write(tmp_path)
        assert Truth.read(tmp_path) == truth

    def test_is_matched_by_no_glob_of_a_dataset(self, landing: Path, truth: Truth) -> None:
        matched = {file.name for dataset in TABLES for file in landing.glob(f"{dataset}*.csv")}
        assert matched == set(truth.files)
        assert (landing / TRUTH_FILE).is_file()

    def test_counts_the_records_and_lines_of_every_file(self, landing: Path, truth: Truth) -> None:
        for name, file in truth.files.items():
            content = (landing / name).read_bytes()
            assert file.lines == content.count(b"\n")
            assert file.records == sum(1 for _ in records_of(landing / name)) - 1
            assert file.sha256 == hashlib.sha256(content).hexdigest()

    def test_names_the_line_on_which_the_record_starts(self, truth: Truth, records: Records) -> None:
        assert {(fault.file, fault.row) for fault in truth.faults} <= set(records)
        assert len(of_kind(truth, "multiline")) > 10

    def test_gives_every_value_as_it_stands_there(self, truth: Truth, records: Records) -> None:
        faults = [fault for fault in truth.faults if fault.column]
        headers = {dataset: [field.header for field in TABLES[dataset]] for dataset in TABLES}
        for fault in faults:
            at = headers[fault.dataset].index(fault.column or "")
            assert records[fault.file, fault.row][at] == fault.value, fault
        assert len(faults) > 1000

    def test_misses_no_value_that_is_not_in_its_usual_form(self, truth: Truth, records: Records) -> None:
        """Every cell of a row that is delivered once is as usual, unless the truth says otherwise."""
        clean = generate(patients=truth.patients, seed=truth.seed)
        told = defaultdict(set)
        set_aside = {(fault.file, fault.row) for fault in of_kind(truth, "unreadable", "late")}
        for fault in truth.faults:
            told[fault.file, fault.row].add(fault.column)
            if fault.kind == "unit":
                number = next(field for field in TABLES[fault.dataset] if field.header == fault.column)
                told[fault.file, fault.row].add(number.unit)
        compared = 0
        for dataset, columns in TABLES.items():
            width, usual = key_width(dataset), usual_form(columns)
            rows = {row[:width]: usual(row) for row in clean[dataset]}
            own = {place: row for place, row in records.items() if truth.files[place[0]].dataset == dataset}
            times = Counter(tuple(record[:width]) for record in own.values())
            for place, record in own.items():
                expected = rows.get(tuple(record[:width]))
                if expected is None or times[tuple(record[:width])] > 1 or place in set_aside:
                    continue
                differing = {
                    field.header
                    for field, cell, aim in zip(columns, record, expected, strict=True)
                    if cell != aim
                }
                assert differing == told[place], place
                compared += 1
        assert compared > 0.9 * len(records)

    def test_knows_every_record_with_fields_too_few_or_too_many(self, truth: Truth, records: Records) -> None:
        ragged = {
            place
            for place, record in records.items()
            if len(record) != len(TABLES[truth.files[place[0]].dataset])
        }
        assert ragged == {(fault.file, fault.row) for fault in of_kind(truth, "unreadable")}

    def test_knows_every_row_that_stands_there_twice(self, truth: Truth, records: Records) -> None:
        copies = of_kind(truth, "exact_duplicate")
        for fault in copies:
            assert fault.of is not None
            assert records[fault.file, fault.row] == records[fault.of]
        dataset = {name: file.dataset for name, file in truth.files.items()}
        seen = Counter((dataset[file], *record) for (file, _), record in records.items())
        assert sum(number - 1 for number in seen.values()) == len(copies)

    def test_knows_every_key_that_is_not_there(self, truth: Truth, records: Records) -> None:
        readable = {
            place: record
            for place, record in records.items()
            if len(record) == len(TABLES[truth.files[place[0]].dataset])
        }
        keys: dict[str, set[str]] = {"patients": set(), "encounters": set(), "providers": set()}
        for (file, _), record in records.items():
            keys.get(truth.files[file].dataset, set()).add(record[0])
        refers = [("encounters", 1, "patients"), ("encounters", 2, "providers")]
        refers += [("diagnoses", 0, "encounters"), ("labs", 1, "encounters")]
        vain = {
            (file, line)
            for dataset, at, parent in refers
            for (file, line), record in readable.items()
            if truth.files[file].dataset == dataset and record[at] not in keys[parent]
        }
        planted = {(fault.file, fault.row) for fault in of_kind(truth, "orphan")}
        copied = {
            (fault.file, fault.row) for fault in of_kind(truth, "exact_duplicate") if fault.of in planted
        }
        assert vain == planted | copied

    def test_pairs_superseded_rows_with_newer_ones_of_the_same_key(
        self, truth: Truth, records: Records
    ) -> None:
        pairs = of_kind(truth, "superseded")
        for fault in pairs:
            assert fault.of is not None
            old, new = records[fault.file, fault.row], records[fault.of]
            assert old[0] == new[0]
            assert old[-1] < new[-1]
            assert "2024-02-01" in fault.of[0]
        assert {fault.dataset for fault in pairs} == {"patients", "encounters"}

    def test_pairs_near_duplicates_by_key_and_others_by_birth_date(
        self, truth: Truth, records: Records
    ) -> None:
        for fault in of_kind(truth, "near_duplicate"):
            twin, row = records[fault.file, fault.row], records[fault.of or ("", 0)]
            assert twin[0] == row[0]
            assert twin != row
            assert twin[2].casefold().strip(" \u00a0") != twin[2]
        for fault in of_kind(truth, "same_person"):
            double, row = records[fault.file, fault.row], records[fault.of or ("", 0)]
            assert double[0] != row[0]
            assert double[0].startswith("P9")

    def test_brings_late_rows_with_the_second_delivery(self, truth: Truth, records: Records) -> None:
        late = of_kind(truth, "late")
        for fault in late:
            assert fault.file == f"{fault.dataset}_2024-02-01.csv"
        own = Counter(record[0] for (file, _), record in records.items() if file.startswith("patients"))
        copied = {fault.of for fault in of_kind(truth, "exact_duplicate")}
        alone = [
            fault for fault in late if fault.dataset == "patients" and (fault.file, fault.row) not in copied
        ]
        assert alone
        assert all(own[records[fault.file, fault.row][0]] == 1 for fault in alone)

    def test_plants_at_most_one_fault_a_value_and_one_that_costs_the_row(self, truth: Truth) -> None:
        values = Counter((fault.file, fault.row, fault.column) for fault in truth.faults if fault.column)
        costly = of_kind(truth, "unparsable", "implausible", "missing_required", "unreadable")
        assert max(values.values()) == 1
        assert max(Counter((fault.file, fault.row) for fault in costly).values()) == 1

    def test_knows_the_keys_that_no_acceptable_row_bears(self, truth: Truth, records: Records) -> None:
        costly = of_kind(truth, "unparsable", "implausible", "missing_required", "unreadable")
        refused = {(fault.file, fault.row) for fault in costly}
        refused |= {
            (fault.file, fault.row) for fault in of_kind(truth, "exact_duplicate") if fault.of in refused
        }
        for dataset in ("patients", "encounters"):
            accepted, all_keys = set(), set()
            for place, record in records.items():
                if truth.files[place[0]].dataset == dataset:
                    all_keys.add(record[0])
                    accepted |= set() if place in refused else {record[0]}
            assert set(truth.lost[dataset]) == all_keys - accepted


class TestTheDirt:
    def test_has_dates_that_no_calendar_has_and_numbers_that_are_none(self, truth: Truth) -> None:
        values = {column_of(fault.column or ""): set() for fault in of_kind(truth, "unparsable")}
        for fault in of_kind(truth, "unparsable"):
            values[column_of(fault.column or "")].add(fault.value)
        for number in values.get("value", set()) | values.get("weight", set()):
            with pytest.raises(ValueError, match="could not convert"):
                float(str(number))
        for moment in values["admitted_at"] | values["discharged_at"]:
            with pytest.raises(ValueError):  # noqa: PT011
                datetime.strptime(str(moment), "%Y-%m-%d %H:%M")

    def test_has_values_that_can_be_read_but_not_be_true(self, truth: Truth, records: Records) -> None:
        quantities = {"weight": "weight", "charge": "charge"}
        numbers = [fault for fault in of_kind(truth, "implausible") if fault.column in quantities]
        assert numbers
        for fault in numbers:
            low, high = PLAUSIBLE[quantities[fault.column or ""]]
            assert not low <= float(fault.value or "") <= high

    def test_tells_the_clean_value_of_a_number_in_another_unit(self, truth: Truth) -> None:
        pounds = [fault for fault in of_kind(truth, "unit") if fault.column == "weight"]
        assert pounds
        for fault in pounds:
            assert float(fault.clean or "") == pytest.approx(float(fault.value or "") * 0.45359237, abs=1e-5)

    def test_hides_great_weights_only(self, truth: Truth, records: Records) -> None:
        clean = {
            row[0]: float(row[8]) for row in generate(patients=truth.patients, seed=truth.seed)["encounters"]
        }
        hidden = [fault for fault in of_kind(truth, "missing_not_at_random") if fault.column == "weight"]
        assert len(hidden) > 10
        keys = {records[fault.file, fault.row][0] for fault in hidden}
        assert min(clean[key] for key in keys if key in clean) > 105

    def test_is_not_there_at_rates_of_zero(self, tmp_path: Path) -> None:
        truth = simulate(patients=100, seed=3, output=tmp_path, rates=NO_DIRT)
        assert truth.faults == ()
        assert set(truth.lost.values()) == {()}
        assert [name for name in truth.files if "2024-02-01" in name] == []

    @pytest.mark.parametrize(
        ("kind", "dataset", "among"),
        [
            ("exact_duplicate", "labs", 1.0),
            ("superseded", "encounters", 1.0),
            ("late", "encounters", 1.0),
            ("near_duplicate", "patients", 1.0),
            ("same_person", "patients", 1.0),
            ("orphan", "diagnoses", 1.0),
            ("unreadable", "labs", 1.0),
            ("missing_blank", "patients", 4.0),
            ("missing_sentinel", "patients", 4.0),
            ("date_form", "labs", 1.0),
            ("spelling", "labs", 2.0),
            ("text_noise", "diagnoses", 1.0),
            ("unparsable", "labs", 4.0),
            ("implausible", "labs", 1.0),
            ("missing_required", "diagnoses", 1.0),
        ],
    )
    def test_comes_at_the_rate_asked_for(self, kind: str, dataset: str, among: float, tmp_path: Path) -> None:
        """`among` is the number of columns that can have it."""
        rates = replace(NO_DIRT, **{kind: 0.05})
        truth = simulate(patients=400, seed=3, output=tmp_path, rates=rates)
        records = sum(file.records for file in truth.files.values() if file.dataset == dataset)
        planted = sum(fault.dataset == dataset for fault in truth.faults)
        expected = 0.05 * among * records
        assert {fault.kind for fault in truth.faults} == {kind}
        assert planted == pytest.approx(expected, abs=5 * math.sqrt(expected))

    @pytest.mark.parametrize(
        ("name", "rate"), [("orphan", -0.1), ("late", 0.3), ("unit", 0.41), ("spelling", math.nan)]
    )
    def test_cannot_be_had_at_a_rate_that_is_none(self, name: str, rate: float) -> None:
        with pytest.raises(ValueError, match=name):
            Rates(**{name: rate})

    @pytest.mark.parametrize("patients", [-1, 0, 9, 790_001])
    def test_needs_a_number_of_patients_in_range(self, patients: int, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=f"patients={patients}"):
            simulate(patients=patients, seed=1, output=tmp_path)

    def test_can_be_written_again_over_a_landing(self, tmp_path: Path) -> None:
        simulate(patients=40, seed=1, output=tmp_path)
        before = hash_of(tmp_path)
        simulate(patients=40, seed=1, output=tmp_path)
        assert hash_of(tmp_path) == before


@pytest.fixture(scope="module")
def clean() -> Clean:
    return generate(patients=2000, seed=7)


class TestTheHospital:
    def test_is_of_the_size_of_a_hospital(self, clean: Clean) -> None:
        a_patient = {dataset: len(rows) / 2000 for dataset, rows in clean.items()}
        assert a_patient["encounters"] == pytest.approx(3, abs=0.4)
        assert a_patient["diagnoses"] == pytest.approx(7, abs=1)
        assert a_patient["labs"] == pytest.approx(11, abs=1.5)
        assert (len(clean["providers"]), len(clean["payers"])) == (40, 6)

    def test_takes_in_patients_from_2019_to_2023_and_none_in_two_beds(self, clean: Clean) -> None:
        stays = defaultdict(list)
        for row in clean["encounters"]:
            assert "2019-01-01" <= row[5] < row[6] < "2023-12-31"
            stays[row[1]].append((row[5], row[6]))
        for own in stays.values():
            assert all(before[1] < after[0] for before, after in pairwise(own))

    def test_admits_nobody_after_death(self, clean: Clean) -> None:
        last = {row[1]: row for row in clean["encounters"]}
        ended = [row for row in clean["encounters"] if row[7] in ("expired", "hospice")]
        assert len(ended) > 50
        assert all(last[row[1]] is row for row in ended)

    def test_has_readmissions_that_can_be_learned_but_not_wholly(self, clean: Clean) -> None:
        features, label, groups = cases(clean)
        assert 0.10 <= sum(label) / len(label) <= 0.15
        model = make_pipeline(DictVectorizer(sparse=False), StandardScaler(), LogisticRegression(C=0.1))
        scores = cross_val_score(model, features, label, groups=groups, cv=GroupKFold(5), scoring="roc_auc")
        assert 0.68 <= scores.mean() <= 0.78


def cases(clean: Clean) -> tuple[list[dict[str, float | str]], list[int], list[str]]:
    """What is known at discharge, whether the patient was back within 30 days, and the patient."""
    born = {row[0]: date.fromisoformat(row[4]) for row in clean["patients"]}
    principal = {row[0]: row[2] for row in clean["diagnoses"] if row[1] == "1"}
    labs: dict[str, dict[str, float]] = defaultdict(dict)
    for row in clean["labs"]:
        labs[row[1]][row[2]] = float(row[3])
    stays = defaultdict(list)
    for row in clean["encounters"]:
        stays[row[1]].append(row)
    features, label, groups = [], [], []
    for patient, own in stays.items():
        for prior, row in enumerate(own):
            admitted, discharged = datetime.fromisoformat(row[5]), datetime.fromisoformat(row[6])
            if row[7] in ("expired", "hospice") or discharged > datetime(2023, 11, 15):
                continue
            features.append(
                {
                    "discharge": row[7],
                    "principal diagnosis": principal[row[0]],
                    "age": (admitted.date() - born[patient]).days / 365.25,
                    "prior admissions": prior,
                    "length of stay": (discharged - admitted).total_seconds() / 86400,
                    **{test: labs[row[0]].get(test, facts.mean) for test, facts in LAB_TESTS.items()},
                }
            )
            back = [datetime.fromisoformat(later[5]) - discharged for later in own[prior + 1 : prior + 2]]
            label.append(int(bool(back) and back[0].days < 30))
            groups.append(patient)
    return features, label, groups
