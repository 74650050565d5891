"""A baseline model: fitted on the training split, judged on the test split.

It says what the training set is worth before anyone tunes anything. pandas and scikit-learn (the
extra ``train``) are imported when a function is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from headgate.etl.errors import MissingColumnError, ParameterError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["SPLIT", "Estimator", "train_and_score"]

Estimator = Literal["hist_gradient_boosting", "logistic_regression"]

SPLIT = "split"
"""The column that says where a row belongs; ``train`` and ``test`` are used, others are not looked at."""

STEP = "train_and_score"

MOST_CATEGORIES = 20
"""Rarer ones share a bin: boosting learns hundreds of categories by heart and is the worse for it."""

RARE = 50
"""A category seen in fewer training rows has no coefficient of its own in the linear model."""

CURVE_POINTS = 200
CALIBRATION_BINS = 10
IMPORTANCE_ROWS = 5_000
IMPORTANCE_REPEATS = 3


def train_and_score(
    frame: pd.DataFrame,
    *,
    label: str,
    numeric: Sequence[str],
    categorical: Sequence[str],
    estimator: Estimator = "hist_gradient_boosting",
    seed: int = 0,
) -> tuple[dict[str, Any], Any]:
    """Fit a classifier on the rows of the split ``train`` and score it on those of ``test``.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a case, with the columns named below and ``split``. Nulls are fine in features.
    label : str
        0 or 1, or a boolean.
    numeric, categorical : sequence of str
        The features. A numeric one without any value in the training split is not used.
    estimator : {"hist_gradient_boosting", "logistic_regression"}
        Gradient-boosted trees, or a linear model of scaled numbers and one-hot categories.
    seed : int
        Of everything random; equal frames and seeds give equal reports.

    Returns
    -------
    tuple of dict and sklearn.pipeline.Pipeline
        The report: ``estimator``, ``label``, ``seed``; ``rows`` and ``base_rate`` (the share of 1 in the
        test split); ``roc_auc``, ``pr_auc`` (average precision) and ``brier``; ``roc`` as points of false
        and true positive rate, ``pr`` as recall and precision (at most 200 points each),
        ``calibration`` as mean prediction, observed rate and rows in bins of equal size; and
        ``importances`` as feature and the loss of ROC AUC when it is permuted, greatest first, over at
        most 5,000 test rows. All of it can be written as JSON.
        And the fitted pipeline, which takes a frame with these features.

    Raises
    ------
    headgate.etl.errors.MissingColumnError
        `frame` lacks a column.
    headgate.etl.errors.ParameterError
        There is no feature, `estimator` is not known, or train or test do not hold both labels, or hold
        a null.

    References
    ----------
    T. Hastie, R. Tibshirani and J. Friedman, *The Elements of Statistical Learning*, 2nd edition,
    Springer, 2009, chapters 4.4 and 10. Permutation importance: L. Breiman, "Random Forests",
    *Machine Learning* 45, 2001, section 10.

    Examples
    --------
    >>> import pandas as pd
    >>> cases = pd.DataFrame({"split": ["train"] * 60 + ["test"] * 20, "dose": range(80)})
    >>> cases["ill"] = (cases.dose % 10 > 5).astype(int)
    >>> cases["dose"] = cases.dose % 10
    >>> report, model = train_and_score(
    ...     cases, label="ill", numeric=["dose"], categorical=[], estimator="logistic_regression"
    ... )
    >>> report["roc_auc"], report["rows"], report["base_rate"]
    (1.0, {'train': 60, 'test': 20}, 0.4)
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    features = [*numeric, *categorical]
    for column in (label, SPLIT, *features):
        if column not in frame.columns:
            raise MissingColumnError(step=STEP, column=column, columns=map(str, frame.columns))
    if not features:
        raise ParameterError(step=STEP, parameter="numeric", value=[], allowed="at least one feature")
    parts = {name: frame[frame[SPLIT] == name] for name in ("train", "test")}
    known = {name: _labels(part[label], label=label, split=name) for name, part in parts.items()}
    inputs = {name: _inputs(part, numeric, categorical) for name, part in parts.items()}

    used = [column for column in numeric if inputs["train"][column].notna().any()]
    model = _pipeline(estimator, used, categorical, seed=seed)
    # OpenMP's threads spin while they wait for each other: where cores are shared, or a container may
    # use fewer than it sees, two of them take ten times as long as one.
    with threadpool_limits(limits=1):
        model.fit(inputs["train"], known["train"])
        predicted = model.predict_proba(inputs["test"])[:, 1]
        importances = _importances(model, inputs["test"], known["test"], seed=seed)
    report = {
        "estimator": estimator,
        "label": label,
        "seed": seed,
        "rows": {name: len(part) for name, part in parts.items()},
        **_scores(known["test"], predicted),
        "importances": importances,
    }
    return report, model


