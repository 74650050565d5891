"""Run summaries to draw: whole and broken ones, as ``headgate.jobs.flow`` writes them.

``diabetes()`` has the true counts of the Diabetes 130-US Hospitals data (101,766 encounters).
"""

from __future__ import annotations

import math
from typing import Any

Summary = dict[str, Any]

VERSIONS = {
    "headgate": "0.1.0",
    "spark": "3.5.7",
    "delta": "3.3.2",
    "python": "3.11.9",
    "great_expectations": "1.24.1",
}


def stage(stage: str, dataset: str, read: float | None, published: int | None, **more: Any) -> Summary:
    """One entry of ``stages``."""
    return {
        "stage": stage,
        "dataset": dataset,
        "status": "done",
        "seconds": 1.4,
        "read": read,
        "published": published,
        "superseded": 0,
        "duplicates": 0,
        "quarantined": 0,
        "dropped": {},
        "version": 0,
        "inputs": {},
        "error": None,
    } | more


def expectation(type: str, column: str | None, **more: Any) -> Summary:
    """One entry of a gate's ``expectations``."""
    return {
        "id": f"{type}-{column}",
        "type": type,
        "column": column,
        "severity": "critical",
        "success": True,
        "engine": "headgate",
        "kwargs": {"column": column} if column else {},
        "element_count": 101766,
        "unexpected_count": 0,
        "unexpected_percent": 0.0,
        "observed_value": None,
        "examples": [],
        "exception": None,
    } | more


def gate(table: str, expectations: list[Summary], **more: Any) -> Summary:
    """One entry of ``gates``."""
    return {
        "table": table,
        "suite": table.rpartition("/")[2],
        "suite_version": "3",
        "success": True,
        "refusals": [],
        "expectations": expectations,
    } | more


def missing(dataset: str, column: str, rows: int, *counts: int | None) -> Summary:
    """One entry of ``missingness``."""
    delivered, cleaned, training = counts
    return {
        "dataset": dataset,
        "column": column,
        "rows": rows,
        "as_delivered": delivered,
        "after_cleaning": cleaned,
        "in_training_set": training,
    }


def breakdown(title: str, by: str, *rows: tuple[Any, int, float | None]) -> Summary:
    """One entry of ``dashboard``."""
    return {
        "title": title,
        "by": by,
        "metric": "readmitted_30d",
        "rows": [
            {"value": value, "encounters": encounters, "rate": rate} for value, encounters, rate in rows
        ],
    }


def roc(strength: float, points: int = 101) -> list[list[float]]:
    """A concave ROC curve: ``tpr = fpr ** strength``."""
    return [[i / (points - 1), (i / (points - 1)) ** strength] for i in range(points)]


def pr(base_rate: float, strength: float, points: int = 101) -> list[list[float]]:
    """The precision-recall curve that belongs to ``roc(strength)``."""
    curve = []
    for i in range(1, points):
        fpr = i / (points - 1)
        tpr = fpr**strength
        curve.append([tpr, base_rate * tpr / (base_rate * tpr + (1 - base_rate) * fpr)])
    return curve


