"""A dataset: where its files are, how they are cleaned, which suite guards it, how it is published."""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from headgate.conf.names import Closed, Columns, Encoding, Files, Flag, Number, SuiteFile, Whole, refusal
from headgate.conf.publish import Publish
from headgate.conf.secrets import Secret
from headgate.conf.steps import Step
from headgate.conf.trends import Trends

__all__ = ["Dataset", "Source"]


def _on_a_line(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise refusal("holds the end of a line", "write text that stands on one line")
    return text


OF_FORMAT = {
    "csv": (
        "delimiter",
        "quote",
        "escape",
        "skip",
        "comment",
        "footer",
        "header",
        "columns",
        "trailing_delimiter",
        "section",
    ),
    "jsonl": (),
}
"""What may be said of the files of each format alone."""

Signs = Annotated[str, Field(min_length=1), AfterValidator(_on_a_line)]

Character = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_on_a_line)]


class Source(Closed):
    """The files of a dataset, as the source delivers them."""

    files: Files = Field(
        description="The dataset's files: a glob below the landing folder; gzip, bzip2, xz and zip too.",
        examples=["patients*.csv", "admissions/2015-*/part-*.csv.gz"],
    )
    format: Literal["csv", "jsonl"] = Field(
        "csv",
        description="The kind of file: `csv` for delimited text, `jsonl` for a JSON object a line.",
        examples=["jsonl"],
    )
    delimiter: Signs = Field(
        ",",
        description="What stands between two fields: a character, or several.",
        examples=[";", "\t", "||"],
    )
    encoding: Encoding = Field(
        "utf-8",
        description="The encoding of the text; any name that Python knows.",
        examples=["utf-8", "cp1252"],
    )
    quote: Character | None = Field(
        '"',
        description="The character around a field that holds a delimiter; doubled inside one. `null` where "
        "no field is quoted and quotes are text.",
        examples=['"', "'"],
    )
    escape: Character | None = Field(
        None,
        description="The character that makes the next one plain: a quote within quotes (Spark, Glue and "
        "Hive write a backslash), or a delimiter where `quote` is null.",
        examples=["\\"],
    )
    skip: Whole = Field(0, ge=0, description="How many lines stand above the header.", examples=[3])
    comment: Signs | None = Field(
        None, description="What a line begins with that is no record.", examples=["#"]
    )
    footer: tuple[Signs, ...] = Field(
        (),
        description="What the lines begin with that follow the last record; only lines at the very end of a "
        "file are left out.",
        examples=[["TOTAL", "("]],
    )
    header: Flag = Field(True, description="Whether the first record names the columns.", examples=[True])
    columns: Columns | None = Field(
        None,
        description="The columns that the header must have, in any order; without a header, their names "
        "(c1, c2 … by default).",
        examples=[["patient_id", "sex", "birth_date"]],
    )
    optional: Columns = Field(
        (), description="Columns that a file may lack; they are null then.", examples=[["middle_name"]]
    )
    trailing_delimiter: Flag = Field(
        False, description="Whether records end with a delimiter that no field follows.", examples=[True]
    )
    member: Files | None = Field(
        None,
        description="Which files to read inside a zip archive, as a glob; all by default.",
        examples=["*/x.csv"],
    )
    section: str | None = Field(
        None,
        min_length=1,
        description="In a file that stacks several tables: the one whose header starts with this name.",
        examples=["admission_type_id"],
    )
    redelivery: Literal["replace", "append"] = Field(
        "replace",
        description="What a file says that comes again under its name, with another content. `replace`: "
        "anew what it said before, and rows that it has no longer leave the table. `append`: more, its rows "
        "are added to those that it brought before. Raw keeps all of them.",
        examples=["append"],
    )
    password: Secret | None = Field(
        None, description="Where the password of an encrypted zip archive is kept; never the password itself."
    )

    @field_validator(*dict.fromkeys(chain.from_iterable(OF_FORMAT.values())))
    @classmethod
    def _of_the_format(cls, value: object, info: ValidationInfo) -> object:
        """What is said of a file must mean something in its format."""
        form = info.data.get("format")
        if form is not None and info.field_name not in OF_FORMAT[form]:
            raise refusal(
                f"'{info.field_name}' has no meaning in format '{form}'", "remove it, or correct format"
            )
        return value

    @field_validator("quote", "escape")
    @classmethod
    def _apart(cls, sign: str | None, info: ValidationInfo) -> str | None:
        """A character cannot mean two things at once."""
        if sign is not None and sign in info.data.get("delimiter", ""):
            raise refusal(f"the delimiter holds '{sign}' too", "use another character for one of them")
        return sign


class Dataset(Closed):
    """One table of the curated zone: source, clean steps in order, and gate."""

    source: Source = Field(description="The files and how they are written.")
    clean: tuple[Step, ...] = Field(
        (),
        description="The steps from raw to curated, in the order in which they run, batch or stream.",
        examples=[
            ["rename_to_snake_case", {"parse_dates": {"columns": ["born_on"], "formats": ["yyyy-MM-dd"]}}]
        ],
    )
    suite: SuiteFile = Field(
        description="The Great Expectations suite that every batch must pass, relative to the pipeline file.",
        examples=["suites/patients.json"],
    )
    tolerance: Number = Field(
        0.05,
        ge=0,
        le=1,
        description="The greatest share of rows that may be quarantined before the whole batch is refused.",
        examples=[0.05],
    )
    allow_empty: Flag = Field(
        False,
        description="Whether a batch without a single row is accepted; it is refused by default.",
        examples=[False],
    )
    publish: Publish = Field(Publish(), description="How a batch becomes part of the table.")
    trends: Trends = Field(
        Trends(),
        description="What each batch keeps for later ones, and how far back one looks.",
        examples=[{"runs": 30}],
    )
