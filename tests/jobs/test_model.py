"""The baseline model: what it looks at, what it must not look at, and what it reports."""

from __future__ import annotations

import json
import pickle
from decimal import Decimal
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from headgate.etl.errors import MissingColumnError, ParameterError
from headgate.jobs.model import Estimator, train_and_score

FEATURES: dict[str, Any] = {"label": "ill", "numeric": ["age"], "categorical": ["ward"]}
ESTIMATORS = get_args(Estimator)


@pytest.fixture
def cases() -> pd.DataFrame:
    """Age and ward decide, with noise; some of both are missing."""
    draw = np.random.default_rng(7)
    age = draw.uniform(20, 90, 3000)
    ward = draw.choice(["a", "b", "c"], 3000)
    odds = (age - 55) / 12 + np.where(ward == "a", 1.5, -0.5)
    frame = pd.DataFrame({"age": age, "ward": ward, "ill": (draw.logistic(size=3000) < odds).astype(int)})
    frame.loc[draw.random(3000) < 0.05, "age"] = None
    frame["ward"] = frame.ward.where(draw.random(3000) > 0.05, None)
    frame["split"] = draw.choice(["train", "validation", "test"], 3000, p=[0.6, 0.1, 0.3])
    return frame


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_it_learns_what_is_there_to_learn(cases: pd.DataFrame, estimator: Estimator) -> None:
    report, model = train_and_score(cases, **FEATURES, estimator=estimator, seed=1)
    assert 0.8 < report["roc_auc"] < 0.95
    assert report["brier"] < 0.18
    assert [name for name, _ in report["importances"]] == ["age", "ward"]
    assert len(model.predict_proba(cases[["age", "ward"]])) == 3000


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_equal_frames_and_seeds_give_equal_reports(cases: pd.DataFrame, estimator: Estimator) -> None:
    first, _ = train_and_score(cases, **FEATURES, estimator=estimator, seed=3)
    second, _ = train_and_score(cases.copy(), **FEATURES, estimator=estimator, seed=3)
    assert first == second


def test_the_report_is_json_with_the_rows_rates_and_curves_of_the_test_split(cases: pd.DataFrame) -> None:
    report, _ = train_and_score(cases, **FEATURES, seed=1)
    report = json.loads(json.dumps(report, allow_nan=False))
    test = cases[cases.split == "test"]
    assert report["rows"] == {"train": int((cases.split == "train").sum()), "test": len(test)}
    assert report["base_rate"] == pytest.approx(test.ill.mean())
    assert (report["estimator"], report["label"], report["seed"]) == ("hist_gradient_boosting", "ill", 1)
    assert report["roc"][0] == [0, 0]
    assert report["roc"][-1] == [*report["pr"][-1][:1], 1] == [1, 1]
    assert report["pr"][-1][1] == pytest.approx(report["base_rate"], abs=0.02)
    assert max(len(report["roc"]), len(report["pr"])) <= 200
    assert sum(rows for _, _, rows in report["calibration"]) == len(test)
    assert sum(rate * rows for _, rate, rows in report["calibration"]) == pytest.approx(test.ill.sum())


def test_the_thinned_roc_curve_encloses_the_reported_area(cases: pd.DataFrame) -> None:
    report, _ = train_and_score(cases, **FEATURES, seed=1)
    x, y = np.array(report["roc"]).T
    assert np.trapezoid(y, x) == pytest.approx(report["roc_auc"], abs=0.01)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_only_the_training_split_is_learnt_from(cases: pd.DataFrame, estimator: Estimator) -> None:
    _, model = train_and_score(cases, **FEATURES, estimator=estimator)
    others = cases.split != "train"
    turned = cases.assign(
        ill=cases.ill.where(~others, 1 - cases.ill), age=cases.age.where(~others, -cases.age)
    )
    _, same = train_and_score(turned, **FEATURES, estimator=estimator)
    rows = cases[["age", "ward"]]
    assert (model.predict_proba(rows) == same.predict_proba(rows)).all()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_columns_that_are_no_features_change_nothing(cases: pd.DataFrame, estimator: Estimator) -> None:
    plain, _ = train_and_score(cases, **FEATURES, estimator=estimator)
    leaking, _ = train_and_score(cases.assign(answer=cases.ill), **FEATURES, estimator=estimator)
    assert plain == leaking


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_categories_that_training_never_saw_and_many_rare_ones_are_scored(
    cases: pd.DataFrame, estimator: Estimator
) -> None:
    rare = cases.assign(ward=[f"ward {place % 400}" for place in range(len(cases))])
    rare.loc[rare.split == "test", "ward"] = "new"
    report, _ = train_and_score(rare, **FEATURES, estimator=estimator)
    assert report["roc_auc"] > 0.7


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_decimals_booleans_and_a_column_of_nulls_as_spark_hands_them_over(
    cases: pd.DataFrame, estimator: Estimator
) -> None:
    cases["age"] = [None if pd.isna(age) else Decimal(f"{age:.2f}") for age in cases.age]
    cases["ill"] = cases.ill.astype(bool)
    cases["urgent"] = [[True, False, None][place % 3] for place in range(len(cases))]
    cases["nothing"] = None
    report, _ = train_and_score(
        cases,
        label="ill",
        numeric=["age", "nothing"],
        categorical=["ward", "urgent"],
        estimator=estimator,
    )
    assert report["roc_auc"] > 0.8


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_fitted_pipeline_can_be_saved(cases: pd.DataFrame, estimator: Estimator) -> None:
    _, model = train_and_score(cases, **FEATURES, estimator=estimator)
    rows = cases[["age", "ward"]]
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(rows) == model.predict_proba(rows)).all()


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("labels", [0, 1, None, 2])
def test_a_split_without_both_labels_or_with_another_is_refused(
    cases: pd.DataFrame, split: str, labels: int | None
) -> None:
    cases["ill"] = cases.ill.astype(object)
    cases.loc[cases.split == split, "ill"] = labels
    with pytest.raises(ParameterError) as caught:
        train_and_score(cases, **FEATURES)
    assert (caught.value.parameter, caught.value.value) == (f"ill in split '{split}'", [labels])


def test_no_feature_and_an_unknown_estimator_are_refused(cases: pd.DataFrame) -> None:
    with pytest.raises(ParameterError) as caught:
        train_and_score(cases, label="ill", numeric=[], categorical=[])
    assert caught.value.parameter == "numeric"
    with pytest.raises(ParameterError) as caught:
        train_and_score(cases, **FEATURES, estimator="oracle")  # type: ignore[arg-type]
    assert caught.value.parameter == "estimator"


def test_a_missing_column_is_named(cases: pd.DataFrame) -> None:
    with pytest.raises(MissingColumnError) as caught:
        train_and_score(cases.rename(columns={"ward": "wards"}), **FEATURES)
    assert (caught.value.column, caught.value.nearest) == ("ward", "wards")
