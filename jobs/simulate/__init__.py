"""A made-up hospital: landing files with planted dirt, and the truth about every planted fault.

Pure standard library, and the same bytes on every machine for the same seed and size.
"""

from headgate.jobs.simulate.compare import compare
from headgate.jobs.simulate.landing import simulate
from headgate.jobs.simulate.rates import Rates
from headgate.jobs.simulate.truth import TRUTH_FILE, Fault, Truth

__all__ = ["TRUTH_FILE", "Fault", "Rates", "Truth", "compare", "simulate"]
