"""A small pipeline that is right, and what the tests need to make it wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from headgate.conf import Pipeline, PipelineError, Problem, load
from headgate.etl.traits import step

Transform = Callable[[Any], Any]


def trim_text(*, columns: list[str] | None = None) -> Transform:
    """Trim white space.

    Parameters
    ----------
    columns : list of str, optional
        Text columns; all of them
        by default.
    """
    return lambda df: df


def change_case(*, columns: list[str], to: Literal["lower", "upper"]) -> Transform:
    """Change the case of letters."""
    return lambda df: df


def map_codes(
    *,
    column: str,
    vocabulary: dict[str, str],
    unknown: Literal["reject", "null"] = "reject",
    fold: bool = True,
) -> Transform:
    """Replace codes by names."""
    return lambda df: df


@step(scope="row", removes="rule")
def drop_rows(*, rule: str, where: str, removed_as: str | None = None) -> Transform:
    """Drop rows by a named rule."""
    return lambda df: df


def convert_units(*, value: str, factors: dict[str, float]) -> Transform:
    """Convert to one unit."""
    return lambda df: df


def fit_fill_missing(
    df: Any, *, columns: dict[str, str | dict[str, Any]], indicators: bool = True
) -> dict[str, Any]:
    """Learn what to fill in."""
    return {}


def fit_drop_uninformative(df: Any, *, max_missing: float = 1.0, keep: list[str] = []) -> dict[str, Any]:  # noqa: B006
    """Learn which columns say nothing."""
    return {}


STEPS = {
    "trim_text": trim_text,
    "change_case": change_case,
    "map_codes": map_codes,
    "drop_rows": drop_rows,
    "convert_units": convert_units,
}
FITS = {"fill_missing": fit_fill_missing, "drop_uninformative": fit_drop_uninformative}

CLINIC = """\
name: clinic
landing: ${LANDING:-/data/clinic}
datasets:
  patients:
    source: {files: "patients*.csv", delimiter: ";"}
    clean:
      - trim_text
      - map_codes: {column: sex, vocabulary: {"1": male, "2": female}}
    suite: suites/patients.json
    tolerance: 0.05
  visits:
    source:
      files: visits.zip
      password: ${secret:env:ZIP_PASSWORD}
    clean:
      - drop_rows: {rule: test_patient, where: "patient_id = 'X'"}
    suite: suites/visits.json
star:
  dimensions:
    dim_patient:
      suite: suites/dim_patient.json
      from: patients
      key: patient_key
      natural_key: [patient_id]
      attributes: [sex, birth_date]
  calendars:
    dim_date: {key: date_key, from: 2015-01-01, to: 2025-12-31}
  facts:
    fact_visit:
      suite: suites/fact_visit.json
      from: visits
      grain: [visit_id]
      references:
        patient_key: {dimension: dim_patient, on: {patient_id: patient_id}}
        visited_date_key: {dimension: dim_date, on: {date: visited_on}}
      columns: [visit_id, patient_id, minutes]
exports:
  returns:
    from: fact_visit
    join: {patient_key: [sex, birth_date]}
    steps:
      - drop_rows: {rule: died, where: died}
    id: [visit_id]
    group: patient_id
    label: returned
    splits: {train: 0.7, validation: 0.15, test: 0.15}
    seed: 7
    features: {numeric: [minutes], categorical: [sex]}
    fit:
      - drop_uninformative: {max_missing: 0.95}
      - fill_missing: {columns: {minutes: median}}
    dashboard: {metric: returned, by: [sex]}
model: {export: returns, estimator: logistic_regression, seed: 7}
"""


def line_of(text: str, part: str) -> int:
    """The line on which `part` first stands."""
    return text[: text.index(part)].count("\n") + 1


def changed(old: str, new: str) -> str:
    """The clinic with its first `old` made `new`."""
    assert old in CLINIC, old
    return CLINIC.replace(old, new, 1)


def read(text: str = CLINIC, *, overrides: tuple[str, ...] = (), **environment: str) -> Pipeline:
    return load(
        text,
        source="clinic.yaml",
        steps=STEPS,
        fits=FITS,
        environment=environment,
        overrides=overrides,
        trust_code=True,
    )


def problems(
    text: str = CLINIC, *, overrides: tuple[str, ...] = (), **environment: str
) -> tuple[Problem, ...]:
    try:
        read(text, overrides=overrides, **environment)
    except PipelineError as error:
        return error.problems
    return ()


def problem(text: str = CLINIC, *, overrides: tuple[str, ...] = (), **environment: str) -> Problem:
    """The one problem of a text that has one."""
    found = problems(text, overrides=overrides, **environment)
    assert len(found) == 1, "\n".join(map(str, found)) or "no problem"
    return found[0]
