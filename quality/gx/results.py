"""Results in Great Expectations' own classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["suite_result"]


def suite_result(document: Mapping[str, Any]) -> Any:
    """Make of a report's JSON form what Great Expectations itself gives.

    Parameters
    ----------
    document : Mapping
        From `headgate.quality.report.Report.to_json_dict`.

    Returns
    -------
    great_expectations.core.ExpectationSuiteValidationResult
        For whatever takes one: Data Docs, stores, actions.
    """
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    results = []
    for result in document["results"]:
        config = result["expectation_config"]
        results.append(
            ExpectationValidationResult(
                **{
                    **result,
                    "expectation_config": ExpectationConfiguration(
                        **{**config, "severity": FailureSeverity(config["severity"])}
                    ),
                }
            )
        )
    return ExpectationSuiteValidationResult(**{**document, "results": results})
