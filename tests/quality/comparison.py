"""What "the same answer" means, in one place.

Everything is compared exactly but for three things, which Great Expectations itself leaves open:

- the order of lists of examples, and of the counts made of them;
- which examples there are, where more rows or values are unexpected than an answer lists: then it is
  compared how many are listed, and counts made of them are left out;
- the last digits of floats, also of those in the text of a query, which depend on the order of a sum;
  NaN is null.

Of an exception it is compared that there was one, not what it said.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from headgate.quality import Result, Suite, load_suite

__all__ = ["comparable", "same_form", "suites_of", "told"]

FLOAT = re.compile(r"\d+\.\d+(?:[eE][+-]?\d+)?")
LISTS = ("partial_unexpected_list", "unexpected_list", "partial_missing_list")


def comparable(value: Any) -> Any:
    """Give the same value in a form that compares: lists without their order, floats to twelve digits."""
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return sorted((comparable(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def same_form(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Give an answer (success, result, raised, kwargs) in the form in which two are compared."""
    result = dict(answer["result"])
    for name in LISTS:
        count = result.get("missing_count" if "missing" in name else "unexpected_count") or 0
        limit = 200 if name == "unexpected_list" else 20
        if name in result and count > limit:
            result[name] = len(result[name])
    if "unexpected_index_query" in result:
        text = result["unexpected_index_query"] or ""
        result["unexpected_index_query"] = FLOAT.sub(lambda found: f"{float(found.group()):.12g}", text)
    # The counts are made of the list, after it was cut.
    if (result.get("unexpected_count") or 0) > 20:
        result.pop("partial_unexpected_counts", None)
    return comparable(
        {
            "success": answer["success"],
            "result": result,
            "raised": answer["raised"],
            "kwargs": answer["kwargs"],
        }
    )


def suites_of(expectations: Sequence[Mapping[str, Any]]) -> list[Suite]:
    """Make suites of expectations: more than one where some say the same twice, which no suite may."""
    said: list[dict[str, Mapping[str, Any]]] = []
    for expectation in expectations:
        text = json.dumps({"name": "s", "expectations": [{**expectation, "id": None}]})
        key = load_suite(text, source="s").expectations[0].id
        suite = next((one for one in said if key not in one), None)
        if suite is None:
            said.append(suite := {})
        suite[key] = expectation
    return [
        load_suite(json.dumps({"name": "s", "expectations": list(suite.values())}), source="s")
        for suite in said
    ]


def told(result: Result, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Tell how two answers differ, in lines for people; none where they do not."""
    if ours == theirs:
        return []
    lines = [f"{result.type} {json.dumps(result.kwargs, ensure_ascii=False)} ({result.engine})"]
    parts = [(key, ours[key], theirs[key]) for key in ours if key != "result"]
    names = sorted({*ours["result"], *theirs["result"]})
    parts += [
        (name, ours["result"].get(name, "absent"), theirs["result"].get(name, "absent")) for name in names
    ]
    lines += [f"    {key}: ours {mine!r}, theirs {other!r}" for key, mine, other in parts if mine != other]
    return [*lines, f"    raised: {result.exception}"] if result.exception else lines
