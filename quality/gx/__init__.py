"""Great Expectations itself: evaluation of what Headgate does not compile, its result classes, Data Docs.

The only package that imports ``great_expectations``, and only when there is something for it to do:
the import alone takes seconds.
"""

from headgate.quality.gx.docs import data_docs
from headgate.quality.gx.evaluation import evaluate
from headgate.quality.gx.results import suite_result

__all__ = ["data_docs", "evaluate", "suite_result"]
