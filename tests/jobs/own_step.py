"""Steps as a user writes them."""

from __future__ import annotations

import os

from headgate.etl import Transform, cast_columns, sentinels_to_null
from headgate.etl.transform import compose


def lose_some() -> Transform:
    """Lose rows without a named rule, as a careless join does."""
    return lambda df: df.where("visit is null or visit % 2 = 0")


def cost_as_number() -> Transform:
    """Read the cost; once it was mended, also where `x` stands for nothing."""
    mended = bool(os.environ.get("HEADGATE_TEST_MENDED"))
    cast = cast_columns(columns={"visit": "bigint", "cost": "double"})
    return compose(sentinels_to_null(values=["x"]), cast) if mended else cast
