from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from fracas.core.errors import NotFound
from fracas.core.permissions import Actor
from fracas.organisations import queries, workflow
from tests.factories.organisations import make_customer, make_organisation, make_root, make_site


def test_an_organisation_is_found_by_its_code(session: Session) -> None:
    made = make_organisation(session, code="ACME")
    assert queries.organisation(session, "ACME") is made
    assert made in queries.organisations(session)
    with pytest.raises(NotFound, match="no organisation with code “NONE”"):
        queries.organisation(session, "NONE")


def test_each_kind_is_found_by_itself_its_id_and_its_code(session: Session) -> None:
    actor = make_root(session)
    site, customer = make_site(session, actor, "A1"), make_customer(session, actor, "C1")
    supplier = workflow.add_supplier(session, actor, code="V1", name="Valves")
    for finder, made, code in (
        (queries.site, site, "A1"), (queries.customer, customer, "C1"), (queries.supplier, supplier, "V1")
    ):  # fmt: skip
        for key in (made, made.id, str(made.id), code, f" {code} "):
            assert finder(session, actor, key) is made
        with pytest.raises(NotFound, match="“NONE”"):
            finder(session, actor, "NONE")
        with pytest.raises(NotFound):
            finder(session, make_root(session), made)
    assert (queries.sites(session, actor), queries.customers(session, actor)) == ([site], [customer])
    assert queries.suppliers(session, actor) == [supplier]


def test_who_works_at_one_site_uses_only_that(session: Session) -> None:
    root = make_root(session)
    here, there = make_site(session, root, "HERE"), make_site(session, root, "THERE")
    local = Actor(root.organisation_id, None, "local", site_ids=frozenset({here.id}))
    assert queries.sites(session, local) == [here]
    assert queries.site(session, local, "HERE") is here
    here.time_zone, there.time_zone = "Asia/Shanghai", "Europe/Amsterdam"
    assert queries.home_zone(session, local) == "Asia/Shanghai"
    for key in ("THERE", there.id):
        with pytest.raises(NotFound):
            queries.site(session, local, key)


def test_a_customer_knows_of_no_other(session: Session) -> None:
    root = make_root(session)
    mine, other = make_customer(session, root, "MINE"), make_customer(session, root, "OTHER")
    actor = Actor(root.organisation_id, None, "customer", customer_id=mine.id)
    assert queries.customers(session, actor) == [mine]
    with pytest.raises(NotFound):
        queries.customer(session, actor, other.code)
