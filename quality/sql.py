"""SQL that a file may hold: parsed, and confined to deterministic functions of a row's own columns.

A pipeline's steps and a suite's row conditions hold SQL expressions. Spark would let them read files,
the environment and the clock, call Java, and build texts that fill the memory. So each is parsed first,
without Spark, and only what is listed here goes on to an engine.

The text that was parsed is the text that the engine gets. Where the two might read it otherwise
(comments, raw texts with a backslash before a quote, ``${…}``), it is refused.
"""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from sqlglot import exp
from sqlglot.dialects import Spark
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]

__all__ = ["FUNCTIONS", "WINDOW_FUNCTIONS", "SqlError", "parse_sql"]

LONGEST = 20_000
"""Characters of one expression: a long CASE has some thousands."""

WIDEST = 1_000
"""The greatest length that a text may be padded to."""

WINDOW_FUNCTIONS = frozenset(
    """
    avg bool_and bool_or count count_if cume_dist dense_rank max max_by mean min min_by percent_rank rank
    stddev stddev_pop stddev_samp sum var_pop var_samp variance
    """.split()  # noqa: SIM905
)
"""What may stand before ``OVER``: of equal rows each gets the same value, whatever their order."""

FUNCTIONS = frozenset(
    """
    abs acos acosh add_months array array_append array_compact array_contains array_distinct
    array_except array_insert array_intersect array_join array_max array_min array_position array_prepend
    array_remove array_size array_sort array_union arrays_overlap arrays_zip ascii asin asinh atan atan2
    atanh base64 bigint binary bin bit_count bit_get bit_length boolean bround btrim cardinality cast cbrt
    ceil ceiling char char_length character_length charindex chr coalesce concat concat_ws contains conv
    convert_timezone cos cosh cot crc32 csc date date_add date_diff date_format date_from_unix_date
    date_part date_sub date_trunc dateadd datediff datepart day dayname dayofmonth dayofweek dayofyear
    decimal decode degrees double e element_at elt encode endswith equal_null exists exp expm1 extract
    factorial filter find_in_set flatten float floor forall from_json from_unixtime from_utc_timestamp get
    get_json_object getbit greatest hash hex hour hypot if ifnull ilike initcap instr int isnan isnotnull
    isnull json_array_length json_object_keys last_day lcase least left len length levenshtein like ln
    locate log log10 log1p log2 lower lpad ltrim luhn_check make_date make_dt_interval make_interval
    make_timestamp make_ym_interval map map_concat map_contains_key map_entries map_filter
    map_from_arrays map_from_entries map_keys map_values map_zip_with mask md5 minute mod month monthname
    months_between named_struct nanvl negative next_day not nullif nullifzero nvl nvl2 octet_length overlay
    parse_url pi pmod position positive pow power quarter radians regexp regexp_count regexp_extract
    regexp_extract_all regexp_instr regexp_like regexp_replace regexp_substr replace reverse right rint
    rlike round rpad rtrim sec second sha sha1 sha2 sign signum sin sinh size slice smallint sort_array
    soundex split split_part sqrt startswith str_to_map string struct substr substring substring_index tan
    tanh timestamp timestamp_micros timestamp_millis timestamp_seconds timestampadd timestampdiff tinyint
    to_char to_date to_json to_number to_timestamp to_unix_timestamp to_utc_timestamp to_varchar transform
    transform_keys transform_values translate trim trunc try_add try_cast try_divide try_element_at
    try_multiply try_subtract try_to_number try_to_timestamp typeof ucase unbase64 unhex unix_date
    unix_micros unix_millis unix_seconds unix_timestamp upper url_decode url_encode weekday weekofyear
    when width_bucket xxhash64 year zeroifnull zip_with
    """.split()  # noqa: SIM905
)
"""Scalar functions: of equal arguments each gives equal values, reads nothing else, and makes nothing
that is much larger than what it is given."""

_BEFORE_PARENTHESES = frozenset(
    """
    all and any as between by case dec distinct div else end escape from ilike in interval is like not
    numeric on or over regexp rlike some then varchar when where xor
    """.split()  # noqa: SIM905
)
"""Words that may stand before a parenthesis and call nothing."""

_WITHOUT_ARGUMENTS = frozenset("array cume_dist dense_rank e map percent_rank pi rank".split())  # noqa: SIM905
"""What may be called with nothing: the others mean the present time then."""

_ENGINES_OWN = frozenset(
    """
    _metadata current_catalog current_database current_date current_schema current_time current_timestamp
    current_timezone current_user localtime localtimestamp session_user
    """.split()  # noqa: SIM905
)
"""What Spark answers without parentheses too, where no column is called so."""

_NOW = frozenset({"now", "today", "tomorrow", "yesterday"})
"""Texts that Spark reads as dates that change from day to day."""

