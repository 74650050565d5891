"""ICD-9-CM: the group that a diagnosis code belongs to."""

from __future__ import annotations

from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headgate.etl.clean.checks import require_choice, require_data_names, require_text
from headgate.etl.clean.lookup import constant
from headgate.etl.clean.reading import Reading, replace_values
from headgate.etl.traits import step
from headgate.etl.transform import Invalid, Transform, quote

__all__ = ["group_icd9"]

CHAPTERS = (
    (1, 139, "Infectious and parasitic"),
    (140, 239, "Neoplasms"),
    (240, 279, "Endocrine, nutritional, metabolic and immunity"),
    (280, 289, "Blood"),
    (290, 319, "Mental"),
    (320, 389, "Nervous system and sense organs"),
    (390, 459, "Circulatory"),
    (460, 519, "Respiratory"),
    (520, 579, "Digestive"),
    (580, 629, "Genitourinary"),
    (630, 679, "Pregnancy and childbirth"),
    (680, 709, "Skin"),
    (710, 739, "Musculoskeletal"),
    (740, 759, "Congenital"),
    (760, 779, "Perinatal"),
    (780, 799, "Symptoms"),
    (800, 999, "Injury and poisoning"),
)

STRACK = (
    (390, 459, "Circulatory"),
    (785, 785, "Circulatory"),
    (460, 519, "Respiratory"),
    (786, 786, "Respiratory"),
    (520, 579, "Digestive"),
    (787, 787, "Digestive"),
    (250, 250, "Diabetes"),
    (800, 999, "Injury"),
    (710, 739, "Musculoskeletal"),
    (580, 629, "Genitourinary"),
    (788, 788, "Genitourinary"),
    (140, 239, "Neoplasms"),
    (1, 999, "Other"),
)

NUMERIC = r"^([0-9]{1,3})(?:[.][0-9]{1,2})?\z"
SUPPLEMENTARY = r"^[Vv](?:0[1-9]|[1-8][0-9]|9[01])(?:[.][0-9]{1,2})?\z"
EXTERNAL = r"^[Ee][0-9]{3}(?:[.][0-9])?\z"


@step(scope="row")
def group_icd9(
    *, column: str, to: str, scheme: Literal["chapters", "strack"] = "chapters", invalid: Invalid = "reject"
) -> Transform:
    """Name the group of ICD-9-CM diagnosis codes.

    Codes are written with their point (``250.83``); zeros at the front may be lost, as they are where a
    file took codes for numbers (``8`` is 008). A code without its point (``25083``) is a problem, as it
    cannot be told from others.

    Parameters
    ----------
    column : str
        Column of codes as text; it stays.
    to : str
        Column for the group, which is replaced if it is there.
    scheme : {"chapters", "strack"}, default "chapters"
        ``chapters``: the 17 chapters 001–999, and ``External causes`` (E codes) and ``Supplementary``
        (V codes). ``strack``: the nine groups of Strack et al., where diabetes (250) is a group of its
        own, symptoms of an organ are with that organ, and the rest, E and V codes included, is ``Other``.
    invalid : {"reject", "null"}, default "reject"
        What becomes of a row with a text that is no such code: rejected by the gate, or kept with null.

    Returns
    -------
    Transform
        Its output has the same rows, the group as text in `to`, and `_problems`.

    Raises
    ------
    MissingColumnError
        If the column is not there.
    ParameterError
        If the column does not hold text.

    References
    ----------
    National Center for Health Statistics: ICD-9-CM, tabular list of diseases.

    Strack, B., et al. (2014). Impact of HbA1c measurement on hospital readmission rates: analysis of
    70,000 clinical database patient records. BioMed Research International, 781670, table 2.
    https://doi.org/10.1155/2014/781670

    Examples
    --------
    >>> df = spark.createDataFrame([("250.83",), ("8",), ("786",), ("V27",)], "diagnosis string")
    >>> df.transform(group_icd9(column="diagnosis", to="chapter")).select("diagnosis", "chapter").show(
    ...     truncate=False
    ... )
    +---------+----------------------------------------------+
    |diagnosis|chapter                                       |
    +---------+----------------------------------------------+
    |250.83   |Endocrine, nutritional, metabolic and immunity|
    |8        |Infectious and parasitic                      |
    |786      |Symptoms                                      |
    |V27      |Supplementary                                 |
    +---------+----------------------------------------------+

    >>> df.transform(group_icd9(column="diagnosis", to="group", scheme="strack")).select("group").show()
    +-----------+
    |      group|
    +-----------+
    |   Diabetes|
    |      Other|
    |Respiratory|
    |      Other|
    +-----------+
    """
    require_choice(scheme, ("chapters", "strack"), step="group_icd9", parameter="scheme")
    require_choice(invalid, ("reject", "null"), step="group_icd9", parameter="invalid")
    require_data_names([to], step="group_icd9", parameter="to")

    def group(df: DataFrame) -> DataFrame:
        require_text(df, [column], step="group_icd9", parameter="column")
        title = _group(F.trim(quote(column)), scheme)
        read = {column: Reading(title, F.lit("not an ICD-9-CM code"))}
        return replace_values(df, read, step="group_icd9", invalid=invalid, to=to)

    return group


def _group(code: Column, scheme: str) -> Column:
    number = F.when(code.rlike(NUMERIC), F.regexp_extract(code, NUMERIC, 1)).cast("int")
    external, supplementary, ranges = (
        ("External causes", "Supplementary", CHAPTERS) if scheme == "chapters" else ("Other", "Other", STRACK)
    )
    titles: list[str | None] = [None] * 1000
    for first, last, title in reversed(ranges):  # of ranges that overlap the first counts
        titles[first : last + 1] = [title] * (last + 1 - first)
    by_number = F.try_element_at(constant(titles, "array<string>"), number + 1)
    named = F.when(code.rlike(EXTERNAL), external).when(code.rlike(SUPPLEMENTARY), supplementary)
    return named.otherwise(by_number)
