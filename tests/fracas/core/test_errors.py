"""The family of refusals."""

from __future__ import annotations

import pytest

from fracas.core.errors import Finding, Forbidden, FracasError, Invalid, NotFound, Refused, Stale


@pytest.mark.parametrize(
    ("kind", "status"),
    [(NotFound, 404), (Forbidden, 403), (Refused, 409), (Stale, 412), (Invalid, 422), (FracasError, 400)],
)
def test_each_has_its_status(kind: type[FracasError], status: int) -> None:
    assert kind("x").status == status


def test_the_message_takes_its_parameters_when_it_is_shown() -> None:
    error = Refused("Serial %(serial)s is in %(system)s.", serial="A1", system="1201")
    assert str(error) == "Serial A1 is in 1201."
    assert error.message == "Serial %(serial)s is in %(system)s."  # the msgid stays whole for the translator
    assert [str(found) for found in error.findings] == ["Serial A1 is in 1201."]


def test_a_per_cent_sign_without_parameters_stays() -> None:
    assert str(Refused("100 % wrong")) == "100 % wrong"


def test_invalid_names_every_field_or_row() -> None:
    findings = [Finding("Not a number.", field="age", row=7, value="x"), Finding("Needed.", field="serial")]
    error = Invalid("Two things.", findings=findings)
    assert [(found.field, found.row) for found in error.findings] == [("age", 7), ("serial", None)]
    assert Invalid("One.", field="age").findings[0].field == "age"
