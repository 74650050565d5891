"""What was known of a patient before an encounter began."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.window import Window

from headgate.etl.errors import ParameterError
from headgate.etl.features.moments import moment
from headgate.etl.traits import step
from headgate.etl.transform import Transform, not_removed, quote, require_columns

__all__ = ["count_prior_encounters"]


@step(scope="group", sees_removed=True)
def count_prior_encounters(
    *, patient: str, admitted: str, to: str, within_days: int | None = None, removed_as: str | None = None
) -> Transform:
    """Count the encounters of the same patient that began before this one.

    Only the strict past counts, so that nothing that was not known at admission leaks into a feature:
    encounters that began at the same moment do not count each other.

    Parameters
    ----------
    patient : str
        The column that names the patient.
    admitted : str
        When the encounter began: a date, a timestamp, or a whole number that grows with time, such as
        the source's running number where it has no dates.
    to : str
        The column to write.
    within_days : int, optional
        Count only encounters that began at most so many days (of 24 hours) before; all by default.
    removed_as : str, optional
        A column in which earlier steps marked rows for removal: such rows do not count, and get a
        null.

    Returns
    -------
    Transform
        Its output has the rows of its input and the column `to` (int), null where the patient or the
        time is not known.

    Raises
    ------
    headgate.etl.errors.ParameterError
        `within_days` is below 1, or given for a column of numbers; `admitted` is of another type.
    headgate.etl.errors.MissingColumnError
        A column is missing.

    Examples
    --------
    >>> stays = spark.createDataFrame(
    ...     [("ann", "2024-01-01"), ("ann", "2024-03-01"), ("ann", "2024-03-01"), ("bob", "2024-02-01")],
    ...     "patient string, admitted string",
    ... ).withColumn("admitted", F.to_date("admitted"))
    >>> prior = count_prior_encounters(patient="patient", admitted="admitted", to="prior")
    >>> stays.transform(prior).orderBy("patient", "admitted").show()
    +-------+----------+-----+
    |patient|  admitted|prior|
    +-------+----------+-----+
    |    ann|2024-01-01|    0|
    |    ann|2024-03-01|    1|
    |    ann|2024-03-01|    1|
    |    bob|2024-02-01|    0|
    +-------+----------+-----+
    """
    step = "count_prior_encounters"
    if within_days is not None and within_days < 1:
        raise ParameterError(step=step, parameter="within_days", value=within_days, allowed="1 or more")

    def transform(df: DataFrame) -> DataFrame:
        require_columns(df, [patient, admitted], step=step)
        time, earliest = _time(df)
        counts = not_removed(df, removed_as) & F.col(quote(patient)).isNotNull() & time.isNotNull()
        past = Window.partitionBy(quote(patient)).orderBy(time).rangeBetween(earliest, -1)
        return df.withColumn(to, F.when(counts, F.count(F.when(counts, 1)).over(past)).cast("int"))

    def _time(df: DataFrame) -> tuple[Column, int]:
        if within_days is None and isinstance(df.schema[admitted].dataType, T.IntegralType):
            return F.col(quote(admitted)).cast("bigint"), Window.unboundedPreceding
        time, day = moment(df, admitted, step=step, parameter="admitted")
        return time, Window.unboundedPreceding if within_days is None else -within_days * day

    return transform
