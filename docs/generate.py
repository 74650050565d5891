"""Keep the lists in the pages as the code has them.

``python docs/generate.py`` rewrites what stands between the markers of ``pipeline-file.md`` (every key
and every step with its parameters, from the JSON Schema of pipeline files) and of ``architecture.md``
(every module and the first line of its docstring). ``make docs`` calls it, and a test tells when a page
is out of date.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from headgate import conf
from headgate.jobs.catalogue import FITS, STEPS

DOCS = Path(__file__).resolve().parent

PAGES = (DOCS / "pipeline-file.md", DOCS / "architecture.md")

PACKAGES = ("etl", "quality", "conf", "jobs")

Schema = Mapping[str, Any]

LINKS = {"Step": "[step](#steps)", "Fit": "[fit](#fits)"}
"""Definitions that are not a table of keys, and where they are told."""

WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def refreshed(page: Path) -> str:
    """The text of a page with its generated parts made anew."""
    schema = conf.schema(STEPS, FITS)
    parts = {
        "keys": lambda: _keys(schema),
        "steps": lambda: _steps(STEPS, schema["$defs"]["Step"], schema["$defs"]),
        "fits": lambda: _steps(FITS, schema["$defs"]["Fit"], schema["$defs"]),
        "modules": _modules,
    }

    def made(found: re.Match[str]) -> str:
        lines = parts[found["name"]]()
        return f"{found['begin']}\n\n" + "\n".join(lines).strip() + f"\n\n{found['end']}"

    marks = r"(?P<begin><!-- (?P<name>\w+): generated -->).*?(?P<end><!-- (?P=name): end -->)"
    text, count = re.subn(marks, made, page.read_text(encoding="utf-8"), flags=re.DOTALL)
    if count == 0:
        raise ValueError(f"{page.name} has no generated part: a marker is missing or misspelt")
    return text


def _keys(root: Schema) -> Iterator[str]:
    """A table for each level of the file, from the top down."""
    definitions = root["$defs"]
    yield from _table_of_keys("", root, definitions)
    for path, name in _levels(root, definitions, ""):
        yield f"\n### {path}\n"
        yield definitions[name].get("description", "") + "\n"
        yield from _table_of_keys(path, definitions[name], definitions)


def _steps(functions: Mapping[str, Callable[..., Any]], entry: Schema, definitions: Schema) -> Iterator[str]:
    """A section for each step, by the module it is in."""
    named = next(choice for choice in entry["anyOf"] if "properties" in choice)["properties"]
    modules: dict[str, list[str]] = {}
    for name, function in functions.items():
        modules.setdefault(function.__module__, []).append(name)
    for module, names in sorted(modules.items()):
        yield f"### {module}\n"
        yield ((sys.modules[module].__doc__ or "").strip().splitlines() or [""])[0] + "\n"
        for name in names:
            yield f"#### {name}\n"
            yield named[name]["description"] + "\n"
            form = definitions[named[name]["$ref"].rpartition("/")[2]]
            if form.get("properties"):
                yield from _table_of_keys("", form, definitions)
                yield ""


def _modules() -> Iterator[str]:
    """A table of modules for each package, but for those that only gather others."""
    for package in PACKAGES:
        folder = DOCS.parent / package
        yield f"### {package}\n"
        yield _first_line(folder / "__init__.py") + "\n"
        modules = sorted(file for file in folder.rglob("*.py") if file.name != "__init__.py")
        yield from _table(
            ("module", "what it is"),
            ((f"`{file.relative_to(DOCS.parent).as_posix()}`", _first_line(file)) for file in modules),
        )
        yield ""


def _first_line(file: Path) -> str:
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return (docstring.splitlines() or [""])[0]


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

    yield from _table(("name", "takes", "default", "meaning"), rows())


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
    if isinstance(value, dict):
        value = {key: inner for key, inner in value.items() if inner}
    return "none" if value in (None, [], {}) else f"`{json.dumps(value, ensure_ascii=False)}`"


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
    for changed, made_anew in [(page, refreshed(page)) for page in PAGES]:
        changed.write_text(made_anew, encoding="utf-8")
