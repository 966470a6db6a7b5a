"""Mark texts for translation where no request is near: ``N_("Outcome")`` is found by pybabel and returned as it is.

A message's parameters may be words as well. They are handed over as what they are (a member of a StrEnum, `Coded`,
`VerbName`, `FieldName`, several as `Listed`), and the web says them in the reader's language; elsewhere they read as
they are written.
"""

from __future__ import annotations


def N_(text: str) -> str:  # gettext's own name for "mark, do not translate yet"
    return text


class Coded(str):
    """A coded value that is no member of a StrEnum, such as the kind of a record."""

    __slots__ = ()


class VerbName(str):
    """The name of a verb, such as ``close_no_action``, and the kind of record that it is done to."""

    kind: str | None

    def __new__(cls, name: str, kind: str | None = None) -> VerbName:
        made = super().__new__(cls, name)
        made.kind = kind
        return made


class FieldName(str):
    """The name of a field, such as ``part_type``."""

    __slots__ = ()


class Listed(tuple[object, ...]):
    """Several values, told with commas between them."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(str(value) for value in self)
