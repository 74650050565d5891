"""Data Docs: the site that Great Expectations makes, of results that it did not have to measure."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from headgate.quality.gx.results import suite_result

__all__ = ["data_docs"]


def data_docs(
    validations: Mapping[str, Mapping[str, Any]],
    folder: str | Path,
    *,
    run_name: str,
    run_time: datetime,
    site_name: str = "Headgate",
) -> Path:
    """Write a Data Docs site by Great Expectations' own renderers. Nothing is validated.

    Parameters
    ----------
    validations : Mapping
        By the name of the data, what was found of it: `quality.Report.to_json_dict`.
    folder : str or Path
        On this machine; it is made. Pages of an earlier site are replaced.
    run_name : str
        Of the run that validated.
    run_time : datetime
        When, with its zone.
    site_name : str
        The heading of the index.

    Returns
    -------
    Path
        The index page. Beside it is a page for each suite, and one for each validation.

    Raises
    ------
    RuntimeError
        Great Expectations, which only logs it, could not write one of the pages.

    Notes
    -----
    The pages fetch their styles and scripts from public servers, as Great Expectations has them do; without
    a network the texts are there, unstyled, and the tables of the index, which a script fills, are not.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import UTC
    >>> from headgate.quality import load_suite, validate
    >>> suite = load_suite('''{"name": "people", "expectations": [
    ...     {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "name"}}]}''',
    ...     source="people.json")
    >>> report = validate(spark.createDataFrame([("a",), (None,)], "name string"), suite)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     index = data_docs({"people.csv": report.to_json_dict()}, folder,
    ...         run_name="r1", run_time=datetime(2026, 1, 1, tzinfo=UTC))
    ...     for page in sorted(index.parent.rglob("*.html")):
    ...         print(page.relative_to(index.parent))
    expectations/people.html
    index.html
    validations/people/r1/20260101T000000.000000Z/people.csv.html
    """
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )
    from great_expectations.render.renderer.site_builder import SiteBuilder

    folder = Path(folder).absolute()
    context = gx.get_context(mode="ephemeral")
    run = RunIdentifier(run_name=_filed(run_name), run_time=run_time)
    keys: list[Any] = []
    for name, document in validations.items():
        result = suite_result(_labelled(document, name, run_name, run_time))
        suite = ExpectationSuiteIdentifier(name=result.suite_name)
        context.suites.add_or_update(
            gx.ExpectationSuite(name=result.suite_name, expectations=_buildable(result.results))
        )
        key = ValidationResultIdentifier(suite, run, _filed(name))
        context.validation_results_store.set(key, result)
        keys += [suite, key]
    builder = SiteBuilder(
        data_context=context,
        store_backend={"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        site_name=site_name,
        show_how_to_buttons=False,
        site_section_builders={"profiling": "None"},
    )
    with _quiet():
        builder.build()
    index = folder / "index.html"
    missing = [str(key) for key in keys if builder.get_resource_url(key) is None]
    if missing or not index.exists() or not index.stat().st_size:
        raise RuntimeError(
            f"Great Expectations has not written the page of {', '.join(missing) or 'the index'}"
        )
    return index


@contextmanager
def _quiet() -> Iterator[None]:
    """A result that has no numbers is rendered as it is; Great Expectations logs a stack for each."""
    logger = logging.getLogger("great_expectations")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def _labelled(document: Mapping[str, Any], name: str, run_name: str, run_time: datetime) -> dict[str, Any]:
    """Add what the pages tell of a validation beside its results."""
    headgate = document["meta"].get("headgate", {})
    told = {"data_asset_name": name}
    if headgate.get("refusals"):
        told["refused"] = "; ".join(headgate["refusals"])
    run = {"run_name": run_name, "run_time": run_time.isoformat()}
    return {
        **document,
        "results": [
            # An id would have to be a UUID, and make the expectation another suite's.
            {**result, "expectation_config": {**result["expectation_config"], "id": None}}
            for result in document["results"]
        ],
        "suite_name": _filed(document["suite_name"]),
        "meta": {**document["meta"], "run_id": run, "batch_spec": told},
    }


def _buildable(results: Iterable[Any]) -> list[Any]:
    """Choose the expectations that Great Expectations can build: the suite's page cannot show others.

    The page of the validation shows all, and of these why they could not be evaluated.
    """
    built = []
    for result in results:
        try:
            built.append(result.expectation_config.to_domain_obj())
        except Exception:  # it is told where the result is
            continue
    return built


def _filed(name: str) -> str:
    """Make of a name one that can be a file's: Great Expectations makes none."""
    return re.sub(r"[^\w.=, -]+", "-", name).strip("-. ") or "unnamed"
