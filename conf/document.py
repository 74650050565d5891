"""A pipeline file on its way from text to model: plain data in which every value knows its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from headgate.conf.problems import Path, Problem, dotted, nearest_name

__all__ = ["Document", "Place"]


@dataclass(frozen=True)
class Place:
    """Where a value is written: file, line, and the text of a scalar."""

    file: str
    line: int | None
    text: str | None = None


@dataclass
class Document:
    """The data on its way from text to model; each pass works on it in turn.

    Parameters
    ----------
    file : str
        For messages.
    data : object
        Mappings with text keys, lists, and scalars.
    places : dict of Path to Place
        One for every value.
    problems : list of Problem
        What the passes found so far.
    """

    file: str
    data: Any
    places: dict[Path, Place]
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """The place of a value, or of the nearest thing around it that is there."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.file, 1))

    def at(self, path: Path) -> Any:
        """The value at `path`; None when there is nothing."""
        value = self.data
        for part in path:
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int):
                value = value[part]
            else:
                return None
        return value

    def mapping(self, path: Path) -> dict[str, Any]:
        """The mapping at `path`; empty when there is nothing there, or something else."""
        value = self.at(path)
        return value if isinstance(value, dict) else {}

    def report(
        self,
        path: Path,
        *,
        reason: str,
        fix: str,
        value: str | None = None,
        allowed: tuple[str, ...] = (),
        names: tuple[str, ...] | None = None,
    ) -> None:
        """Note a problem at `path`; the nearest name is sought in `names`, or else in `allowed`."""
        place = self.place(path)
        actual = self.at(path)
        if isinstance(actual, str) and place.text is not None and "${" in place.text:
            # a variable is shown by its name: its value may be nobody's business
            value = place.text if value == actual else value
            reason, fix = (words.replace(f"'{actual}'", f"'{place.text}'") for words in (reason, fix))
        nearest = nearest_name(value, allowed if names is None else names) if value else None
        self.problems.append(
            Problem(
                file=place.file,
                line=place.line,
                key=dotted(path),
                value=value,
                allowed=allowed,
                nearest=nearest,
                reason=reason,
                fix=f"did you mean '{nearest}'?" if nearest else fix,
            )
        )
