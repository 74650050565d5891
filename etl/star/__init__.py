"""The star schema: keys, dimensions, the calendar, facts, and what must hold between them."""

from headgate.etl.star.calendar import build_calendar
from headgate.etl.star.dimension import build_dimension
from headgate.etl.star.fact import ORPHANS, Reference, build_fact
from headgate.etl.star.keys import UNKNOWN_KEY, assign_keys
from headgate.etl.star.references import count_dangling, dangling_references, repeated_grain

__all__ = [
    "ORPHANS",
    "UNKNOWN_KEY",
    "Reference",
    "assign_keys",
    "build_calendar",
    "build_dimension",
    "build_fact",
    "count_dangling",
    "dangling_references",
    "repeated_grain",
]
