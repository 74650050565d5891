"""The modules of a pipeline's own steps: they lie beside its file, and Spark's workers need no copy."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from pyspark import cloudpickle

from headgate.conf.code import code_of
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.places import is_remote, local

__all__ = ["carry", "find_beside"]


def find_beside(source: str) -> None:
    """Have modules beside a pipeline file found, if nothing of their name is on the path already.

    Parameters
    ----------
    source : str
        The pipeline's file.
    """
    folder = _folder(source)
    if folder is not None and str(folder) not in sys.path:
        # At the end: what lies beside the file must not stand in for what Spark or Headgate import.
        sys.path.append(str(folder))
        importlib.invalidate_caches()


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
