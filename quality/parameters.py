"""Values of expectation parameters: read as Great Expectations reads them, or refused.

Great Expectations lets pydantic coerce: ``"1"`` becomes 1.0, ``"2024-1-2"`` a date. The plain
values that come out of here are what is compared with the data and what the report echoes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

from headgate.quality.catalogue import Kind, Parameter

__all__ = ["is_placeholder", "read", "to_json"]

_DATE = r"(\d{4})-(\d{1,2})-(\d{1,2})"
_TIME = r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d{2}(?::?\d{2})?)?"


def is_placeholder(value: object) -> bool:
    """Whether `value` is ``{"$PARAMETER": …}``, to be filled when the suite is run."""
    return isinstance(value, dict) and "$PARAMETER" in value


def read(value: Any, parameter: Parameter) -> Any:
    """Read the plain value of a parameter.

    Parameters
    ----------
    value : object
        As it stands in the suite's JSON.
    parameter : Parameter
        What it may be.

    Returns
    -------
    object
        Numbers as float, whole numbers as int, bounds as float, date or datetime; a placeholder
        as it is.

    Raises
    ------
    ValueError
        If the value is none of what the parameter takes; the message says what it takes.

    Examples
    --------
    >>> from headgate.quality.catalogue import Parameter
    >>> read("1", Parameter("bound")), read("2024-1-2", Parameter("bound"))
    (1.0, datetime.date(2024, 1, 2))
    >>> read(1.5, Parameter("fraction"))
    Traceback (most recent call last):
    ...
    ValueError: a number from 0 to 1
    """
    if value is None:
        if parameter.nullable:
            return None
        raise ValueError("a value, not null")
    if is_placeholder(value) and parameter.kind != "name":
        return value
    if parameter.kind == "choice":
        if value in parameter.choices:
            return value
        raise ValueError("one of " + ", ".join(parameter.choices))
    plain = _READERS[parameter.kind](value)
    if parameter.at_least and len(plain) < parameter.at_least:
        raise ValueError(f"a list of at least {parameter.at_least}")
    return plain


def to_json(value: Any) -> Any:
    """Give the value as JSON can hold it: dates as ISO text."""
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return value


def _name(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("the name of a column, as text")


def _text(value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError("text")


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("a number") from None
    if number != number:
        raise ValueError("a number, not NaN")
    return number


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("a whole number") from None


def _fraction(value: Any) -> float:
    try:
        number = _number(value)
    except ValueError:
        number = -1.0
    if 0.0 <= number <= 1.0:
        return number
    raise ValueError("a number from 0 to 1")


def _flag(value: Any) -> bool:
    for truth, forms in ((True, (True, "true", "True")), (False, (False, "false", "False"))):
        if value in forms and not isinstance(value, float):
            return truth
    raise ValueError("true or false")


def _bound(value: Any) -> float | dt.date | dt.datetime:
    try:
        return _number(value)
    except ValueError:
        moment = _moment(value)
    if moment is None:
        raise ValueError("a number, a date (2024-01-31) or a timestamp (2024-01-31T23:59:59)")
    return moment


def _integer_bound(value: Any) -> int | dt.datetime:
    try:
        return _integer(value)
    except ValueError:
        moment = _moment(value)
    if not isinstance(moment, dt.datetime):
        raise ValueError("a whole number")
    return moment


def _moment(value: Any) -> dt.date | dt.datetime | None:
    if not isinstance(value, str):
        return None
    try:
        if date := re.fullmatch(_DATE, value):
            year, month, day = map(int, date.groups())
            return dt.date(year, month, day)
        if stamp := re.fullmatch(f"{_DATE}[T ]{_TIME}", value):
            *numbers, fraction, zone = stamp.groups()
            year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
            microsecond = int((fraction or "").ljust(6, "0"))
            return dt.datetime(year, month, day, hour, minute, second, microsecond, _zone(zone))
    except ValueError:
        return None
    return None


def _zone(text: str | None) -> dt.timezone | None:
    if text is None:
        return None
    if text == "Z":
        return dt.UTC
    sign = -1 if text[0] == "-" else 1
    return dt.timezone(sign * dt.timedelta(hours=int(text[1:3]), minutes=int(text[3:].lstrip(":") or 0)))


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise ValueError("a list")


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value]
    raise ValueError("a list of texts")


def _names(value: Any) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise ValueError("a list of the names of columns")


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, list) and all(isinstance(item, list) and len(item) == 2 for item in value):
        return [(first, second) for first, second in value]
    raise ValueError("a list of pairs")


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError("an object")


def _any(value: Any) -> Any:
    return value


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    "name": _name,
    "text": _text,
    "number": _number,
    "integer": _integer,
    "bound": _bound,
    "integer_bound": _integer_bound,
    "fraction": _fraction,
    "flag": _flag,
    "list": _list,
    "texts": _texts,
    "names": _names,
    "pairs": _pairs,
    "object": _object,
    "any": _any,
}
