"""The steps of a document: from what is written in YAML to `Step`, each checked against its function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidationError

from headgate.conf.document import Document
from headgate.conf.forms import Form, fit_form, step_form
from headgate.conf.model import NAMED
from headgate.conf.problems import Path
from headgate.conf.secrets import SecretReference
from headgate.conf.steps import OWN_STEP, Fit, Step, StepError, imported, imported_fit
from headgate.conf.translate import report_errors

__all__ = ["read_steps", "step_lists"]

Functions = Mapping[str, Callable[..., Any]]

TRUST = "where you trust it, pass --trust-code, or write trust_code: true into ~/.config/headgate/config.yaml"

WAYS = "write a name, or one name with its parameters indented under it"


def step_lists(document: Document) -> Iterator[tuple[Path, type[Step]]]:
    """Where the document has lists of steps, and of which kind, as the models say."""
    for section, model in NAMED.items():
        for name, field in model.model_fields.items():
            kind = (get_args(field.annotation) or (None,))[0]
            if isinstance(kind, type) and issubclass(kind, Step):
                for entry, body in document.mapping(section).items():
                    if isinstance(body, dict) and isinstance(body.get(name), list):
                        yield (*section, entry, name), kind


def read_steps(document: Document, *, steps: Functions, fits: Functions, trust_code: bool = False) -> None:
    """Replace every entry of every list of steps by a `Step`.

    Parameters
    ----------
    document : Document
        Changed in place; what is wrong with a step is reported there.
    steps, fits : mapping of str to callable
        The closed lists of names, each with the function whose signature says what it takes.
    trust_code : bool
        Whether modules that steps of the author's own name may be imported, and so run.
    """
    for path, kind in step_lists(document):
        entries = document.at(path)
        for position, entry in enumerate(entries):
            entries[position] = _read(document, (*path, position), entry, kind, steps, fits, trust_code)


def _read(
    document: Document,
    path: Path,
    entry: Any,
    kind: type[Step],
    steps: Functions,
    fits: Functions,
    trust_code: bool,
) -> Step:
    """One entry as a step; one that is not sound comes out without its function."""
    place = document.place(path).line
    name: str = entry
    parameters: Any = {}
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, parameters),) = entry.items()
        path = (*path, name)
    elif not isinstance(entry, str):
        found = f"{len(entry)} keys ({', '.join(entry)})" if isinstance(entry, dict) else "no name"
        document.report(path, reason=f"{found} where a step is due", fix=WAYS)
        return kind(name="", place=place)
    form = _form(document, path, name, kind, steps, fits, trust_code)
    if not isinstance(parameters, dict):
        fix = f"write '- {name}' alone, or indent the parameters under it"
        document.report(path, reason=f"'{name}:' is not followed by its parameters", fix=fix)
    elif form and not _holds_secret(document, path, parameters):
        _validate(document, path, entry, form, parameters)
        given = {each: parameters[each] for each in form.parameters if each in parameters}
        return kind(name=name, parameters=given, function=form.function, place=place)
    return kind(name=name, place=place)


def _form(
    document: Document,
    path: Path,
    name: str,
    kind: type[Step],
    steps: Functions,
    fits: Functions,
    trust_code: bool,
) -> Form | None:
    here, elsewhere = (fits, steps) if issubclass(kind, Fit) else (steps, fits)
    build = fit_form if issubclass(kind, Fit) else step_form
    if name in here:
        return build(name, here[name])
    if re.fullmatch(OWN_STEP, name):
        if not trust_code:
            reason, fix = (
                f"'{name}' runs code that this file names, and nobody said that it is trusted",
                TRUST,
            )
            document.report(path, value=name, names=(), reason=reason, fix=fix)
            return None
        try:
            return build(name, imported_fit(name)[0] if issubclass(kind, Fit) else imported(name))
        except StepError as error:
            document.report(path, value=name, names=(), reason=error.reason, fix=error.fix)
            return None
    if name in elsewhere:
        learns = f"'{name}' {'learns nothing' if name in steps else 'learns from data'}"
        fix = "put it among clean or steps" if name in steps else "put it under fit: of an export"
        document.report(path, value=name, names=(), allowed=tuple(here), reason=learns, fix=fix)
        return None
    document.report(
        path,
        value=name,
        allowed=tuple(here),
        reason=f"unknown step '{name}'",
        fix="name one of these, or module:function for one of your own",
    )
    return None


def _validate(document: Document, path: Path, entry: Any, form: Form, parameters: dict[str, Any]) -> None:
    try:
        form.model.model_validate(parameters)
    except ValidationError as error:
        if isinstance(entry, str):
            needed = [name for name in form.parameters if _required(form, name)]
            document.report(
                path,
                value=form.name,
                names=(),
                allowed=form.parameters,
                reason=f"'{form.name}' needs {', '.join(needed)}",
                fix=f"write '- {form.name}: {{{needed[0]}: …}}'",
            )
        else:
            report_errors(document, error, form.model, path)


def _required(form: Form, name: str) -> bool:
    return any(field.alias == name and field.is_required() for field in form.model.model_fields.values())


def _holds_secret(document: Document, path: Path, value: Any) -> bool:
    """Report the secrets in a step's parameters: a step has no use for one."""
    if isinstance(value, SecretReference):
        fix = "secrets are for fields made for them, such as source.password"
        document.report(path, reason=f"the secret {value} in a step", fix=fix)
        return True
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    # every one of them is reported, so this must not stop at the first
    return sum(_holds_secret(document, (*path, key), item) for key, item in items) > 0