_DATED = (exp.Date, exp.Timestamp, exp.TsOrDsToDate, exp.TsOrDsToTimestamp, exp.StrToTime)

_FORBIDDEN = (
    exp.Query,
    exp.Subquery,
    exp.Table,
    exp.Placeholder,
    exp.Parameter,
    exp.SessionParameter,
    exp.Kwarg,
    exp.Alias,
    exp.Command,
    exp.Filter,
    exp.Introducer,
    *Spark.parser_class.NO_PAREN_FUNCTIONS.values(),
)

_WORD = re.compile(r"\w")

# sqlglot warns of what it does not know; what is unknown is refused here, in words of our own.
logging.getLogger("sqlglot").addFilter(lambda record: record.levelno >= logging.ERROR)


class SqlError(ValueError):
    """An SQL expression that is none, or does what none may.

    Attributes
    ----------
    reason : str
        What is wrong, in words.
    line, position : int
        Where, both counted from 1: the line of the expression, and the character in it.
    column : str or None
        The column that there is not, if that is what is wrong.
    """

    def __init__(self, reason: str, *, at: tuple[int, int] = (1, 1), column: str | None = None) -> None:
        self.reason = reason
        self.line, self.position = at
        self.column = column
        super().__init__(f"{reason} (line {self.line}, character {self.position})")


def parse_sql(text: str, *, columns: Collection[str] | None = None, windows: bool = False) -> tuple[str, ...]:
    """Parse an expression, and refuse it unless it is a function of one row's columns.

    Parameters
    ----------
    text : str
        A Spark SQL expression.
    columns : collection of str, optional
        The names that the row has. Without them, names are not looked up.
    windows : bool
        Whether aggregates over the rows beside this one (``max(x) OVER (PARTITION BY y)``) may be asked.

    Returns
    -------
    tuple of str
        The columns that it names, in their order, each once; of ``a.b`` the first part.

    Raises
    ------
    SqlError
        With the place and what is wrong.

    Examples
    --------
    >>> parse_sql("kg / (m * m)")
    ('kg', 'm')
    >>> parse_sql("reflect('java.lang.System', 'getenv', 'HOME')")
    Traceback (most recent call last):
    ...
    headgate.quality.sql.SqlError: 'reflect' is not a function that an expression may call (line 1, ...)
    >>> parse_sql("a <> < 0")
    Traceback (most recent call last):
    ...
    headgate.quality.sql.SqlError: not an SQL expression near '0' (line 1, character 8)
    """
    names = _read(text, windows)
    if columns is not None:
        known = {name.lower() for name in columns}
        for name, at in names.items():
            if name.lower() not in known:
                raise SqlError(f"there is no column '{name}'", at=at, column=name)
    return tuple(names)


@lru_cache(maxsize=1024)
def _read(text: str, windows: bool) -> dict[str, tuple[int, int]]:
    if len(text) > LONGEST:
        raise SqlError(f"longer than {LONGEST:,} characters")
    if "${" in text:
        raise SqlError("'${…}' would be replaced by the engine", at=_at(text, text.index("${")))
    try:
        tokens = Spark().tokenize(text)
        _look_at_words(text, tokens)
        (tree,) = Spark().parser().parse_into(exp.Condition, tokens, text)
        if tree is None:
            raise SqlError("there is nothing")
        _look_at_tree(tree, windows)
    except ParseError as error:
        where = error.errors[0]
        near = f" near '{where['highlight']}'" if where.get("highlight") else ""
        # The place is that of the last character of the word.
        begin = max((where.get("col") or 1) - len(where.get("highlight") or "") + 1, 1)
        raise SqlError(f"not an SQL expression{near}", at=(where.get("line") or 1, begin)) from None
    except TokenError:
        raise SqlError("not an SQL expression: a quotation mark or a comment is not closed") from None
    except RecursionError:
        raise SqlError("nested too deep") from None
    places = _places(text, tokens)
    return {name: places.get(name, (1, 1)) for name in dict.fromkeys(_columns(tree))}


