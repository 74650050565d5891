"""YAML text to a document, more strictly than YAML asks.

Keys do not repeat, and a key is text, exactly as it is written (so ``on:``, ``1:`` and ``no:`` are
the texts that they look like). Anchors, aliases and merge keys work; how deep and how large the
data may get is bounded.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import SafeConstructor

from headgate.conf.document import Document, Place
from headgate.conf.problems import Path, PipelineError, Problem

__all__ = ["read_document"]

DEEPEST = 50
"""Levels of nesting: a pipeline needs about ten."""

LARGEST = 50_000
"""Values, each alias counted in full: a large pipeline has some thousands."""

LONGEST = 512 * 1024
"""Characters: a large pipeline has a tenth, and YAML is slow to read."""

_TAG = "tag:yaml.org,2002:"
_TEXT = {_TAG + "str", _TAG + "value", _TAG + "merge"}
_KINDS = {_TAG + kind for kind in ("null", "bool", "int", "float", "timestamp")}


HALF = "half of a surrogate pair is not text"


def _half(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


class _Loader(yaml.SafeLoader):
    """YAML's own loader, up to the node tree, with bounds on depth and number."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.nodes += 1
        if self.depth >= DEEPEST or self.nodes > 2 * LARGEST:
            bound = f"nested more than {DEEPEST} levels deep" if self.depth >= DEEPEST else "too many values"
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise ComposerError(None, None, bound, mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Reader:
    def __init__(self, file: str) -> None:
        self.document = Document(file, None, {})
        self.scalars = SafeConstructor()
        self.resolver = yaml.resolver.Resolver()
        self.left = LARGEST

    def value(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self._spend(node, depth)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if node.tag not in (_TAG + "seq", _TAG + "map"):
            self._refuse_tag(node, path)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for position, item in enumerate(node.value):
                self._note((*path, position), item, item)
                items.append(self.value(item, (*path, position), depth + 1))
            return items
        result = {}
        for name, (key, item) in self._entries(node, path, depth).items():
            self._note((*path, name), key, item)
            result[name] = self.value(item, (*path, name), depth + 1)
        return result

    def _note(self, path: Path, where: yaml.Node, node: yaml.Node) -> None:
        text = node.value if isinstance(node, yaml.ScalarNode) else None
        self.document.places[path] = Place(self.document.file, where.start_mark.line + 1, text)

    def _spend(self, node: yaml.Node, depth: int) -> None:
        self.left -= 1
        if self.left < 0 or depth > DEEPEST:
            bound = f"{DEEPEST} levels deep" if depth > DEEPEST else f"{LARGEST} values"
            problem = Problem(
                file=self.document.file,
                line=node.start_mark.line + 1,
                key="",
                reason=f"with its aliases written out the file is more than {bound}",
                fix="use fewer aliases (*name), and none inside its own anchor (&name)",
            )
            raise PipelineError([*self.document.problems, problem])

    def _entries(self, node: yaml.Node, path: Path, depth: int) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        self._spend(node, depth)
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._note(path, key, key)
                self.document.report(path, reason="a key must be text", fix="write a name before the colon")
                continue
            if _half(key.value):
                self._note(path, key, key)
                self.document.report(path, reason=HALF, fix="write the whole character")
                continue
            if key.value in own:
                first = own[key.value][0].start_mark.line + 1
                self._note((*path, key.value), key, key)
                self.document.report(
                    (*path, key.value),
                    value=key.value,
                    names=(),
                    reason=f"repeated key '{key.value}', first on line {first}",
                    fix="remove one of the two",
                )
                continue
            own[key.value] = (key, item)
            if key.tag == _TAG + "merge":
                for source in item.value if isinstance(item, yaml.SequenceNode) else [item]:
                    for name, entry in self._merged(source, path, depth).items():
                        entries.setdefault(name, entry)
        merged = {name for name, (key, _) in own.items() if key.tag == _TAG + "merge"}
        return entries | {name: entry for name, entry in own.items() if name not in merged}

    def _merged(self, node: yaml.Node, path: Path, depth: int) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        if isinstance(node, yaml.MappingNode):
            return self._entries(node, path, depth + 1)
        self._note((*path, "<<"), node, node)
        self.document.report(
            (*path, "<<"), reason="only a mapping can be merged", fix="write <<: *name of one"
        )
        return {}

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        plain = node.style is None
        implied = self.resolver.resolve(yaml.ScalarNode, node.value, (plain, not plain))  # type: ignore[no-untyped-call]
        if node.tag not in (implied, _TAG + "str"):
            self._refuse_tag(node, path)
        elif node.tag in _KINDS:
            try:
                return self.scalars.construct_object(node)
            except (ValueError, OverflowError):
                self.document.report(
                    path,
                    reason="looks like a number or a date but cannot be read as one",
                    fix="put quotes around it if it is text, or correct it",
                )
        elif _half(node.value):
            self.document.report(path, reason=HALF, fix="write the whole character")
            return ""
        return node.value

    def _refuse_tag(self, node: yaml.Node, path: Path) -> None:
        self.document.report(
            path, reason="a YAML tag (!name) has no meaning here", fix="remove it, or quote the value"
        )


def _syntax_problem(error: Exception, text: str, file: str) -> Problem:
    reason, line, column = "an escape or a number that cannot be read", 1, ""
    if isinstance(error, yaml.reader.ReaderError):
        reason = error.reason
        line = text.count("\n", 0, error.position) + 1
    elif isinstance(error, yaml.MarkedYAMLError):
        # what stands after these words may be a secret that begins with * or &
        reason = re.sub(r"(alias|anchor|handle) '.*'", r"\1", error.problem or error.context or "")
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, f", column {mark.column + 1}") if mark else (1, "")
    variable = "${" in "".join(text.splitlines()[line - 1 : line])
    return Problem(
        file=file,
        line=line,
        key="",
        reason=f"not YAML{column}: {reason}",
        fix="put quotes around a value with ${…} inside { } or [ ]"
        if variable
        else "check indentation and quotes",
    )


def read_document(text: str, *, file: str) -> Document:
    r"""Read a YAML text into plain data with places.

    Parameters
    ----------
    text : str
        One YAML document.
    file : str
        Its name, for messages.

    Returns
    -------
    Document
        Its ``problems`` name repeated keys, unknown tags and values that are not what they look like.

    Raises
    ------
    PipelineError
        The text is not YAML, is too deep or too large, or holds nothing.

    Examples
    --------
    >>> document = read_document("a:\n  on: 1\n  b: [x, y]", file="p.yaml")
    >>> document.data
    {'a': {'on': 1, 'b': ['x', 'y']}}
    >>> document.place(("a", "b", 1)).line
    3
    """
    if len(text) > LONGEST:
        reason, fix = f"longer than {LONGEST:,} characters", "name the pipeline file, or split it"
        raise PipelineError([Problem(file=file, line=1, key="", reason=reason, fix=fix)])
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    # PyYAML lets ValueError out for some escapes and numbers (such as "\U00110000")
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise PipelineError([_syntax_problem(error, text, file)]) from error
    reader = _Reader(file)
    if node is None:
        empty = Problem(
            file=file, line=1, key="", reason="the file is empty", fix="begin with `name:` and `datasets:`"
        )
        raise PipelineError([empty])
    reader._note((), node, node)
    reader.document.data = reader.value(node, (), 0)
    return reader.document
