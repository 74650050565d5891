"""Keep the lists on the page "Pipeline file" as the code has them.

``python docs/gen_pipeline_reference.py`` rewrites what stands between the markers of
``docs/pipeline-file.md``: every key, from the models of ``conf``; every step, from the signatures and
docstrings of the transforms. ``make docs`` calls it, and a test tells when the page is out of date.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conf.model import Pipeline
from conf.steps import Form, fit_form, step_form
from jobs.catalogue import FITS, STEPS

PAGE = Path(__file__).with_name("pipeline-file.md")

Schema = Mapping[str, Any]

LINKS = {"Step": "[step](#steps)", "Fit": "[fit](#fits)"}
"""Definitions that are not a table of keys, and where they are told."""

WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def refreshed(page: str) -> str:
    """The page with its generated parts made anew."""
    for name, lines in (("keys", keys()), ("steps", steps()), ("fits", fits())):
        begin, end = f"<!-- {name}: generated -->\n", f"<!-- {name}: end -->"
        if begin not in page or end not in page:
            raise ValueError(f"{PAGE.name} lacks the markers of '{name}'")
        before, _, rest = page.partition(begin)
        page = before + begin + "\n" + "\n".join(lines) + "\n\n" + end + rest.partition(end)[2]
    return page


def keys() -> Iterator[str]:
    """A table for each level of the file, from the top down."""
    root = Pipeline.model_json_schema(by_alias=True)
    definitions = root.get("$defs", {})
    yield from _table_of_keys("", root, definitions)
    for path, name in _levels(root, definitions, ""):
        yield f"\n### {path}\n"
        yield definitions[name].get("description", "") + "\n"
        yield from _table_of_keys(path, definitions[name], definitions)


def steps() -> Iterator[str]:
    """Every step that is not learned, by the module it is in."""
    yield from _by_module(STEPS, step_form)


def fits() -> Iterator[str]:
    """Every step that learns on the training split first."""
    yield from _by_module(FITS, fit_form)


def _levels(schema: Schema, definitions: Schema, path: str) -> Iterator[tuple[str, str]]:
    """The paths at which a mapping of its own begins, each with the definition of that mapping."""
    for key, value in schema.get("properties", {}).items():
        for name, place in _places(key, value, definitions, path).items():
            yield place, name
            yield from _levels(definitions[name], definitions, place)


def _places(key: str, value: Schema, definitions: Schema, path: str) -> dict[str, str]:
    """The definitions that have a table of their own among those of one key, each with its path."""
    here = f"{path}.{key}".removeprefix(".")
    return {
        name: here + (".NAME" if below else "")
        for name, below in _references(value)
        if "properties" in definitions[name] and name not in LINKS
    }


def _references(schema: Schema, below: bool = False) -> Iterator[tuple[str, bool]]:
    """The definitions that a value may be of, and whether they stand under a name of the author's choice."""
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2], below
    for choice in schema.get("anyOf", ()):
        yield from _references(choice, below)
    for choice in (*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")):
        if isinstance(choice, dict):
            yield from _references(choice, True)


def _table_of_keys(path: str, schema: Schema, definitions: Schema) -> Iterator[str]:
    required = schema.get("required", ())

    def rows() -> Iterator[tuple[str, ...]]:
        for key, value in schema["properties"].items():
            kind = _kind(value, definitions, _places(key, value, definitions, path))
            default = "**required**" if key in required else _default(value.get("default"))
            yield f"`{key}`", kind, default, _meaning(value)

    yield from _table(("key", "takes", "default", "meaning"), rows())


def _by_module(functions: Mapping[str, Callable[..., Any]], form_of: Callable[..., Form]) -> Iterator[str]:
    modules: dict[str, list[str]] = {}
    for name, function in functions.items():
        modules.setdefault(function.__module__, []).append(name)
    for module, names in modules.items():
        yield f"### {module}\n"
        yield ((sys.modules[module].__doc__ or "").strip().splitlines() or [""])[0] + "\n"
        for name in names:
            yield from _step(form_of(name, functions[name]))


def _step(form: Form) -> Iterator[str]:
    schema = form.model.model_json_schema(by_alias=True)
    required = schema.get("required", ())
    yield f"#### {form.name}\n"
    yield form.description + "\n"
    if schema.get("properties"):
        yield from _table(
            ("parameter", "takes", "default", "meaning"),
            (
                (
                    f"`{key}`",
                    _kind(value, schema.get("$defs", {}), {}),
                    "**required**" if key in required else _default(value.get("default")),
                    _meaning(value),
                )
                for key, value in schema["properties"].items()
            ),
        )
        yield ""


def _kind(schema: Schema, definitions: Schema, places: Mapping[str, str]) -> str:
    """What a value may be, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in LINKS:
            return LINKS[name]
        if name in places:
            return f"[{name.lower()}](#{re.sub(r'[^a-z0-9_-]', '', places[name].lower())})"
        return _kind(definitions[name], definitions, places)
    if "anyOf" in schema:
        kinds = [
            _kind(choice, definitions, places) for choice in schema["anyOf"] if choice.get("type") != "null"
        ]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), definitions, places)}"
    if schema.get("type") == "object":
        values = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
        inner = next((value for value in values if isinstance(value, dict)), {})
        return f"mapping to {_kind(inner, definitions, places)}"
    if schema.get("format") == "date":
        return "date"
    return WORDS.get(str(schema.get("type")), "any value")


def _default(value: object) -> str:
    empty = value in (None, [], {}) or (isinstance(value, dict) and not any(value.values()))
    return "none" if empty else f"`{json.dumps(value, ensure_ascii=False)}`"


def _meaning(schema: Schema) -> str:
    text = str(schema.get("description", ""))
    examples = [example for example in schema.get("examples", ()) if example != schema.get("default")]
    if examples and not isinstance(examples[0], bool):
        text += f" For example {' or '.join(f'`{_yaml(example)}`' for example in examples)}."
    return text


def _yaml(value: object) -> str:
    """A value as YAML would have it on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_yaml(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(_yaml(inner) for inner in value) + "]"
        case str() if re.fullmatch(r"[\w./-][\w ./-]*", value):
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
