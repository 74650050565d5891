"""The modules of a pipeline's own steps: they lie beside its file, and Spark's workers need no copy."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pyspark import cloudpickle

from headgate.conf.code import code_of, imports
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.places import is_remote, local

__all__ = ["carry", "find_beside"]


FOUND: list[str] = []
"""Folders that were put on the path for pipelines: one process may run several, as a notebook does."""


def find_beside(source: str, text: str) -> None:
    """Have modules beside a pipeline file found as they are now, if nothing of their name comes first.

    What of them was imported before is forgotten: it may have been edited since, or be another pipeline's.

    Parameters
    ----------
    source : str
        The pipeline's file.
    text : str
        What it says: the steps that it names are looked for.
    """
    folder = _folder(source)
    if folder is None:
        return
    for earlier in FOUND:
        if earlier in sys.path:
            sys.path.remove(earlier)
    FOUND.clear()
    for top in _beside(folder, re.findall(r"([A-Za-z_]\w*)[\w.]*:[A-Za-z_]", text)):
        for name in [known for known in sys.modules if known == top or known.startswith(f"{top}.")]:
            del sys.modules[name]
    if str(folder) not in sys.path:
        # At the end: what lies beside the file must not stand in for what Spark or Headgate import.
        sys.path.append(str(folder))
        FOUND.append(str(folder))
    importlib.invalidate_caches()


def _beside(folder: Path, names: Iterable[str]) -> set[str]:
    """The modules among `names`, and those that they import, that lie in a folder and nowhere before it."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        files = [file for file in (folder / f"{name}.py", folder / name / "__init__.py") if file.is_file()]
        if name in found or name in sys.stdlib_module_names or not files:
            continue
        found.add(name)
        inside = files[0].parent.rglob("*.py") if files[0].name == "__init__.py" else files
        for file in inside:
            with suppress(OSError):  # told where it is imported
                pending += {imported.partition(".")[0] for imported in imports(file.read_bytes())}
    return found


def carry(modules: Iterable[str], source: str) -> None:
    """Have functions of these modules sent to Spark's workers as they are, and not by name.

    Modules count with those of one's own that they import, where they lie beside the pipeline file: others
    are found by the workers as they are found here.

    Parameters
    ----------
    modules : iterable of str
        Imported ones.
    source : str
        The pipeline's file.

    Raises
    ------
    ArgumentsError
        A module lies beside the file, and another of the same name comes first on the path.
    """
    folder = _folder(source)
    if folder is None:
        return
    for module in modules:
        beside = folder.joinpath(*module.split("."))
        files = (beside.with_suffix(".py"), beside / "__init__.py")
        found = Path(sys.modules[module].__file__ or "").resolve()
        if found not in files and any(file.is_file() for file in files):
            raise ArgumentsError(
                argument=source,
                reason=f"module '{module}' lies beside it, and {found} comes first on the path",
                fix="rename one of the two",
            )
        for name in code_of(module):
            known = sys.modules.get(name)
            if known is not None and folder in Path(getattr(known, "__file__", None) or "").resolve().parents:
                cloudpickle.register_pickle_by_value(known)  # type: ignore[no-untyped-call]


def _folder(source: str) -> Path | None:
    """The folder of a pipeline file on this machine; none of one that is shipped, or elsewhere."""
    if source.startswith("shipped:") or is_remote(source):
        return None
    return local(source).resolve().parent
