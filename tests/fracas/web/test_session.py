"""A request's writes stand or fall with its answer."""

from __future__ import annotations

import pytest

from tests.factories.service import Service
from tests.fracas.web.conftest import RAISES, last_number


@pytest.mark.parametrize(("status", "kept"), [(200, 1), (303, 1), (400, 0), (409, 0), (422, 0), (500, 0)])
def test_what_is_refused_leaves_nothing_behind(service: Service, status: int, kept: int) -> None:
    prefix = f"SESSION{status}"
    assert service.visitor("quality").post(f"/probe/write/{prefix}/{status}").status_code == status
    assert last_number(service, prefix) == kept


@pytest.mark.parametrize("what", RAISES)
def test_whatever_is_raised_leaves_nothing_behind(service: Service, what: str) -> None:
    answer = service.visitor("quality").post(f"/probe/raise/RAISE{what}/{what}")
    assert answer.status_code >= 400
    assert last_number(service, f"RAISE{what}") == 0


def test_the_request_after_a_refused_one_has_a_session_of_its_own(service: Service) -> None:
    visitor = service.visitor("quality")
    visitor.post("/probe/raise/AFTER/bug")
    assert visitor.post("/probe/write/AFTER/200").text.endswith("-00001")
    assert visitor.post("/probe/write/AFTER/200").text.endswith("-00002")


def test_a_page_that_is_read_does_not_wait_for_a_writer(service: Service) -> None:
    visitor = service.visitor("quality")
    with service.app.extensions["engine"].begin() as writer:  # BEGIN IMMEDIATE: nobody else may write now
        writer.exec_driver_sql("UPDATE number_sequence SET last = last")
        assert visitor.get("/probe/closed").status_code == 200


def test_a_link_may_write_where_it_says_so(service: Service) -> None:
    visitor = service.visitor("quality")
    with service.app.test_request_context("/probe/closed"):
        from flask import g

        from fracas.web.session import db, writes

        assert writes() is db()
        assert "session" in g
    assert visitor.get("/probe/closed").status_code == 200
