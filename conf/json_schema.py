"""The JSON Schema of the pipeline file, for editors and for the reference page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from headgate.conf.forms import Form, fit_form, step_form
from headgate.conf.model import Pipeline
from headgate.conf.steps import OWN_STEP, Fit, Step

__all__ = ["schema"]

REFERENCE = "#/$defs/{model}"


def schema(steps: Mapping[str, Callable[..., Any]], fits: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the pipeline file.

    Parameters
    ----------
    steps, fits : mapping of str to callable
        As for `load`: each becomes a form of its own, described by its docstring.

    Returns
    -------
    dict
        Ready for ``json.dumps``.

    Examples
    --------
    >>> def trim_text(*, columns: list[str] | None = None):
    ...     '''Trim white space.'''
    >>> entry = schema({"trim_text": trim_text}, {})["$defs"]["Step"]["anyOf"][0]
    >>> entry
    {'const': 'trim_text', 'description': 'Trim white space.'}
    """
    result = Pipeline.model_json_schema(by_alias=True, ref_template=REFERENCE)
    forms = [step_form(name, function) for name, function in steps.items()]
    fitted = [fit_form(name, function) for name, function in fits.items()]
    definitions = result["$defs"]
    definitions["Step"] = _entry(forms, definitions, Step)
    definitions["Fit"] = _entry(fitted, definitions, Fit)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Headgate pipeline",
        **{key: value for key, value in result.items() if key != "title"},
    }


def _entry(forms: list[Form], definitions: dict[str, Any], kind: type[Step]) -> dict[str, Any]:
    """What may stand in a list of steps: a name, or one name with its parameters."""
    models: list[tuple[type[BaseModel], Any]] = [(form.model, "validation") for form in forms]
    references, shared = models_json_schema(models, ref_template=REFERENCE)
    definitions.update(shared.get("$defs", {}))
    named = {
        form.name: {**references[form.model, "validation"], "description": form.description} for form in forms
    }
    return {
        "description": (kind.__doc__ or "").splitlines()[0],
        "anyOf": [
            *({"const": form.name, "description": form.description} for form in forms if not form.required),
            {"type": "string", "pattern": OWN_STEP, "description": "A step of your own: module:function."},
            {
                "type": "object",
                "properties": named,
                "patternProperties": {OWN_STEP: {"type": "object"}},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ],
    }
