"""Labels: what a model is to predict."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from headgate.etl.errors import ParameterError
from headgate.etl.features.moments import moment
from headgate.etl.traits import step
from headgate.etl.transform import Transform, not_removed, quote, require_columns

__all__ = ["label_readmission"]

STEP = "label_readmission"

STARTS, ENDS = "_admission", "_discharge"
ADMITS, EVENT, NEXT = "_admits", "_event", "_next"

ENDS_BEFORE_ADMISSIONS, ADMISSION, ENDS_AFTER_ADMISSIONS = 0, 1, 2


@step(scope="group", sees_removed=True)
def label_readmission(
    *,
    patient: str,
    admitted: str,
    discharged: str,
    to: str,
    days: int = 30,
    observed_until: str | None = None,
    removed_as: str | None = None,
) -> Transform:
    """Label an encounter 1 if the patient is admitted again within so many days of discharge.

    The readmission is the patient's first admission that is later than the encounter's own and not
    before its discharge. An encounter that began during the stay (a transfer, an overlapping record)
    is therefore no readmission, one that begins at the very moment of discharge is, and encounters
    that began at the same moment are none of each other.

    Parameters
    ----------
    patient : str
        The column that names the patient.
    admitted, discharged : str
        When the encounter began and ended: dates or timestamps, both of one type.
    to : str
        The column to write.
    days : int
        The span after discharge; between timestamps a day is 24 hours.
    observed_until : str, optional
        The last day of which all admissions are in the data, as yyyy-mm-dd (with timestamps: its end
        in UTC). An encounter whose span ends later has a null label, even if a readmission was seen:
        to keep those only would raise the rate. Without it, an encounter with no later admission in
        the data counts as not readmitted, however short the time it was observed (it is censored):
        towards the end of the data the rate then falls for no reason but this.
    removed_as : str, optional
        A column in which earlier steps marked rows for removal: such rows are no admissions, and get
        a null.

    Returns
    -------
    Transform
        Its output has the rows of its input and the column `to` (int): 1, 0, or null where patient or
        discharge are not known.

    Raises
    ------
    headgate.etl.errors.ParameterError
        `days` is below 0, `observed_until` is no date, or a column is not of a type as above.
    headgate.etl.errors.MissingColumnError
        A column is missing.

    Examples
    --------
    >>> stays = spark.createDataFrame(
    ...     [("ann", "2024-01-01", "2024-01-05"), ("ann", "2024-02-04", "2024-02-09"),
    ...      ("ann", "2024-06-01", "2024-06-02")],
    ...     "patient string, admitted string, discharged string",
    ... ).withColumn("admitted", F.to_date("admitted")).withColumn("discharged", F.to_date("discharged"))
    >>> label = label_readmission(
    ...     patient="patient", admitted="admitted", discharged="discharged", to="readmitted"
    ... )
    >>> stays.transform(label).orderBy("admitted").show()
    +-------+----------+----------+----------+
    |patient|  admitted|discharged|readmitted|
    +-------+----------+----------+----------+
    |    ann|2024-01-01|2024-01-05|         1|
    |    ann|2024-02-04|2024-02-09|         0|
    |    ann|2024-06-01|2024-06-02|         0|
    +-------+----------+----------+----------+
    """
    if days < 0:
        raise ParameterError(step=STEP, parameter="days", value=days, allowed="0 or more")
    last_day = None if observed_until is None else _days_since_1970(observed_until)

    def transform(df: DataFrame) -> DataFrame:
        require_columns(df, [patient, admitted, discharged], step=STEP)
        start, day = moment(df, admitted, step=STEP, parameter="admitted")
        end, day_of_end = moment(df, discharged, step=STEP, parameter="discharged")
        if day != day_of_end:
            kind = df.schema[admitted].dataType.simpleString()
            raise ParameterError(
                step=STEP, parameter="discharged", value=discharged, allowed=f"a {kind}, as '{admitted}' is"
            )
        known = not_removed(df, removed_as) & F.col(quote(patient)).isNotNull()
        timed = df.withColumn(STARTS, F.when(known, start)).withColumn(ENDS, F.when(known, end))

        # Each row becomes two events, its admission and its discharge; sorted by time, the admission
        # that follows a discharge is the one looked for. A discharge stands before the admissions of
        # its moment, unless its own is among them.
        own = F.col(ENDS) <= F.col(STARTS)
        admission = F.struct(F.col(STARTS).alias("time"), F.lit(ADMISSION).alias("kind"))
        discharge = F.struct(
            F.greatest(ENDS, STARTS).alias("time"),
            F.when(own, ENDS_AFTER_ADMISSIONS).otherwise(ENDS_BEFORE_ADMISSIONS).alias("kind"),
        )
        events = timed.withColumn(ADMITS, F.explode(F.array(F.lit(True), F.lit(False)))).withColumn(
            EVENT, F.when(F.col(ADMITS), admission).otherwise(discharge)
        )
        following = (
            Window.partitionBy(quote(patient))
            .orderBy(f"{EVENT}.time", f"{EVENT}.kind")
            .rowsBetween(1, Window.unboundedFollowing)
        )
        admissions = F.when(F.col(f"{EVENT}.kind") == ADMISSION, F.col(STARTS))
        found = events.withColumn(NEXT, F.first(admissions, ignorenulls=True).over(following)).where(
            F.col(f"{EVENT}.kind") != ADMISSION
        )

        label = F.coalesce(F.col(NEXT) - F.col(ENDS) <= days * day, F.lit(False)).cast("int")
        observed = F.col(ENDS).isNotNull()
        if last_day is not None:
            observed = observed & (F.col(ENDS) + days * day < (last_day + 1) * day)
        return found.withColumn(to, F.when(observed, label)).drop(STARTS, ENDS, ADMITS, EVENT, NEXT)

    return transform


def _days_since_1970(text: str) -> int:
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError as error:
        raise ParameterError(
            step=STEP, parameter="observed_until", value=text, allowed="a date as yyyy-mm-dd"
        ) from error
