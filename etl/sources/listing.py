"""The files of a folder that match a pattern: what Spark reads of them, and what it passes over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from pyspark.errors import AnalysisException, IllegalArgumentException
from pyspark.sql import SparkSession

from headgate.etl.errors import InputError, InputMissingError
from headgate.etl.lake import files
from headgate.etl.lake.zones import below, canonical

__all__ = ["HIDDEN", "hidden_files", "landed_files", "listed", "location", "nothing_found"]

HIDDEN = re.compile(r"(^|/)[_.][^/]*$")
BESIDE = re.compile(
    r"(^|/)(_SUCCESS|_(committed|started)_[^/]*|_(common_)?metadata|\.DS_Store|\.[^/]*\.(crc|part))$"
)
"""What programs leave beside the files that they write."""


def location(folder: str, pattern: str) -> str:
    r"""The glob for Spark: in the name of the folder no character stands for others.

    Examples
    --------
    >>> location("/data/[2024]", "*.csv")
    '/data/\\[2024\\]/*.csv'
    """
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", folder.rstrip("/")) + f"/{pattern}"


@contextmanager
def listed(*, dataset: str, folder: str, pattern: str) -> Iterator[None]:
    """Say in Headgate's words why the files of a folder cannot be listed.

    Raises
    ------
    InputMissingError
        No file matches.
    InputError
        A name in the folder holds a colon.
    """
    try:
        yield
    except AnalysisException as error:
        if error.getErrorClass() != "PATH_NOT_FOUND":
            raise
        raise nothing_found(dataset=dataset, folder=folder, pattern=pattern) from error
    except IllegalArgumentException as error:
        # Hadoop takes such a name for an address, and lists nothing of the folder that it is in.
        named = re.search(r"Relative path in absolute URI: (.+)", str(error))
        if named is None:
            raise
        raise InputError(
            dataset=dataset,
            file=unquote(named[1]),
            reason="Spark cannot list a folder with a name that holds ':'",
            fix="rename the file, or move it out of the folder",
        ) from error


def nothing_found(*, dataset: str, folder: str, pattern: str) -> InputMissingError:
    """The error of a pattern that no file matches."""
    return InputMissingError(
        dataset=dataset,
        file=f"{folder.rstrip('/')}/{pattern}",
        reason="there is no such file",
        fix="check `landing` and the dataset's source.files (names with _ or . in front are passed over)",
    )


def landed_files(spark: SparkSession, *, dataset: str, folder: str, pattern: str) -> list[files.Found]:
    """What lies in the landing for one dataset, hidden files and folders that match the pattern too.

    Parameters
    ----------
    spark : SparkSession
    dataset : str
        For errors.
    folder, pattern : str
        The landing folder, and a glob below it.
    """
    with listed(dataset=dataset, folder=folder, pattern=pattern):
        return files.matching(spark, location(canonical(folder), pattern))


def hidden_files(found: Iterable[files.Found], *, folder: str) -> list[str]:
    """The files among `found` that are passed over, as Spark and Hadoop do: ``_x.csv``, ``.x.csv``.

    What programs leave beside the files that they write (``_SUCCESS``, ``.x.csv.crc``) is not told.

    Parameters
    ----------
    found : iterable of Found
        From `landed_files`.
    folder : str
        The landing folder.

    Returns
    -------
    list of str
        Their names below the folder, in order.
    """
    root = canonical(folder)
    names = sorted(below(root, one.path) for one in found if not one.folder)
    return [name for name in names if HIDDEN.search(name) and not BESIDE.search(name)]
