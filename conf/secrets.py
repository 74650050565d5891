"""Secrets: where one is kept, never what it is.

A pipeline file holds references. The jobs resolve them at the moment of use; nothing else, be it a
log, an error, a fingerprint or a report, ever sees more than the reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from headgate.conf.problems import nearest_name

__all__ = ["Secret", "SecretError", "SecretReference", "Store"]

Store = Literal["env", "secretsmanager", "ssm"]

_FORMS: dict[str, tuple[str, re.Pattern[str]]] = {
    "env": ("${secret:env:NAME}", re.compile(r"([A-Za-z_][A-Za-z0-9_]*)()")),
    "secretsmanager": ("${secret:secretsmanager:ID#json_key}", re.compile(r"([\w/+=.@:-]+)(?:#([^#\s]+))?")),
    "ssm": ("${secret:ssm:/path}", re.compile(r"(/[\w./-]+)()")),
}

FORMS = tuple(form for form, _ in _FORMS.values())

_REFERENCE = re.compile(r"\$\{secret:([^:{}]*):?([^{}]*)\}")


class SecretError(ValueError):
    """A text that looks like a reference to a secret but is none.

    Attributes
    ----------
    reason : str
        What is wrong with it.
    allowed : tuple of str
        The forms there are.
    nearest : str or None
        The store whose name is most alike.
    """

    def __init__(self, *, reason: str, nearest: str | None = None) -> None:
        self.reason = reason
        self.allowed = FORMS
        self.nearest = nearest
        super().__init__(f"{reason}; write one of {', '.join(FORMS)}")


@dataclass(frozen=True)
class SecretReference:
    """Where a secret is kept.

    Parameters
    ----------
    store : {"env", "secretsmanager", "ssm"}
        An environment variable, AWS Secrets Manager, or the Parameter Store of AWS Systems Manager.
    name : str
        The variable's name, the secret's id or ARN, the parameter's path.
    key : str, optional
        Of the secret's JSON object, the entry that is meant.

    Examples
    --------
    >>> SecretReference("env", "ZIP_PASSWORD")
    ${secret:env:ZIP_PASSWORD}
    >>> SecretReference.parse("${secret:secretsmanager:hospital/zip#password}").key
    'password'
    """

    store: Store
    name: str
    key: str | None = None

    def __str__(self) -> str:
        return f"${{secret:{self.store}:{self.name}{'#' + self.key if self.key else ''}}}"

    __repr__ = __str__

    @classmethod
    def parse(cls, text: str) -> SecretReference:
        """Read a reference from its text.

        Parameters
        ----------
        text : str
            ``${secret:env:NAME}``, ``${secret:secretsmanager:ID#json_key}`` or ``${secret:ssm:/path}``.

        Returns
        -------
        SecretReference

        Raises
        ------
        SecretError
            The text is none of these. The error does not repeat the text.
        """
        found = _REFERENCE.fullmatch(text)
        if not found:
            raise SecretError(reason="not a reference to a secret")
        store, rest = found.groups()
        if store not in _FORMS:
            raise SecretError(reason="unknown store of secrets", nearest=nearest_name(store, _FORMS))
        form, pattern = _FORMS[store]
        parts = pattern.fullmatch(rest)
        if not parts:
            raise SecretError(reason=f"a secret of this store is written {form}")
        return cls(cast(Store, store), parts[1], parts[2] or None)


def _reference(value: Any) -> SecretReference:
    if isinstance(value, SecretReference):
        return value
    raise PydanticCustomError(
        "headgate",
        "{reason}",
        {
            "reason": "a secret must not be written into the file",
            "fix": "keep it in a store and write where, such as ${secret:env:NAME}",
            "allowed": FORMS,
            "value": None,
        },
    )


Secret = Annotated[
    SecretReference,
    BeforeValidator(_reference),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\$\{secret:(env|secretsmanager|ssm):[^{}]+\}$"}),
    Field(examples=list(FORMS)),
]
"""The type of a field that takes a reference to a secret, and no literal."""
