"""Numbers that people say on the telephone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from fracas.core import clock
from fracas.core.db import make_engine, session_factory, uuid7
from fracas.core.numbering import next_number


def test_they_count_up_by_prefix_year_and_organisation(session: Session) -> None:
    ours, theirs = uuid7(), uuid7()
    with clock.at(datetime(2026, 5, 31, tzinfo=UTC)):
        assert [next_number(session, ours, "FR") for _ in range(2)] == ["FR-2026-00001", "FR-2026-00002"]
        assert next_number(session, ours, "PR") == "PR-2026-00001"
        assert next_number(session, theirs, "FR") == "FR-2026-00001"
    with clock.at(datetime(2027, 1, 1, tzinfo=UTC)):
        assert next_number(session, ours, "FR") == "FR-2027-00001"


def test_two_at_once_never_share_one(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    sessions, organisation = session_factory(engine), uuid7()

    def take(_: int) -> str:
        with sessions() as own:
            number = next_number(own, organisation, "FR")
            own.commit()
            return number

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(take, range(40)))
    engine.dispose()
    assert len(set(numbers)) == 40
