"""The HTML page that shows a run: ``render(summary)`` turns the run summary into one self-contained file."""

from headgate.jobs.report.page import render

__all__ = ["render"]
