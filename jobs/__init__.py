"""Jobs: thin entrypoints over `etl`, `quality` and `conf`. Begin with `headgate.jobs.flow`."""

import sys

# Said before the rest is parsed, in words that an older Python understands: EMR's own python3 is 3.9.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write(
        f"headgate: Python 3.11 or newer is needed, this is {sys.version_info[0]}.{sys.version_info[1]} "
        f"({sys.executable}); set PYSPARK_PYTHON=python3.11 for driver and executors\n"
    )
    sys.exit(2)

try:
    import pydantic_core  # noqa: F401
except ImportError as error:
    sys.stderr.write(
        f"headgate: a dependency is missing or was built for another Python ({error}); install the wheel "
        f"and its requirements anew: {sys.executable} -m pip install --force-reinstall WHEEL\n"
    )
    sys.exit(2)
