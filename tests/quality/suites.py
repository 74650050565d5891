"""Short ways to write suites in tests."""

from __future__ import annotations

import json
from typing import Any

from headgate.quality import Suite, load_suite


def rule(name: str, severity: str = "critical", id: str | None = None, **kwargs: Any) -> dict[str, Any]:
    """An expectation as a suite's JSON holds it; the type without its leading ``expect_``."""
    given: dict[str, Any] = {"type": f"expect_{name}", "kwargs": kwargs, "severity": severity}
    return given | ({"id": id} if id else {})


def suite_of(*expectations: dict[str, Any]) -> Suite:
    return load_suite(json.dumps({"name": "s", "expectations": expectations}), source="s.json")
