"""Great Expectations itself, for the expectations that Headgate does not compile.

The only module that imports ``great_expectations``, and only when there is something for it to do:
the import alone takes seconds.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame

from quality.expectation import Expectation
from quality.report import ResultFormat

__all__ = ["evaluate"]

_VIEW = "tmp_view"
"""The session view into which Great Expectations puts the data for a query."""


def evaluate(
    df: DataFrame,
    expectations: Sequence[Expectation],
    *,
    result_format: ResultFormat,
    parameters: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:
    """Let Great Expectations evaluate some expectations.

    Parameters
    ----------
    df : DataFrame
        The data; it is not cached.
    expectations : sequence of Expectation
        Passed on as they were written.
    result_format : str
        BOOLEAN_ONLY, BASIC, SUMMARY or COMPLETE.
    parameters : Mapping or None
        Suite parameters, for placeholders that calculate.

    Returns
    -------
    dict
        For each expectation's id its result as Great Expectations writes it; an expectation that
        it drops has none.

    """
    results: dict[str, dict[str, Any]] = {}
    rules = []
    with warnings.catch_warnings(), _view_restored(df):
        # Conditions written as text are deprecated; they are the author's, and they work.
        warnings.simplefilter("ignore", DeprecationWarning)
        for expectation in expectations:
            try:
                rules.append(_rule(expectation))
            except Exception as error:  # recorded: an expectation that cannot be built is refused
                results[expectation.id] = _raised(error)
        try:
            results |= _validated(df, rules, result_format, parameters) if rules else {}
        except Exception as error:  # recorded: Great Expectations gave the whole run up
            results |= {rule.id: _raised(error) for rule in rules}
    return results


def _validated(
    df: DataFrame, rules: list[Any], result_format: ResultFormat, parameters: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    source = context.data_sources.add_spark("headgate", persist=False)
    definition = source.add_dataframe_asset("data").add_batch_definition_whole_dataframe("all")
    report = definition.get_batch({"dataframe": df}).validate(
        gx.ExpectationSuite(name="headgate", expectations=rules),
        result_format=result_format,
        expectation_parameters=dict(parameters or {}),
    )
    results: list[dict[str, Any]] = report.to_json_dict()["results"]  # type: ignore[no-untyped-call]
    return {result["expectation_config"]["id"]: result for result in results}


def _rule(expectation: Expectation) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    given = expectation.given
    kwargs = {**(given.get("kwargs") or {})}
    # A parameter that has been filled since the suite was read.
    kwargs |= {name: expectation.kwargs[name] for name in expectation.kwargs if kwargs.get(name) is not None}
    kwargs.pop("severity", None)
    return ExpectationConfiguration(
        type=expectation.type,
        kwargs=kwargs,
        meta=dict(expectation.meta),
        severity=FailureSeverity(expectation.severity),
        id=expectation.id,
    ).to_domain_obj()


def _raised(error: Exception) -> dict[str, Any]:
    return {
        "success": False,
        "result": {},
        "exception_info": {"raised_exception": True, "exception_message": str(error)},
    }


@contextmanager
def _view_restored(df: DataFrame) -> Iterator[None]:
    """Give the session its view back: Great Expectations overwrites it and leaves its own behind."""
    catalog = df.sparkSession.catalog
    try:
        before = df.sparkSession.table(_VIEW)
    except AnalysisException:
        before = None
    try:
        yield
    finally:
        if before is not None:
            before.createOrReplaceTempView(_VIEW)
        else:
            catalog.dropTempView(_VIEW)