def diabetes() -> Summary:
    """A good run over real numbers: one large dataset, three tiny ones, eight star tables."""
    maps = {"admission_type": 8, "discharge_disposition": 30, "admission_source": 25}
    star = [
        ("dim_patient", 101_766, 71_519, {"superseded": 30_248}, ["encounters"]),
        ("dim_admission_type", 8, 9, {}, ["admission_type"]),
        ("dim_discharge", 30, 31, {}, ["discharge_disposition"]),
        ("dim_source", 25, 26, {}, ["admission_source"]),
        ("dim_diagnosis", 303_496, 917, {"superseded": 302_580}, ["encounters"]),
    ]
    facts = [("fact_encounter", 101_766, 101_766), ("fact_diagnosis", 303_496, 303_496)]
    return {
        "run_id": "2025-11-21T114307Z-4f1c",
        "pipeline": "diabetes130",
        "status": "done",
        "started_at": "2025-11-21T11:43:07+00:00",
        "finished_at": "2025-11-21T11:44:31+00:00",
        "seconds": 84.2,
        "lake": "s3://hospital-lake/diabetes",
        "error": None,
        "versions": VERSIONS,
        "stages": [
            stage("ingest", "encounters", 101_766, 101_766, seconds=11.8),
            *(stage("ingest", name, rows, rows, seconds=1.1) for name, rows in maps.items()),
            stage("curate", "encounters", 101_766, 101_766, seconds=24.6, inputs={"raw/encounters": 0}),
            *(
                stage("curate", name, rows, rows, seconds=1.9, inputs={f"raw/{name}": 0})
                for name, rows in maps.items()
            ),
            *(
                stage(
                    "star",
                    name,
                    read,
                    published,
                    **left,
                    seconds=2.2,
                    inputs={f"curated/{s}": 0 for s in sources},
                )
                for name, read, published, left, sources in star
            ),
            stage("star", "dim_date", 0, 3_653, seconds=0.9),
            *(
                stage(
                    "star",
                    name,
                    read,
                    published,
                    seconds=9.3,
                    inputs={"curated/encounters": 0, "star/dim_patient": 0, "star/dim_admission_type": 0},
                )
                for name, read, published in facts
            ),
            stage(
                "export",
                "readmission",
                101_766,
                99_343,
                seconds=14.1,
                dropped={"expired_or_hospice": 2_423},
                inputs={"star/fact_encounter": 0, "star/dim_patient": 0, "star/dim_discharge": 0},
            ),
        ],
        "gates": [
            gate(
                "curated/encounters",
                [
                    expectation("expect_column_values_to_be_unique", "encounter_id"),
                    expectation("expect_column_values_to_not_be_null", "patient_id"),
                    expectation(
                        "expect_column_values_to_be_in_set",
                        "sex",
                        severity="warning",
                        success=False,
                        kwargs={"column": "sex", "value_set": ["Female", "Male"]},
                        unexpected_count=3,
                        unexpected_percent=100 * 3 / 101_766,
                        examples=["Unknown/Invalid"],
                    ),
                    expectation(
                        "expect_column_values_to_be_between",
                        "time_in_hospital",
                        kwargs={"column": "time_in_hospital", "min_value": 1, "max_value": 14},
                    ),
                    expectation(
                        "expect_column_mean_to_be_between",
                        "num_lab_procedures",
                        kwargs={"column": "num_lab_procedures", "min_value": 40, "max_value": 46},
                        unexpected_count=None,
                        unexpected_percent=None,
                        observed_value=43.0956,
                    ),
                    expectation(
                        "expect_column_kl_divergence_to_be_less_than",
                        "race",
                        engine="gx",
                        unexpected_count=None,
                        unexpected_percent=None,
                        observed_value=0.0031,
                    ),
                    expectation(
                        "expect_table_row_count_to_be_between",
                        None,
                        kwargs={"min_value": 100_000, "max_value": 110_000},
                        element_count=None,
                        unexpected_count=None,
                        unexpected_percent=None,
                        observed_value=101_766,
                    ),
                ],
            ),
            *(
                gate(f"curated/{name}", [expectation("expect_column_values_to_be_unique", "id")])
                for name in maps
            ),
            gate(
                "star/fact_encounter",
                [
                    expectation(
                        "expect_compound_columns_to_be_unique",
                        None,
                        kwargs={"column_list": ["encounter_id", "date_key"]},
                    ),
                    expectation("expect_column_values_to_not_be_null", "patient_key"),
                ],
            ),
        ],
        "quarantine": [],
        "missingness": [
            missing("encounters", "weight", 101_766, 0, 98_569, None),
            missing("encounters", "max_glu_serum", 101_766, 0, 96_420, 0),
            missing("encounters", "a1c_result", 101_766, 0, 84_748, 0),
            missing("encounters", "medical_specialty", 101_766, 0, 49_949, 0),
            missing("encounters", "payer_code", 101_766, 0, 40_256, 0),
            missing("encounters", "race", 101_766, 0, 2_273, 0),
            missing("encounters", "diag_3", 101_766, 0, 1_423, 0),
            missing("encounters", "diag_2", 101_766, 0, 358, 0),
            missing("encounters", "diag_1", 101_766, 0, 21, 0),
            *(
                missing("encounters", name, 101_766, 0, 0, 0)
                for name in ("encounter_id", "sex", "age", "insulin")
            ),
        ],
        "planted": None,
        "dashboard": [
            breakdown(
                "Readmitted within 30 days, by age",
                "age",
                ("0–10", 161, 3 / 161),
                ("10–20", 691, 40 / 691),
                ("20–30", 1_657, 236 / 1_657),
                ("30–40", 3_775, 424 / 3_775),
                ("40–50", 9_685, 1_027 / 9_685),
                ("50–60", 17_256, 1_668 / 17_256),
                ("60–70", 22_483, 2_502 / 22_483),
                ("70–80", 26_068, 3_069 / 26_068),
                ("80–90", 17_197, 2_078 / 17_197),
                ("90–100", 2_793, 310 / 2_793),
            ),
            breakdown(
                "Readmitted within 30 days, by sex",
                "sex",
                ("Female", 54_708, 6_152 / 54_708),
                ("Male", 47_055, 5_205 / 47_055),
                ("Unknown/Invalid", 3, 0.0),
            ),
            breakdown(
                "Readmitted within 30 days, by primary diagnosis",
                "diagnosis_chapter",
                ("Circulatory", 30_437, 0.1143),
                ("Other", 18_221, 0.1187),
                ("Respiratory", 14_423, 0.0974),
                ("Digestive", 9_475, 0.1058),
                ("Diabetes", 8_757, 0.1299),
                ("Injury", 6_974, 0.1158),
                ("Genitourinary", 5_117, 0.1067),
                ("Musculoskeletal", 4_957, 0.1063),
                ("Neoplasms", 3_405, 0.1031),
            ),
            breakdown(
                "Readmitted within 30 days, by discharge",
                "discharge_disposition",
                ("Discharged to home", 60_234, 0.093),
                ("Discharged/transferred to SNF", 13_954, 0.1466),
                ("Discharged/transferred to home with home health service", 12_902, 0.127),
                ("Discharged/transferred to another short term hospital", 2_128, 0.1607),
                ("Discharged/transferred to another rehab fac including rehab units", 1_993, 0.2772),
                (None, 4_680, 0.1176),
            ),
            breakdown(
                "Readmitted within 30 days, by race",
                "race",
                ("Caucasian", 76_099, 0.1129),
                ("AfricanAmerican", 19_210, 0.1122),
                (None, 2_273, 0.0827),
                ("Hispanic", 2_037, 0.1041),
                ("Other", 1_506, 0.0963),
                ("Asian", 641, 0.1014),
            ),
        ],
        "exports": [
            {
                "name": "readmission",
                "rows": {"train": 69_540, "validation": 14_902, "test": 14_901},
                "label": {
                    "train": {"0": 61_616, "1": 7_924},
                    "validation": {"0": 13_206, "1": 1_696},
                    "test": {"0": 13_207, "1": 1_694},
                },
                "excluded": {"expired_or_hospice": 2_423},
                "columns": 58,
                "hash": "sha256:9f2c64d0b7b1a4f3f0b4f0f3a9d5cf0a7b2f1d5e8c9e3a1b6d4c2f7e8a9b0c1d",
            }
        ],
        "model": {
            "export": "readmission",
            "estimator": "hist_gradient_boosting",
            "label": "readmitted_30d",
            "roc_auc": 0.6825,
            "pr_auc": 0.2314,
            "brier": 0.0948,
            "base_rate": 0.1137,
            "seed": 7,
            "rows": {"train": 69_540, "test": 14_901},
            "roc": roc(0.465),
            "pr": pr(0.1137, 0.465),
            "calibration": [
                [0.031, 0.028, 1491],
                [0.052, 0.055, 1490],
                [0.068, 0.064, 1490],
                [0.081, 0.085, 1490],
                [0.094, 0.09, 1490],
                [0.107, 0.111, 1490],
                [0.122, 0.12, 1490],
                [0.141, 0.133, 1490],
                [0.171, 0.182, 1490],
                [0.298, 0.287, 1490],
            ],
            "importances": [
                ["visits_before", 0.0712],
                ["discharge_disposition", 0.0541],
                ["diagnosis_chapter", 0.0206],
                ["days_since_last_stay", 0.0188],
                ["age_middle", 0.0131],
                ["num_medications", 0.0112],
                ["time_in_hospital", 0.0098],
                ["num_lab_procedures", 0.0061],
                ["medical_specialty", 0.0055],
                ["insulin", 0.0031],
                ["payer_code", 0.0024],
                ["a1c_result", 0.0009],
                ["race", 0.0002],
                ["max_glu_serum", -0.0003],
            ],
        },
    }


