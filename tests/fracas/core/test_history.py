"""Nothing changes without who, when, old, new and why."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from fracas.core import history
from fracas.core.errors import Refused
from fracas.core.history import HistoryEntry
from fracas.organisations import workflow
from fracas.users.models import User
from tests.factories.organisations import make_root, make_site
from tests.factories.users import make_user


def _entries(session: Session, kind: str, key: UUID) -> list[HistoryEntry]:
    return list(session.scalars(history.entries(kind, key)))


def test_a_change_keeps_old_and_new_and_the_reason(session: Session) -> None:
    root = make_root(session)
    site = make_site(session, root, "SHA", time_zone="Asia/Shanghai")
    workflow.edit_site(session, root, site, name="Shanghai south", reason="renamed by the operator")
    newest, made = _entries(session, "site", site.id)
    assert newest.changes == {"name": ["Site SHA", "Shanghai south"]}
    assert (newest.verb, newest.reason, newest.actor_name) == ("edit", "renamed by the operator", "system")
    assert made.changes["time_zone"] == [None, "Asia/Shanghai"]


def test_secrets_never_enter_it(session: Session) -> None:
    user = make_user(session, make_root(session), password="a long enough secret")
    assert user.password_hash
    written = [entry.changes for entry in _entries(session, "user", user.id)]
    assert not any("password_hash" in changes or user.password_hash in str(changes) for changes in written)


def test_what_is_refused_leaves_no_trace(session: Session) -> None:
    root = make_root(session)
    site = make_site(session, root)
    before = len(_entries(session, "site", site.id))
    with pytest.raises(Refused), session.begin_nested(), history.acting(session, root, "edit"):
        site.name = "never"
        session.flush()
        raise Refused("no")
    make_site(session, root, "OTHER")  # a later verb does not write what was rolled back
    assert len(_entries(session, "site", site.id)) == before


def test_a_change_outside_a_verb_is_written_too(session: Session) -> None:
    root = make_root(session)
    site = make_site(session, root)
    site.name = "by hand"
    session.flush()
    newest = _entries(session, "site", site.id)[0]
    assert (newest.verb, newest.actor_name) == ("change", "system")


@pytest.mark.parametrize("statement", ["UPDATE history_entry SET verb = 'x'", "DELETE FROM history_entry"])
def test_the_database_itself_refuses_to_change_it(session: Session, statement: str) -> None:
    make_site(session, make_root(session))
    with pytest.raises(DatabaseError), session.begin_nested():
        session.connection().exec_driver_sql(statement)


def test_a_child_row_belongs_to_its_record(session: Session) -> None:
    user = make_user(session, make_root(session))
    assert history.subject_of(user.roles[0]) == ("user", user.id)
    assert history.subject_of(session.scalars(select(User)).first()) is not None
