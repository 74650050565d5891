"""Headers: one set of columns of files that came at different times.

A file may bring columns that no file had before it; the rows of the others have null there. It may not
leave one out: that is how a column that was renamed, or forgotten, would turn into nulls.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence

from headgate.etl.errors import InputError

__all__ = ["columns_together", "raw_column_names"]


def raw_column_names(header: Iterable[str]) -> list[str]:
    """Names that a Delta table can hold, as near to the header's own as they can be.

    Characters that Delta forbids become ``_``, leading underscores (they mark metadata) fall away,
    empty names become ``column_N``, and a name that repeats (letter case aside) gets a number.

    Examples
    --------
    >>> raw_column_names(["Patient ID", "", "_x", "patient id"])
    ['Patient_ID', 'column_2', 'x', 'patient_id_2']
    """
    names: list[str] = []
    taken: set[str] = set()
    for number, original in enumerate(header, start=1):
        name = re.sub(r"[ ,;{}()\n\t=]+", "_", original.strip()).lstrip("_") or f"column_{number}"
        candidate, copy = name, 1
        while candidate.lower() in taken:
            copy += 1
            candidate = f"{name}_{copy}"
        taken.add(candidate.lower())
        names.append(candidate)
    return names


def columns_together(
    headers: Iterable[tuple[str, Sequence[str]]],
    known: Iterable[str] = (),
    *,
    dataset: str,
    optional: Collection[str] = (),
    header: bool = True,
) -> list[str]:
    """The columns of all files together, in the order in which they came.

    Parameters
    ----------
    headers : iterable of (str, sequence of str)
        Files and their columns, as the raw zone names them; in their order.
    known : iterable of str
        The columns of the files that came before.
    dataset : str
        For errors.
    optional : collection of str
        Columns that a file may leave out.
    header : bool
        Whether a line of each file names its columns.

    Returns
    -------
    list of str
        Spelled as they were first: names that differ by letter case are one column.

    Raises
    ------
    InputError
        A file lacks a column that the files before it have.

    Examples
    --------
    >>> columns_together([("a.csv", ["id", "name"]), ("b.csv", ["NAME", "town", "id"])], dataset="people")
    ['id', 'name', 'town']
    """
    may = {name.lower() for name in optional}
    found = {name.lower(): name for name in known}
    whose = "the files that are in raw" if found else ""
    for file, names in headers:
        own = {name.lower(): name for name in names}
        if header and len(found) > 1 and not found.keys() & own.keys():
            # Such a line is mostly a record: its values are not told.
            raise InputError(
                dataset=dataset,
                file=file,
                row=1,
                reason=f"line 1 names no column of {whose}: it may be a record, and the header missing",
                fix="have the file mended, or give files of another kind a dataset of their own",
            )
        lacks = [name for key, name in found.items() if key not in own and key not in may]
        if lacks:
            new = [own[key] for key in own if key not in found]
            raise _lacking(dataset, file, lacks, new, whose, header=header)
        whose = whose or file
        for key, name in own.items():
            found.setdefault(key, name)
    return list(found.values())


def _lacking(
    dataset: str, file: str, lacks: Sequence[str], new: Sequence[str], whose: str, *, header: bool
) -> InputError:
    said = []
    for name in lacks:
        near = difflib.get_close_matches(name.lower(), [other.lower() for other in new], n=1, cutoff=0.5)
        renamed = [other for other in new if other.lower() in near] or (
            new if len(new) == len(lacks) == 1 else []
        )
        said.append(f"'{name}'" + (f" (was it renamed to '{renamed[0]}'?)" if renamed else ""))
    differ = ", ".join(sorted([*lacks, *new]))
    if not header:
        return InputError(
            dataset=dataset,
            file=file,
            column=lacks[0] if len(lacks) == 1 else None,
            reason=f"no record of it has {', '.join(said)}, which records of {whose} have",
            fix="have the file mended, or name in source.optional what its records may lack",
        )
    return InputError(
        dataset=dataset,
        file=file,
        row=1,
        column=lacks[0] if len(lacks) == 1 else None,
        reason=f"the header does not match that of {whose} ({differ}): it lacks {', '.join(said)}",
        fix="have the file mended, or give files of another kind a dataset of their own; if the column is "
        "gone for good, take the earlier files out of the landing and name the columns in source.columns",
    )
