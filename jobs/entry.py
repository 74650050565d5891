"""What every job's ``main`` does: arguments, then a typed run, then an exit code."""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from headgate.conf import Pipeline
from headgate.etl.lake import files
from headgate.etl.lake.zones import Lake, canonical
from headgate.etl.load.context import utc_now
from headgate.jobs import arguments
from headgate.jobs.check import checked_pipeline
from headgate.jobs.context import Run, new_run_id
from headgate.jobs.data_docs import gate_documents, write_data_docs
from headgate.jobs.disclosure import disclosure_of
from headgate.jobs.exits import ArgumentsError, Exit, code_of, guarded, reasons_of
from headgate.jobs.flow import STEPS, Step, flow, tables_of
from headgate.jobs.landing import is_small, simulator_of
from headgate.jobs.preflight import check_executors, check_places, sole_writer_of
from headgate.jobs.progress import LogFormat, Watch, watching
from headgate.jobs.recovery import account, recover
from headgate.jobs.report import render
from headgate.jobs.session import session_to_read, spark_session
from headgate.jobs.summary import Status, summarize

__all__ = ["job_main", "lake_of", "run_file", "run_pipeline"]

LATEST = "latest.html"
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")


def job_main(
    argv: Sequence[str] | None,
    *,
    prog: str,
    description: str,
    example: str,
    steps: Sequence[str | Step] | Callable[[Namespace, Pipeline], Sequence[str | Step]],
    options: Callable[[ArgumentParser], None] | None = None,
) -> int:
    """Parse the arguments, run `steps`, and give the exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The command line; by default the process's own.
    prog, description, example : str
        For ``--help``.
    steps : sequence of str or Step, or callable
        Of `headgate.jobs.flow.STEPS`, or others; or what makes them of the arguments and the pipeline.
    options : callable, optional
        Adds the job's own arguments to the parser.

    Returns
    -------
    int
        0; any other end raises `SystemExit` with its code (see `headgate.jobs.exits`).
    """
    given = list(sys.argv[1:] if argv is None else argv)

    def job() -> None:
        made = arguments.parser(prog, description, example)
        if options is not None:
            options(made)
        values = arguments.parse(made, given)
        run_file(
            values.pipeline,
            lake=values.lake,
            landing=values.landing,
            run_id=values.run_id,
            overrides=values.overrides,
            trust_code=values.trust_code,
            steps=partial(steps, values) if callable(steps) else steps,
            parallel=values.parallel,
            log_format=values.log_format,
            print_json=values.json,
            data_docs=values.data_docs,
            sole_writer=values.sole_writer,
        )

    return guarded(job, debug="--debug" in given)


def run_file(
    name: str,
    *,
    lake: str | None,
    landing: str | None = None,
    run_id: str | None = None,
    overrides: Sequence[str] = (),
    trust_code: bool = False,
    steps: Sequence[str | Step] | Callable[[Pipeline], Sequence[str | Step]] = tuple(STEPS),
    **how: Any,
) -> dict[str, Any]:
    """Check the pipeline of a file, run its steps, and return the summary.

    Parameters
    ----------
    name : str
        A path or an address, or the name of a pipeline that is shipped.
    lake, landing : str, optional
        By default what the file says.
    run_id : str, optional
        By default made of the time.
    overrides : sequence of str
        ``dotted.key=value`` each.
    trust_code : bool
        Whether the file may name code of its own.
    steps : sequence of str or Step, or callable
        See `run_pipeline`; or what makes them of the pipeline.
    **how
        What else `run_pipeline` takes.

    Raises
    ------
    conf.PipelineError
        Of the file, before Spark starts; and what `run_pipeline` raises.
    """
    with session_to_read(name):
        pipeline, source = checked_pipeline(
            name, lake=lake, landing=landing, overrides=overrides, trust_code=trust_code
        )
        return run_pipeline(
            pipeline,
            source=source,
            lake=lake_of(lake or pipeline.lake),
            landing=landing or pipeline.landing,
            run_id=_run_id(run_id),
            steps=steps(pipeline) if callable(steps) else steps,
            **how,
        )


def lake_of(given: str | None) -> Lake:
    """The lake at a place that was given, or `ArgumentsError` where none was."""
    if not given:
        fix = "say where: --lake DIR or --lake s3://bucket/prefix"
        raise ArgumentsError(argument="--lake", reason="there is no lake to work in", fix=fix)
    return Lake(given)


def _run_id(given: str | None) -> str:
    if given is None:
        return new_run_id(utc_now())
    # Every run has a folder beside the page of the latest one.
    if not RUN_ID.fullmatch(given) or given.lower() == LATEST:
        fix = f"use up to 100 letters, digits, '-', '_' and '.', and not {LATEST}"
        raise ArgumentsError(argument="--run-id", reason=f"'{given}' cannot be a run's folder", fix=fix)
    return given


