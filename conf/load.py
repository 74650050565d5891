"""From the text of a pipeline file to a `Pipeline`: the order of the passes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from headgate.conf.check import check
from headgate.conf.document import Document
from headgate.conf.model import Pipeline
from headgate.conf.overrides import override
from headgate.conf.parse import read_document
from headgate.conf.problems import PipelineError
from headgate.conf.step_entries import read_steps
from headgate.conf.translate import report_errors
from headgate.conf.variables import substitute

__all__ = ["load"]


def load(
    text: str,
    *,
    source: str,
    steps: Mapping[str, Callable[..., Any]],
    fits: Mapping[str, Callable[..., Any]],
    environment: Mapping[str, str],
    overrides: Sequence[str] = (),
    trust_code: bool = False,
    also: Callable[[Document], None] | None = None,
) -> Pipeline:
    """Parse a pipeline file, once, into frozen values.

    Reads no file and no variable of its own accord; steps of the author's own (``module:function``)
    are imported, so that their parameters can be checked, but only where that code is trusted.

    Parameters
    ----------
    text : str
        The file.
    source : str
        Its name, for messages.
    steps, fits : mapping of str to callable
        The closed lists of steps by name: functions that return a transform, and functions that
        learn from a frame (their first parameter). Their signatures say what may be given.
    environment : mapping of str to str
        For ``${VAR}``.
    overrides : sequence of str
        ``dotted.key=value``, in the order in which they apply.
    trust_code : bool
        Whether the file may name code of its own.
    also : callable, optional
        Checks more than this package can, and reports it on the document, so that all comes together.

    Returns
    -------
    Pipeline

    Raises
    ------
    PipelineError
        With every problem that the file has.

    Examples
    --------
    >>> text = '''
    ... name: clinic
    ... datasets:
    ...   patients:
    ...     sorce: {files: "patients*.csv"}
    ...     suite: suites/patients.json
    ... '''
    >>> load(text, source="clinic.yaml", steps={}, fits={}, environment={})
    Traceback (most recent call last):
    ...
    headgate.conf.problems.PipelineError: clinic.yaml:5: datasets.patients.sorce: unknown key 'sorce';
    did you mean 'source'? (allowed: source, clean, suite, tolerance, allow_empty, publish, trends)
    >>> load(text.replace("sorce", "source"), source="clinic.yaml", steps={}, fits={}, environment={}).name
    'clinic'
    """
    document = read_document(text, file=source)
    override(document, overrides)
    substitute(document, environment)
    read_steps(document, steps=steps, fits=fits, trust_code=trust_code)
    pipeline = _validated(document)
    check(document)
    if also is not None:
        also(document)
    if pipeline is None or document.problems:
        raise PipelineError(document.problems)
    return pipeline


def _validated(document: Document) -> Pipeline | None:
    try:
        return Pipeline.model_validate(document.data)
    except ValidationError as error:
        report_errors(document, error, Pipeline)
        return None