def hospital() -> Summary:
    """A good run of the simulated hospital: every kind of leaving, planted defects, quarantine."""
    ingest = {
        "patients": 2_061,
        "encounters": 9_884,
        "lab_results": 84_213,
        "medications": 22_407,
        "wards": 14,
    }
    return {
        "run_id": "night-0421",
        "pipeline": "hospital",
        "status": "done",
        "started_at": "2025-11-21T02:00:00+00:00",
        "finished_at": "2025-11-21T02:00:41.2+00:00",
        "seconds": 41.2,
        "lake": "/srv/lake",
        "error": None,
        "versions": VERSIONS,
        "stages": [
            *(stage("ingest", name, rows, rows, seconds=1.2) for name, rows in ingest.items()),
            stage(
                "curate",
                "patients",
                2_061,
                1_998,
                duplicates=21,
                superseded=40,
                quarantined=2,
                version=3,
                seconds=4.1,
            ),
            stage(
                "curate",
                "encounters",
                9_884,
                9_612,
                duplicates=61,
                superseded=118,
                quarantined=57,
                dropped={"test_patients": 24, "cancelled": 12},
                version=3,
                seconds=5.2,
                inputs={"raw/encounters": 4},
            ),
            stage(
                "curate",
                "lab_results",
                84_213,
                61_305,
                duplicates=4_022,
                superseded=411,
                quarantined=1_203,
                dropped={"not_a_result": 17_180, "before_2015": 92},
                version=3,
                seconds=9.8,
                inputs={"raw/lab_results": 4},
            ),
            stage("curate", "medications", 22_407, 22_406, quarantined=1, version=3, seconds=3.9),
            stage("curate", "wards", 14, 14, version=1, seconds=1.6),
            stage(
                "star", "dim_patient", 1_998, 1_999, seconds=2.0, version=3, inputs={"curated/patients": 3}
            ),
            stage("star", "dim_ward", 14, 15, seconds=1.1, version=1, inputs={"curated/wards": 1}),
            stage("star", "dim_date", 0, 4_018, seconds=0.6),
            stage(
                "star",
                "fact_encounter",
                9_612,
                9_612,
                seconds=3.4,
                version=3,
                inputs={
                    "curated/encounters": 3,
                    "star/dim_patient": 3,
                    "star/dim_ward": 1,
                    "star/dim_date": 0,
                },
            ),
            stage(
                "star",
                "fact_lab_result",
                61_305,
                61_301,
                quarantined=4,
                seconds=4.7,
                version=3,
                inputs={"curated/lab_results": 3, "curated/encounters": 3},
            ),
            stage(
                "export",
                "readmission",
                9_612,
                9_208,
                seconds=3.9,
                dropped={"died_in_hospital": 301, "discharged_last_30_days": 103},
                inputs={"star/fact_encounter": 3, "star/dim_patient": 3, "star/fact_lab_result": 3},
            ),
        ],
        "gates": [
            gate(
                "curated/lab_results",
                [
                    expectation("expect_column_values_to_not_be_null", "patient_id", element_count=62_508),
                    expectation(
                        "expect_column_values_to_be_between",
                        "value",
                        kwargs={"column": "value", "min_value": 0, "max_value": 2000, "mostly": 0.95},
                        element_count=62_508,
                        unexpected_count=1_203,
                        unexpected_percent=100 * 1_203 / 62_508,
                        examples=[-4.2, 99_999.0, 2_400.5],
                    ),
                ],
            ),
            gate("curated/patients", [expectation("expect_column_values_to_be_unique", "patient_id")]),
        ],
        "quarantine": [
            {
                "dataset": "lab_results",
                "rule": "expect_column_values_to_be_between",
                "column": "value",
                "reason": "outside 0 to 2000",
                "severity": "critical",
                "rows": 1_203,
                "examples": [
                    {"file": "landing/lab_results-2025-11-20.csv", "row": 118, "value": "-4.2"},
                    {"file": "landing/lab_results-2025-11-20.csv", "row": 40_077, "value": "99999"},
                ],
            },
            {
                "dataset": "encounters",
                "rule": "parse_dates",
                "column": "discharged_on",
                "reason": "no date in the formats yyyy-MM-dd, dd.MM.yyyy",
                "severity": "critical",
                "rows": 57,
                "examples": [
                    {"file": "encounters.csv", "row": 61, "value": "2025-02-30"},
                    {"file": "encounters.csv", "row": 940, "value": ""},
                ],
            },
            {
                "dataset": "patients",
                "rule": "map_codes",
                "column": "sex",
                "reason": "not in the vocabulary",
                "severity": "critical",
                "rows": 2,
                "examples": [{"file": "patients.csv", "row": 1_004, "value": "X "}],
            },
            {
                "dataset": "medications",
                "rule": "convert_units",
                "column": "dose",
                "reason": "unknown unit",
                "severity": "warning",
                "rows": 33,
                "examples": [{"file": "medications.csv", "row": 7, "value": "spoon"}],
            },
        ],
        "missingness": [
            missing("patients", "birth_date", 2_061, 12, 12, 0),
            missing("patients", "postcode", 2_061, 204, 371, None),
            missing("patients", "patient_id", 2_061, 0, 0, 0),
            missing("lab_results", "value", 84_213, 1_011, 1_918, 0),
            missing("lab_results", "unit", 84_213, 7_730, 96, 0),
        ],
        "planted": [
            {
                "kind": kind,
                "dataset": dataset,
                "planted": planted,
                "found": found,
                "missed": planted - found,
                "invented": 0,
                "note": note,
            }
            for kind, dataset, planted, found, note in (
                ("exact_duplicate", "lab_results", 4_022, 4_022, "removed as duplicates"),
                ("late_update", "encounters", 118, 118, "superseded by the later row"),
                ("impossible_date", "encounters", 57, 57, "quarantined"),
                ("value_out_of_range", "lab_results", 1_203, 1_203, "quarantined"),
                ("unit_mixup", "medications", 34, 33, "one dose is possible in both units"),
            )
        ],
        "dashboard": [
            breakdown(
                "Readmitted within 30 days, by age",
                "age",
                ("0–17", 803, 0.041),
                ("18–39", 1_904, 0.077),
                ("40–64", 3_120, 0.112),
                ("65–79", 2_401, 0.158),
                ("80+", 980, 0.194),
            ),
            breakdown(
                "Readmitted within 30 days, by sex",
                "sex",
                ("F", 4_811, 0.118),
                ("M", 4_390, 0.121),
                (None, 7, 0.1429),
            ),
        ],
        "exports": [
            {
                "name": "readmission",
                "rows": {"train": 6_446, "validation": 1_381, "test": 1_381},
                "label": {
                    "train": {"0": 5_672, "1": 774},
                    "validation": {"0": 1_215, "1": 166},
                    "test": {"0": 1_217, "1": 164},
                },
                "excluded": {"died_in_hospital": 301, "discharged_last_30_days": 103},
                "columns": 34,
                "hash": "sha256:31c0ffee",
            }
        ],
        "model": None,
    }