def run_pipeline(
    pipeline: Pipeline,
    *,
    source: str,
    lake: Lake,
    landing: str | None,
    run_id: str,
    steps: Sequence[str | Step],
    parallel: int = 4,
    log_format: LogFormat = "auto",
    print_json: bool = False,
    data_docs: bool = False,
    sole_writer: bool = False,
) -> dict[str, Any]:
    """Run `steps` of a pipeline, write the report, and return the summary.

    Parameters
    ----------
    pipeline : Pipeline
    source : str
        Where the pipeline came from; suites are relative to it.
    lake : Lake
    landing : str, optional
        Where the source files are; ``landing`` in the lake by default.
    run_id : str
    steps : sequence of str or Step
        Of `headgate.jobs.flow.STEPS`, or others.
    parallel : int
        Datasets worked on at a time.
    log_format : {'auto', 'text', 'json'}
    print_json : bool
        Print the summary on standard output.
    data_docs : bool
        Write Great Expectations' Data Docs of all gates beside the report.
    sole_writer : bool
        No other job writes this lake: take no lease on its tables.

    Returns
    -------
    dict
        See `headgate.jobs.summary.summarize`.

    Raises
    ------
    RefusedError, headgate.etl.errors.EtlError, quality.SuiteError
        After the report was written.
    ArgumentsError, headgate.etl.errors.InputMissingError, headgate.jobs.lease.BusyError
        Before anything was read or written.
    """
    landing = canonical(landing or f"{lake.root.rstrip('/')}/landing")
    steps = (steps,) if isinstance(steps, str) else steps
    for name in steps:
        if isinstance(name, str) and name not in STEPS:
            fix = f"name some of {', '.join(STEPS)}"
            raise ArgumentsError(argument="steps", reason=f"there is no step '{name}'", fix=fix)
    session = spark_session(
        app=f"headgate {pipeline.name}",
        places=[lake.root, landing],
        small=is_small(pipeline, landing=landing, lake=lake.root),
    )
    with watching(log_format) as watch, session as spark:
        check_places(spark, lake=lake.root, landing=landing)
        check_executors(spark)
        with sole_writer_of(
            tables_of(pipeline, steps),
            spark=spark,
            lake=lake.root,
            run_id=run_id,
            said=sole_writer,
            say=watch.say,
        ) as lease:
            run = Run(
                spark=spark,
                name=pipeline.name,
                disclosure=disclosure_of(pipeline),
                say=watch.say,
                pipeline=pipeline,
                source=source,
                lake=lake,
                landing=landing,
                run_id=run_id,
                watch=watch,
                parallel=parallel,
                may_write=lease.check,
                lease=lease,
            )
            return _reported(run, steps, watch, print_json=print_json, docs=data_docs)


def _reported(
    run: Run, steps: Sequence[str | Step], watch: Watch, *, print_json: bool, docs: bool
) -> dict[str, Any]:
    publish = partial(_publish, run, run.clock(), watch, print_json=print_json, docs=docs)
    try:
        simulator = simulator_of(run.pipeline.simulate)
        if simulator is not None:
            if "ingest" in steps:
                simulator.prepare(run)
            run = replace(run, observers=simulator.observers(run))
        before = recover(run)
        try:
            flow(run, steps)
        finally:
            account(run, begun_after=before)
    except (Exception, KeyboardInterrupt) as error:
        publish(error="; ".join(reasons_of(error)), status=_status(error))
        raise
    return publish()


def _status(error: BaseException) -> Status:
    code = code_of(error)
    if code in (Exit.INTERRUPTED, Exit.TERMINATED):
        return "interrupted"
    return "refused" if code is Exit.REFUSED else "failed"


def _publish(
    run: Run,
    started_at: datetime,
    watch: Watch,
    *,
    print_json: bool,
    docs: bool,
    error: str | None = None,
    status: Status | None = None,
) -> dict[str, Any]:
    summary = summarize(run, run.entries, started_at=started_at, error=error, status=status)
    page = render(summary).encode()
    place = run.lake.place("reports", run.run_id, "index.html")
    files.write_bytes(run.spark, place, page)
    files.write_bytes(run.spark, run.lake.place("reports", LATEST), page)
    text = json.dumps(summary, default=str)
    files.write_bytes(run.spark, run.lake.place("reports", run.run_id, "summary.json"), text.encode())
    watch.say(f"{summary['status']} in {summary['seconds']:.0f} s · report: {place}")
    if docs and summary["gates"]:
        _write_docs(run, summary["gates"], started_at, watch, failed=error is not None)
    if print_json:
        print(text)
    return summary


def _write_docs(
    run: Run, gates: list[dict[str, Any]], started_at: datetime, watch: Watch, *, failed: bool
) -> None:
    folder = run.lake.place("reports", run.run_id, "data_docs")
    try:
        index = write_data_docs(
            run.spark, gate_documents(gates), folder, run_name=run.run_id, run_time=started_at
        )
    except Exception as error:
        if not failed:
            raise
        # Why the run ended is what its exit code is about.
        watch.say(f"the Data Docs could not be written: {'; '.join(reasons_of(error))}")
    else:
        watch.say(f"Data Docs: {index}")
