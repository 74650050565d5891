"""The code of a step of one's own: what it says, with the modules of one's own that it imports."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

__all__ = ["code_of", "imports"]

INSTALLED = ("site-packages", "dist-packages")
PLATFORM = frozenset(sys.stdlib_module_names)
OURS = "headgate"
"""What it says is known by its version."""


def code_of(module: str) -> dict[str, str]:
    """The hashes of a module and of all modules of one's own that it imports, by name.

    Modules that are installed are known by their packages' versions, unless they belong to the same
    package as `module`. What is imported by a name that is only known when the code runs is not found.

    Parameters
    ----------
    module : str

    Examples
    --------
    >>> code_of("json")
    {}
    """
    found: dict[str, str] = {}
    pending = [module]
    while pending:
        name = pending.pop()
        # To look for a module in a package imports the package: only one's own are.
        if name in found or not _is_own(name.partition(".")[0], beside=module):
            continue
        spec = _spec(name)
        content = None if spec is None else _content(spec)
        if spec is None or content is None:  # no module, a namespace, or built into Python
            continue
        found[name] = hashlib.sha256(content).hexdigest()
        # The packages that a module lies in are imported before it.
        pending += [*imports(content, _package(spec)), *_parents(name)]
    return dict(sorted(found.items()))


def _spec(name: str) -> ModuleSpec | None:
    known = sys.modules.get(name)
    if known is not None:
        return known.__spec__
    try:
        return importlib.util.find_spec(name)
    except (ImportError, AttributeError, ValueError):  # the name of a function, or of nothing
        return None


def _is_own(top: str, *, beside: str) -> bool:
    if top in PLATFORM or top == OURS:
        return False
    spec = _spec(top)
    places = [] if spec is None else [spec.origin or "", *(spec.submodule_search_locations or ())]
    installed = any(part in INSTALLED for place in places for part in Path(place).parts)
    return not installed or top == beside.partition(".")[0]


def _content(spec: ModuleSpec) -> bytes | None:
    """What a module is made of, be it in a folder or in an archive."""
    read = getattr(spec.loader, "get_data", None)
    if read is None or not spec.has_location or spec.origin is None:
        return None
    try:
        content: bytes = read(spec.origin)
    except OSError:
        return None
    return content


def imports(content: bytes, package: str | None = None) -> Iterator[str]:
    r"""The names of everything that a module may import, wherever it says so.

    Parameters
    ----------
    content : bytes
        The module's source; of one that is compiled, or is no Python, nothing is known.
    package : str, optional
        That it is in: without one, what it imports by dots is left out.

    Examples
    --------
    >>> sorted(imports(b"import json\nfrom os import path\nfrom . import words"))
    ['json', 'os', 'os.path']
    """
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):  # compiled
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from (alias.name, *_parents(alias.name))
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level and package is None:
                continue
            if node.level:
                try:
                    base = importlib.util.resolve_name("." * node.level + base, package)
                except ImportError:  # beyond the top
                    continue
            yield from (base, *_parents(base))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _package(spec: ModuleSpec) -> str:
    inside = spec.submodule_search_locations is not None
    return spec.name if inside else spec.name.rpartition(".")[0]


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]
