"""Great Expectations itself, asked without any code of Headgate in between."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

from pyspark.sql import DataFrame

__all__ = ["ask"]


@cache
def _asset() -> Any:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_spark("oracle", persist=False)
    return source.add_dataframe_asset("data").add_batch_definition_whole_dataframe("all")


def _bytes(value: Any) -> Any:
    """Give Python's bytes for Spark's: Great Expectations writes these, and stumbles over those."""
    if isinstance(value, dict):
        return {key: _bytes(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_bytes(item) for item in value]
    return bytes(value) if isinstance(value, bytearray) else value


def ask(df: DataFrame, expectations: Sequence[dict[str, Any]], result_format: str) -> dict[str, Any]:
    """Give Great Expectations' own suite result, as its JSON form has it."""
    import great_expectations as gx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        suite = gx.ExpectationSuite(name="suite", expectations=[dict(one) for one in expectations])
        batch = _asset().get_batch({"dataframe": df})
        report = batch.validate(suite, result_format=result_format)
        for result in report.results:
            result.result = _bytes(result.result)
        found = report.to_json_dict()
    # Some of its answers hold values of numpy, which its own JSON form leaves in.
    answer: dict[str, Any] = json.loads(json.dumps(found, default=lambda value: value.item()))
    return answer
