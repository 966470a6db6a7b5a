from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas.core.errors import Forbidden, Invalid, NotFound
from fracas.core.history import HistoryEntry
from fracas.core.permissions import Actor
from fracas.organisations import workflow
from tests.factories.organisations import make_customer, make_root, make_site

ADD = [workflow.add_site, workflow.add_customer, workflow.add_supplier]


def test_an_organisation_is_created_once_and_remembered(session: Session) -> None:
    made = workflow.create_organisation(session, code=" ACME ", name="Acme")
    assert made.code == "ACME"
    entry = session.scalars(select(HistoryEntry).where(HistoryEntry.subject_id == made.id)).one()
    assert entry.verb == "create"
    with pytest.raises(Invalid, match="already an organisation with code “ACME”"):
        workflow.create_organisation(session, code="ACME", name="Again")
    with pytest.raises(Invalid, match="needs a code and a name"):
        workflow.create_organisation(session, code="X", name=" ")


@pytest.mark.parametrize("add", ADD)
def test_a_code_is_used_once_in_an_organisation(session: Session, add: Callable[..., Any]) -> None:
    actor = make_root(session)
    add(session, actor, code="0071", name="First")
    with pytest.raises(Invalid, match="“0071” is taken") as refused:
        add(session, actor, code="0071", name="Second")
    assert refused.value.field == "code"
    assert add(session, actor, code="71", name="Other").code == "71"
    assert add(session, make_root(session), code="0071", name="Elsewhere").code == "0071"
    with pytest.raises(Invalid, match="A code is needed"):
        add(session, actor, code=" ", name="Nothing")


def test_a_time_zone_is_an_iana_name(session: Session) -> None:
    actor = make_root(session)
    site = make_site(session, actor, "SH", time_zone="Asia/Shanghai")
    for zone in ("Shanghai", "", "../etc/passwd", "GMT+25"):
        with pytest.raises(Invalid, match="is no time zone") as refused:
            workflow.edit_site(session, actor, site, time_zone=zone)
        assert refused.value.field == "time_zone"
    assert site.time_zone == "Asia/Shanghai"


def test_what_is_left_out_stays(session: Session) -> None:
    actor = make_root(session)
    site = make_site(session, actor, "SH", name="Shanghai", is_service_point=True)
    workflow.edit_site(session, actor, "SH", time_zone="Asia/Shanghai")
    assert (site.name, site.time_zone, site.is_service_point) == ("Shanghai", "Asia/Shanghai", True)
    workflow.edit_site(session, actor, site, name="Shanghai 2", is_service_point=False)
    assert (site.name, site.time_zone, site.is_service_point) == ("Shanghai 2", "Asia/Shanghai", False)
    customer = make_customer(session, actor)
    supplier = workflow.add_supplier(session, actor, code="V", name="Valves")
    workflow.edit_customer(session, actor, customer, name="City Metro")
    workflow.edit_supplier(session, actor, "V", name="Valves Ltd")
    assert (customer.name, supplier.name) == ("City Metro", "Valves Ltd")
    with pytest.raises(NotFound):
        workflow.edit_site(session, make_root(session), site, name="mine now")


def test_nobody_may_without_the_permission(session: Session) -> None:
    root = make_root(session)
    site = make_site(session, root)
    nobody = Actor(root.organisation_id, None, "nobody")
    for verb, args in (
        (workflow.add_site, ()), (workflow.edit_site, (site,)), (workflow.add_customer, ()),
        (workflow.edit_customer, ("X",)), (workflow.add_supplier, ()), (workflow.edit_supplier, ("X",)),
    ):  # fmt: skip
        with pytest.raises(Forbidden, match=verb.permission):  # type: ignore[attr-defined]
            verb(session, nobody, *args, name="x")
