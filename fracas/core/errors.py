"""Everything that may be refused, as one small family; the web turns each into its status and a sentence.

A message is a gettext msgid with named parameters, so that the person reads it in their own language:
``Refused("Serial %(serial)s is already installed in %(system)s.", serial=..., system=...)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as _field
from typing import Any

from fracas.core.words import N_


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the input: where it is and what to do about it."""

    message: str
    field: str | None = None
    row: int | None = None
    value: Any = None
    params: dict[str, Any] = _field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class FracasError(Exception):
    """Base of all refusals. ``status`` is the HTTP status a request that meets it ends with."""

    status = 400
    title = N_("Bad request")

    def __init__(self, message: str, /, *, field: str | None = None, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.params = params

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message

    @property
    def findings(self) -> list[Finding]:
        return [Finding(self.message, field=self.field, params=self.params)]


class NotFound(FracasError):
    """No such record, or none that this person may see; the two must look the same from outside."""

    status = 404
    title = N_("Not found")


class Forbidden(FracasError):
    """The person's roles do not hold the permission."""

    status = 403
    title = N_("Not allowed")


class Refused(FracasError):
    """The loop says no: the state does not allow the verb, or a gate is unmet."""

    status = 409
    title = N_("Refused")


class Stale(FracasError):
    """The record changed since the person opened it; nothing was overwritten."""

    status = 412
    title = N_("Changed meanwhile")


class Invalid(FracasError):
    """The input cannot be used as it is; ``findings`` names every field or row."""

    status = 422
    title = N_("Please correct the input")

    def __init__(
        self,
        message: str,
        /,
        *,
        field: str | None = None,
        findings: list[Finding] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(message, field=field, **params)
        self._findings = findings

    @property
    def findings(self) -> list[Finding]:
        return self._findings if self._findings is not None else super().findings