def _labels(column: pd.Series[Any], *, label: str, split: str) -> np.ndarray:
    found = sorted(column.dropna().unique().tolist())
    if found != [0, 1] or column.isna().any():
        held = [*found, None] if column.isna().any() else found
        raise ParameterError(
            step=STEP,
            parameter=f"{label} in split '{split}'",
            value=held[:5],
            allowed="0 and 1, both of them (drop rows without a label by a named rule; split more rows)",
        )
    return column.to_numpy(dtype="int64")


def _inputs(part: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str]) -> pd.DataFrame:
    """Numbers as floats, and every missing category as None: a category of its own."""
    numbers = part[list(numeric)].astype("float64")
    categories = part[list(categorical)].astype(object)
    return numbers.join(categories.where(categories.notna(), None))


def _pipeline(estimator: Estimator, numeric: Sequence[str], categorical: Sequence[str], *, seed: int) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    numbers, categories = list(numeric), list(categorical)
    match estimator:
        case "hist_gradient_boosting":
            codes = OrdinalEncoder(
                max_categories=MOST_CATEGORIES, handle_unknown="use_encoded_value", unknown_value=float("nan")
            )
            columns = [("numeric", "passthrough", numbers), ("categorical", codes, categories)]
            trees = HistGradientBoostingClassifier(
                max_iter=200,
                learning_rate=0.05,
                max_leaf_nodes=15,
                min_samples_leaf=50,
                l2_regularization=1.0,
                early_stopping=False,
                categorical_features=[False] * len(numbers) + [True] * len(categories),
                random_state=seed,
            )
            return make_pipeline(ColumnTransformer(columns), trees)
        case "logistic_regression":
            scaled = make_pipeline(
                SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
            )
            one_hot = OneHotEncoder(min_frequency=RARE, handle_unknown="infrequent_if_exist")
            columns = [("numeric", scaled, numbers), ("categorical", one_hot, categories)]
            return make_pipeline(ColumnTransformer(columns), LogisticRegression(C=0.03, max_iter=1000))
    raise ParameterError(
        step=STEP,
        parameter="estimator",
        value=estimator,
        allowed="'hist_gradient_boosting' or 'logistic_regression'",
    )


def _scores(known: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    from sklearn.metrics import (
        average_precision_score,
        brier_score_loss,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

    false_positive, true_positive, _ = roc_curve(known, predicted)
    precision, recall, _ = precision_recall_curve(known, predicted)
    return {
        "roc_auc": float(roc_auc_score(known, predicted)),
        "pr_auc": float(average_precision_score(known, predicted)),
        "brier": float(brier_score_loss(known, predicted)),
        "base_rate": float(known.mean()),
        "roc": _thinned(false_positive, true_positive),
        "pr": _thinned(recall[::-1], precision[::-1]),
        "calibration": _calibration(known, predicted),
    }


def _thinned(x: np.ndarray, y: np.ndarray) -> list[list[float]]:
    """At most `CURVE_POINTS` points of a curve, evenly spread along `x`, its ends among them."""
    import numpy as np

    wanted = np.linspace(x[0], x[-1], CURVE_POINTS - 1)
    places = np.unique([*np.searchsorted(x, wanted), len(x) - 1])
    return [[float(x[place]), float(y[place])] for place in places]


def _calibration(known: np.ndarray, predicted: np.ndarray) -> list[list[float]]:
    """Mean prediction, observed rate and rows of bins that hold as many rows each, as near as can be."""
    import numpy as np

    order = np.argsort(predicted, kind="stable")
    bins = np.array_split(order, min(CALIBRATION_BINS, len(order)))
    return [[float(predicted[part].mean()), float(known[part].mean()), len(part)] for part in bins]


def _importances(model: Any, inputs: pd.DataFrame, known: np.ndarray, *, seed: int) -> list[list[Any]]:
    import numpy as np
    from sklearn.inspection import permutation_importance
    from sklearn.model_selection import train_test_split

    places = np.arange(len(inputs))
    if len(places) > IMPORTANCE_ROWS:
        places, _ = train_test_split(places, train_size=IMPORTANCE_ROWS, stratify=known, random_state=seed)
    found = permutation_importance(
        model,
        inputs.iloc[places],
        known[places],
        scoring="roc_auc",
        n_repeats=IMPORTANCE_REPEATS,
        random_state=seed,
    )
    pairs = zip(inputs.columns, found.importances_mean, strict=True)
    return [[str(name), float(loss)] for name, loss in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))]