def _look_at_words(text: str, tokens: Sequence[Token]) -> None:
    """Refuse calls of what is not listed, by the names that are written, and what engines read otherwise."""
    for number, token in enumerate(tokens):
        place = _at(text, token.start)
        if token.comments or token.token_type is TokenType.HINT:
            raise SqlError("a comment", at=place)
        if token.token_type is TokenType.RAW_STRING and re.search(
            r"\\['\"]", text[token.start : token.end + 1]
        ):
            raise SqlError("a raw text with a backslash before a quotation mark", at=place)
        following = tokens[number + 1 : number + 3]
        if not following or following[0].token_type is not TokenType.L_PAREN:
            continue
        name = token.text.lower()
        quoted = token.token_type in (TokenType.IDENTIFIER, TokenType.STRING)
        if not quoted and (not _WORD.match(name) or name in _BEFORE_PARENTHESES):
            continue
        inside = number > 0 and tokens[number - 1].token_type is TokenType.DOT
        if quoted or inside or name not in FUNCTIONS | WINDOW_FUNCTIONS:
            if token.token_type is TokenType.NUMBER:
                continue
            near = difflib.get_close_matches(name, FUNCTIONS, n=1, cutoff=0.75)
            hint = f"; did you mean '{near[0]}'?" if near and not inside else ""
            raise SqlError(f"'{token.text}' is not a function that an expression may call{hint}", at=place)
        empty = len(following) > 1 and following[1].token_type is TokenType.R_PAREN
        if empty and name not in _WITHOUT_ARGUMENTS:
            raise SqlError(f"'{token.text}' without arguments", at=place)


def _look_at_tree(tree: exp.Expression, windows: bool) -> None:
    for depth, node in _walked(tree):
        if depth > 200:
            raise SqlError("nested too deep")
        if isinstance(node, exp.Query | exp.Subquery | exp.Table):
            raise SqlError("a query inside an expression")
        if isinstance(node, _FORBIDDEN):
            raise SqlError(f"'{node.sql(dialect='spark')[:60]}' depends on more than the row's columns")
        if isinstance(node, exp.Column) and node.parts[0].name.lower() in _ENGINES_OWN:
            raise SqlError(f"'{node.name}' depends on more than the row's columns")
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            raise SqlError("'*' stands for no column")
        if isinstance(node, exp.JSONExtract) and (node.args.get("only_json_types") or _is_arrow(node)):
            raise SqlError("a function with '->' outside of a call")
        if isinstance(node, exp.AggFunc | exp.Window):
            _look_at_window(node, windows)
        if isinstance(node, exp.Pad):
            _look_at_width(node)
        if isinstance(node, (exp.Cast, *_DATED)):
            _look_at_date(node.this)
        if isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE | exp.Between):
            for part in node.iter_expressions():
                _look_at_date(part if isinstance(part, exp.Literal) else None)


def _walked(tree: exp.Expression) -> Iterator[tuple[int, exp.Expression]]:
    """Every node with its depth, without recursion."""
    left = [(0, tree)]
    while left:
        depth, node = left.pop()
        yield depth, node
        # A sum of a thousand terms is as deep as it is long, and no deeper to look at.
        below = depth if isinstance(node, exp.Binary) else depth + 1
        left.extend((below, part) for part in node.iter_expressions())


def _is_arrow(node: exp.Expression) -> bool:
    return not isinstance(node.expression, exp.JSONPath | exp.Literal)


def _look_at_window(node: exp.Expression, windows: bool) -> None:
    if isinstance(node, exp.AggFunc):
        if not isinstance(node.parent, exp.Window) or node.arg_key != "this":
            raise SqlError("an aggregate: it looks at other rows than this one")
    elif not windows:
        raise SqlError("a window: it looks at other rows than this one")
    elif isinstance(frame := node.args.get("spec"), exp.WindowSpec) and not _is_whole_or_range(frame):
        raise SqlError("a frame of ROWS: which they are depends on the order of equal rows; use RANGE")


def _is_whole_or_range(frame: exp.WindowSpec) -> bool:
    ends = {str(frame.args.get(end)).upper() for end in ("start", "end")}
    return str(frame.args.get("kind")).upper() == "RANGE" or ends == {"UNBOUNDED"}


def _look_at_width(node: exp.Expression) -> None:
    width = node.expression
    if not (isinstance(width, exp.Literal) and width.is_int and int(width.name) <= WIDEST):
        raise SqlError(f"the length of lpad and rpad is a number up to {WIDEST:,}")


def _look_at_date(node: object) -> None:
    """Refuse texts that mean another day tomorrow, where they are made into dates."""
    for literal in node.find_all(exp.Literal) if isinstance(node, exp.Expression) else ():
        if literal.is_string and literal.name.strip().split(" ")[0].lower() in _NOW:
            raise SqlError(f"'{literal.name}' is another day tomorrow")


def _columns(tree: exp.Expression) -> Iterator[str]:
    """The first part of every name, in the order of the text."""
    bound = {
        id(part): {argument.name.lower() for argument in node.expressions}
        for node in tree.find_all(exp.Lambda)
        for part in node.walk()
    }
    for column in tree.find_all(exp.Column, bfs=False):
        first = column.parts[0].name
        if first.lower() not in bound.get(id(column), ()):
            yield first


def _places(text: str, tokens: Sequence[Token]) -> dict[str, tuple[int, int]]:
    places: dict[str, tuple[int, int]] = {}
    for token in tokens:
        places.setdefault(token.text, _at(text, token.start))
    return places


def _at(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
