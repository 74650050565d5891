"""Exports: training sets made from a fact, and the model that is trained on one."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from headgate.conf.names import Closed, Column, Columns, Name, Number, Whole, refusal
from headgate.conf.steps import Fit, Step

__all__ = ["Dashboard", "Export", "Features", "Model"]

Keys = Annotated[Columns, Field(min_length=1)]


def _whole(splits: Mapping[str, float]) -> Mapping[str, float]:
    if "train" not in splits:
        raise refusal("there is no split 'train'", "add one: fits learn on it alone")
    if not isclose(sum(splits.values()), 1, abs_tol=1e-9):
        raise refusal(f"the splits sum to {sum(splits.values()):g}, not to 1", "make the shares sum to 1")
    return splits


class Features(Closed):
    """The columns that a model learns from, by kind."""

    numeric: Columns = Field((), description="Columns with numbers.", examples=[["length_of_stay"]])
    categorical: Columns = Field((), description="Columns with categories.", examples=[["sex", "age"]])


class Dashboard(Closed):
    """A rate, broken down, on the report's page."""

    metric: Column = Field(
        description="A column with 0 and 1, whose mean is the rate.", examples=["readmitted_30d"]
    )
    by: Keys = Field(description="The columns that the rate is broken down by.", examples=[["age", "sex"]])


class Export(Closed):
    """A training set: a snapshot with its splits, its fitted values and its manifest."""

    from_: Name = Field(alias="from", description="The fact it is made from.", examples=["fact_encounter"])
    join: Mapping[Name, Keys] = Field(
        {},
        description="Attributes to take from dimensions, by the fact's key that leads there.",
        examples=[{"patient_key": ["sex", "birth_date"]}],
    )
    steps: tuple[Step, ...] = Field(
        (), description="Steps on the joined rows: label, history features, named exclusion rules."
    )
    id: Keys = Field(
        description="The columns that identify a row; never a feature.", examples=[["encounter_id"]]
    )
    group: Column = Field(
        description="Rows with the same value here are never in two splits; never a feature.",
        examples=["patient_id"],
    )
    label: Column = Field(
        description="What the model is to predict; never a feature.", examples=["readmitted_30d"]
    )
    splits: Annotated[Mapping[Name, Annotated[Number, Field(gt=0, le=1)]], AfterValidator(_whole)] = Field(
        description="The share of the groups in each split; the shares sum to 1 and one of them is `train`.",
        examples=[{"train": 0.7, "validation": 0.15, "test": 0.15}],
    )
    seed: Whole = Field(0, description="Which of the possible splits is drawn.", examples=[7])
    features: Features = Field(description="The columns that a model learns from.")
    fit: tuple[Fit, ...] = Field(
        (),
        description="What is learned on the training split alone and then applied to all splits, in order.",
        examples=[[{"drop_uninformative": {"max_missing": 0.95}}]],
    )
    dashboard: Dashboard | None = Field(None, description="A rate to show on the report's page.")


class Model(Closed):
    """The model that is trained on an export."""

    export: Name = Field(description="The training set.", examples=["readmission"])
    estimator: Literal["hist_gradient_boosting", "logistic_regression"] = Field(
        "hist_gradient_boosting", description="The kind of model.", examples=["logistic_regression"]
    )
    seed: Whole = Field(0, description="Of everything random in training.", examples=[7])