def refused() -> Summary:
    """The gate refused one of two datasets: no star, no export."""
    whole = hospital()
    return whole | {
        "status": "refused",
        "finished_at": "2025-11-21T02:00:19+00:00",
        "seconds": 19.0,
        "error": "curated/lab_results was refused: 31.4% of the rows fail, the tolerance is 5%",
        "stages": [
            stage("ingest", "patients", 2_061, 2_061),
            stage("ingest", "lab_results", 84_213, 84_213),
            stage("curate", "patients", 2_061, 2_001, duplicates=20, superseded=40, version=4),
            stage(
                "curate",
                "lab_results",
                84_213,
                0,
                status="refused",
                duplicates=4_022,
                quarantined=25_180,
                version=None,
                error="31.4% of the rows fail, the tolerance is 5%",
            ),
        ],
        "gates": [
            gate("curated/patients", [expectation("expect_column_values_to_be_unique", "patient_id")]),
            gate(
                "curated/lab_results",
                [
                    expectation("expect_column_values_to_not_be_null", "patient_id", element_count=80_191),
                    expectation(
                        "expect_column_values_to_be_between",
                        "value",
                        success=False,
                        kwargs={"column": "value", "min_value": 0, "max_value": 2000},
                        element_count=80_191,
                        unexpected_count=25_180,
                        unexpected_percent=31.4,
                        examples=[-4.2, 99_999.0],
                    ),
                    expectation(
                        "expect_column_values_to_match_regex",
                        "unitt",
                        success=False,
                        engine="gx",
                        unexpected_count=None,
                        unexpected_percent=None,
                        exception="there is no column 'unitt'; did you mean 'unit'?",
                    ),
                ],
                success=False,
                refusals=["31.4% of the rows fail, the tolerance is 5%", "column 'unitt' is not there"],
            ),
        ],
        "quarantine": [whole["quarantine"][0] | {"rows": 25_180}],
        "planted": None,
        "dashboard": [],
        "exports": [],
        "model": None,
    }


