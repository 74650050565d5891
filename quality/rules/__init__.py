"""The kinds of rules: what an expectation asks of the data, by the way in which it is measured. One each."""

from __future__ import annotations

from headgate.quality.rules.group import COPIES, DISTINCT, GroupRule
from headgate.quality.rules.not_own import Broken, Delegated
from headgate.quality.rules.number import NumberRule
from headgate.quality.rules.of_schema import SchemaRule
from headgate.quality.rules.row import RowRule
from headgate.quality.rules.rule import ROWS, UNIQUENESS, Aggregates, Group, Rule, Watched, both, within

__all__ = [
    "COPIES",
    "DISTINCT",
    "ROWS",
    "UNIQUENESS",
    "Aggregates",
    "Broken",
    "Delegated",
    "Group",
    "GroupRule",
    "NumberRule",
    "RowRule",
    "Rule",
    "SchemaRule",
    "Watched",
    "both",
    "within",
]
