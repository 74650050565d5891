"""Evaluation by Great Expectations itself, of what Headgate does not compile."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame

from headgate.quality.catalogue import ResultFormat
from headgate.quality.expectation import Expectation
from headgate.quality.parameters import is_placeholder

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
    rules: list[dict[str, Any]] = []
    with warnings.catch_warnings(), _view_restored(df):
        # Conditions written as text are deprecated; they are the author's, and they work.
        warnings.simplefilter("ignore", DeprecationWarning)
        for expectation in expectations:
            try:
                rules.append(_rule(expectation))
            except Exception as error:  # recorded: an expectation that cannot be built is refused
                results[expectation.id] = _raised(error)
        results |= _whatever_works(df, rules, result_format, parameters)
    return results


def _whatever_works(
    df: DataFrame,
    rules: list[dict[str, Any]],
    result_format: ResultFormat,
    parameters: Mapping[str, Any] | None,
) -> dict[str, dict[str, Any]]:
    """Ask all at once; where Great Expectations gives the whole run up, halve until the culprit is alone."""
    if not rules:
        return {}
    try:
        return _validated(df, rules, result_format, parameters)
    except Exception as error:  # recorded: an expectation that raises is refused
        if len(rules) == 1:
            return {rules[0]["id"]: _raised(error)}
    half = len(rules) // 2
    return _whatever_works(df, rules[:half], result_format, parameters) | _whatever_works(
        df, rules[half:], result_format, parameters
    )


def _validated(
    df: DataFrame,
    rules: list[dict[str, Any]],
    result_format: ResultFormat,
    parameters: Mapping[str, Any] | None,
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
    for result in report.results:
        result.result = _writable(result.result)
    results: list[dict[str, Any]] = _writable(report.to_json_dict())["results"]  # type: ignore[no-untyped-call]
    return {result["expectation_config"]["id"]: result for result in results}


def _writable(value: Any) -> Any:
    """Give Python's bytes and numbers for Spark's and numpy's.

    Great Expectations cannot write the former into JSON, and raises for the whole run; of the latter
    it leaves some in its JSON form.
    """
    if isinstance(value, dict):
        return {key: _writable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(item) for item in value]
    if isinstance(value, bytearray):
        return bytes(value)
    return value.item() if type(value).__module__ == "numpy" else value


def _rule(expectation: Expectation) -> dict[str, Any]:
    """Give the expectation as Great Expectations is to see it; raise where it would drop it."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    written = expectation.given.get("kwargs") or {}
    filled = {name: value for name, value in expectation.kwargs.items() if name in _filled(written)}
    kwargs = {name: value for name, value in {**written, **filled}.items() if name != "severity"}
    ExpectationConfiguration(
        type=expectation.type, kwargs=kwargs, severity=FailureSeverity(expectation.severity)
    ).to_domain_obj()
    return {
        "id": expectation.id,
        "type": expectation.type,
        "kwargs": kwargs,
        "meta": dict(expectation.meta),
        "severity": expectation.severity,
    }


def _filled(written: Mapping[str, Any]) -> set[str]:
    """Name the parameters that were written as placeholders; they may have a value by now."""
    return {name for name, value in written.items() if is_placeholder(value)}


def _raised(error: Exception) -> dict[str, Any]:
    return {
        "success": False,
        "result": {},
        "exception_info": {"raised_exception": True, "exception_message": str(error)},
    }


@contextmanager
def _view_restored(df: DataFrame) -> Iterator[None]:
    """Give the session its view back: Great Expectations overwrites it and leaves its own behind."""
    session = df.sparkSession
    there = session.catalog.tableExists(_VIEW) and session.catalog.getTable(_VIEW).isTemporary
    before = session.table(_VIEW) if there else None
    try:
        yield
    finally:
        if before is not None:
            before.createOrReplaceTempView(_VIEW)
        else:
            session.catalog.dropTempView(_VIEW)