def failed() -> Summary:
    """The run broke at its first file; most keys are missing."""
    return {
        "run_id": "night-0422",
        "pipeline": "hospital",
        "status": "failed",
        "started_at": "2025-11-22T02:00:00+00:00",
        "error": "patients: landing/patients.csv: no such file; put it there or set --landing",
        "lake": "/srv/lake",
        "stages": [
            {
                "stage": "ingest",
                "dataset": "patients",
                "status": "failed",
                "seconds": 0.3,
                "error": "landing/patients.csv: no such file",
            }
        ],
    }


def twelve_datasets() -> Summary:
    """Twelve datasets from three rows to a hundred million, one unchanged, one with eleven rules."""
    names = [
        "admissions",
        "allergies",
        "billing_items",
        "diagnoses",
        "encounters",
        "lab_results",
        "medications",
        "patients",
        "procedures",
        "staff",
        "vital_signs",
        "wards",
    ]
    rows = [
        48_211,
        1_902,
        3_410_772,
        911_034,
        48_211,
        12_407_310,
        2_200_418,
        31_077,
        401_118,
        812,
        100_000_000,
        3,
    ]
    stages = [stage("ingest", name, n, n) for name, n in zip(names, rows, strict=True)]
    for name, n in zip(names, rows, strict=True):
        left: Summary = {"duplicates": n // 90, "superseded": n // 37, "quarantined": n // 400}
        if name == "staff":
            stages.append(stage("curate", name, 0, 0, status="unchanged", version=2))
            continue
        if name == "billing_items":
            left["dropped"] = {f"rule_number_{i}_with_quite_a_long_name": 11_000 - 900 * i for i in range(11)}
        if name == "vital_signs":
            left |= {"dropped": {"device_self_test": 38_000_000}, "quarantined": 3}
        gone = sum(value if isinstance(value, int) else sum(value.values()) for value in left.values())
        stages.append(stage("curate", name, n, n - gone, **left, inputs={f"raw/{name}": 1}))
    curated = {entry["dataset"]: entry["published"] for entry in stages if entry["stage"] == "curate"}
    for name in ("patients", "staff", "wards"):
        n = curated[name] or 812
        stages.append(stage("star", f"dim_{name.removesuffix('s')}", n, n + 1, inputs={f"curated/{name}": 1}))
    stages.append(stage("star", "dim_date", 0, 4_018))
    for name in ("encounters", "lab_results", "vital_signs", "billing_items", "medications"):
        n = curated[name]
        inputs = {f"curated/{name}": 1, "curated/admissions": 1, "star/dim_patient": 1}
        stages.append(stage("star", f"fact_{name.removesuffix('s')}", n, n, inputs=inputs))
    for name in ("readmission", "sepsis_early_warning"):
        n = curated["encounters"]
        inputs = {"star/fact_encounter": 1, "star/fact_lab_result": 1, "star/dim_patient": 1}
        dropped = {"died_in_hospital": 900, "planned": 41}
        stages.append(stage("export", name, n, n - 941, dropped=dropped, inputs=inputs))
    return {
        "run_id": "wide",
        "pipeline": "hospital_group",
        "status": "done",
        "started_at": "2025-11-21T02:00:00+00:00",
        "finished_at": "2025-11-21T05:10:00+00:00",
        "seconds": 11_400.0,
        "lake": "s3://lake",
        "stages": stages,
    }


HOSTILE = "<script>alert(1)</script>"


def hostile() -> Summary:
    """Every text is an attack, far too long or not text at all; numbers are NaN, null or absurd."""
    nan, endless = math.nan, "wide " * 5_000
    evil = f"\"'></svg></title>{HOSTILE}<img src=x onerror=alert(2)>&amp;{{{{7*7}}}}"
    reverse, broken = "abc\u202egnp.exe", "half \ud800 pair \x00 and \x1b[31m red"
    return {
        "run_id": evil,
        "pipeline": evil,
        "status": "done",
        "started_at": evil,
        "finished_at": 17,
        "seconds": nan,
        "lake": endless,
        "error": broken,
        "versions": {evil: evil, "spark": None},
        "stages": [
            stage("ingest", evil, 3, 3, error=evil),
            stage("curate", evil, 3, 1, dropped={evil: 2, endless: nan}, inputs={evil: 1}, seconds=nan),
            stage("curate", "病院の患者" * 30, 10**400, -5, status=evil),
            stage("curate", reverse, nan, None, quarantined="many"),
            stage("star", evil, 1, 1, inputs={f"curated/{evil}": None}),
            stage(evil, endless, 10**15, 10**15, version=nan, seconds=-1),
            None,
            "stage",
        ],
        "gates": [
            gate(
                evil,
                [
                    expectation(
                        evil, evil, success=False, severity=evil, engine=evil, kwargs={evil: evil, "k": [nan]}
                    ),
                    expectation(
                        endless, broken, examples=[None, nan, "", evil, endless, {"a": evil}, [1, None]]
                    ),
                    expectation(
                        "expect_x", None, exception=evil, observed_value={"a": [evil]}, success="yes"
                    ),
                ],
                success=None,
                refusals=[evil, endless, None],
                suite_version=nan,
            ),
            {"table": None, "expectations": None},
        ],
        "quarantine": [
            {
                "dataset": evil,
                "rule": evil,
                "column": None,
                "reason": evil,
                "severity": "critical",
                "rows": nan,
                "examples": [
                    {"file": evil, "row": 1, "value": evil},
                    {"file": None, "row": None, "value": None},
                    evil,
                ],
            },
        ],
        "missingness": [missing(evil, evil, 0, 5, None, 2), missing(evil, "b", 4, 9, 1, None)],
        "planted": [{"kind": evil, "dataset": evil, "planted": nan, "found": None, "note": evil}],
        "dashboard": [
            breakdown(evil, evil, (evil, 3, 0.5), (None, 0, nan), (endless, 10**9, 7.0), (nan, -4, None)),
            breakdown("many", "many", *((i, i, i / 100) for i in range(60))),
            breakdown("none", "none"),
        ],
        "exports": [
            {
                "name": evil,
                "rows": {evil: 1, "t": None},
                "label": {evil: {evil: 1}},
                "excluded": {evil: 1},
                "hash": evil,
            }
        ],
        "model": {
            "export": evil,
            "estimator": evil,
            "label": evil,
            "roc_auc": nan,
            "base_rate": nan,
            "rows": {evil: 1},
            "roc": [[0, 0], [nan, 1], "x", [1, 1]],
            "pr": [],
            "calibration": [[0.1, 0.2, 5], [2, 3, 4]],
            "importances": [[evil, 1.0], [endless, nan], ["b"]],
        },
    }
