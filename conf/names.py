"""The kinds of text that a pipeline file is made of: names, columns, relative paths."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

__all__ = [
    "Closed",
    "Column",
    "Columns",
    "Day",
    "Encoding",
    "Files",
    "Flag",
    "Name",
    "Number",
    "SuiteFile",
    "Whole",
    "refusal",
]

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"


class Closed(BaseModel):
    """A frozen part of a pipeline that takes its own keys and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, ser_json_inf_nan="strings")


def refusal(reason: str, fix: str, **fields: Any) -> PydanticCustomError:
    """The error of a single value, with what `Problem` needs to know."""
    return PydanticCustomError("headgate", "{reason}", {"reason": reason, "fix": fix, **fields})


def _unique(columns: tuple[str, ...]) -> tuple[str, ...]:
    for place, column in enumerate(columns):
        if column in columns[:place]:
            raise refusal(f"column '{column}' repeats", "name it once", value=column)
    return columns


def _below_landing(glob: str) -> str:
    if re.match(r"[A-Za-z][\w+.-]*:|[/~]", glob) or "\\" in glob:
        raise refusal(
            "not relative to the landing folder",
            "give the folder as `landing`, and here only what is below it",
        )
    if re.search(r"(^|[/{,])\.\.($|[/},])", glob) or re.search(r"\{[^}]*/", glob):
        raise refusal("may lead out of the landing folder", "use no '..', and no '/' inside braces")
    if not glob.isprintable():
        raise refusal("holds a character that cannot be seen", "write the glob in visible characters")
    return glob


def _suite_file(path: str) -> str:
    if re.match(r"[A-Za-z][\w+.-]*:|[/~]", path) or "\\" in path or not path.isprintable():
        raise refusal(
            "not relative to the pipeline file",
            "put the suite next to the pipeline, as in suites/patients.json",
        )
    if not path.endswith(".json"):
        raise refusal("a suite is a JSON file", "name a file that ends with .json")
    return path


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError) as error:
        raise refusal("no encoding of text has this name", "use utf-8, latin-1, cp1252 …") from error
    return name


def _day(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=100)]
"""The name of a pipeline, dataset, table, key or split: it becomes a folder or a column."""

Column = Annotated[str, Field(min_length=1)]

Columns = Annotated[
    tuple[Column, ...], AfterValidator(_unique), Field(json_schema_extra={"uniqueItems": True})
]
"""Columns in order, each once."""

Files = Annotated[str, Field(min_length=1), AfterValidator(_below_landing)]
"""A glob that cannot leave the folder it is read in."""

SuiteFile = Annotated[str, AfterValidator(_suite_file), Field(json_schema_extra={"pattern": r"\.json$"})]
"""A Great Expectations suite, relative to the pipeline file."""

Encoding = Annotated[str, AfterValidator(_encoding)]

Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]

Day = Annotated[date, Strict(), BeforeValidator(_day)]
