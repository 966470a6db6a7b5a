"""What is true of the demo fleet."""

from __future__ import annotations

import pytest

from fracas.catalog.starter import STARTER_CODES
from fracas.demo.scenario import PARTS, PEOPLE, SITES, PartScenario
from fracas.users.models import Role


def test_the_fleet_holds_what_the_pages_should_find() -> None:
    assert any(part.truth.beta > 1.5 and part.bad_lot is None for part in PARTS), "one that wears out"
    assert any(part.truth.beta < 1 for part in PARTS), "one that fails young"
    assert any(part.truth.beta == 1 for part in PARTS), "one that fails at random"
    assert any(part.bad_lot is not None for part in PARTS), "one with a bad batch"
    changed = [part for part in PARTS if part.changed_after is not None]
    assert any(part.changed_after.eta > 2 * part.truth.eta for part in changed if part.changed_after)
    assert any(part.changed_after == part.truth for part in changed), "one change that does nothing"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.number)
def test_a_part_is_told_in_codes_that_exist_and_in_both_languages(part: PartScenario) -> None:
    codes = {(kind.value, code) for kind, code, *_ in STARTER_CODES}
    assert {("mode", part.mode), ("mechanism", part.mechanism), ("cause", part.cause)} <= codes
    assert ("symptom", part.symptom_code) in codes
    assert len(part.symptoms) == len(part.symptoms_zh) >= 3
    assert all(text.isascii() for text in part.symptoms)
    assert not any(text.isascii() for text in part.symptoms_zh)


def test_every_role_is_there_to_enter_as() -> None:
    assert {role for _, _, role, _ in PEOPLE} == {role.value for role in Role}


def test_people_belong_to_sites_that_exist() -> None:
    known = {code for code, _, _ in SITES}
    assert {site for *_, sites in PEOPLE for site in sites} <= known
