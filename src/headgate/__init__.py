"""Headgate: raw data in a data lake becomes clean, gated Delta tables, a star schema and training sets.

`headgate.etl` has the transforms and the lake, `headgate.quality` the gate, `headgate.conf` the pipeline
file and `headgate.jobs` the commands. In a checkout they lie at its top level, and are linked to from here.
`run` runs a pipeline from Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["run"]


def run(
    pipeline: str | Path,
    *,
    lake: str | Path | None = None,
    landing: str | Path | None = None,
    run_id: str | None = None,
    steps: Sequence[str] | None = None,
    overrides: Sequence[str] = (),
    trust_code: bool = False,
    parallel: int = 4,
) -> dict[str, Any]:
    """Run a pipeline, as ``headgate run`` does, and return the run's summary.

    The session that is there is used, and left as it is; else one is started for the run.

    Parameters
    ----------
    pipeline : str or Path
        The file's path or address, or the name of a pipeline that is shipped (``hospital``).
    lake, landing : str or Path, optional
        The folder or address of the lake, and of the source's files; by default what the file says.
    run_id : str, optional
        By default made of the time.
    steps : sequence of str, optional
        Of ingest, curate, star, export and train: which are taken, in their order; all by default.
    overrides : sequence of str
        What is to be otherwise than in the file, ``dotted.key=value`` each.
    trust_code : bool
        Whether the file may name code of its own.
    parallel : int
        Datasets worked on at a time.

    Returns
    -------
    dict
        What ``--json`` prints: ``status``, ``run_id``, ``stages`` with the counts of each table, and more.

    Raises
    ------
    headgate.conf.PipelineError
        The file is wrong: every problem of it, before anything is done.
    headgate.jobs.exits.RefusedError
        The gate refused a batch; the report tells why.
    headgate.etl.errors.EtlError, headgate.jobs.exits.ArgumentsError
        Why else a run may end.
    """
    # Nothing is imported before it is used: transforms need no jobs.
    from headgate.jobs.entry import run_file
    from headgate.jobs.flow import STEPS

    return run_file(
        str(pipeline),
        lake=None if lake is None else str(lake),
        landing=None if landing is None else str(landing),
        run_id=run_id,
        steps=tuple(STEPS) if steps is None else steps,
        overrides=overrides,
        trust_code=trust_code,
        parallel=parallel,
    )
