"""What every verb has in common."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from fracas.core import permissions
from fracas.core.errors import Forbidden, Invalid, Refused, Stale
from fracas.core.permissions import Actor
from fracas.core.verbs import as_one, verb
from fracas.organisations.models import Site
from fracas.organisations.workflow import add_site
from fracas.users.workflow import edit_user
from tests.factories.organisations import make_root
from tests.factories.users import make_user


@verb("site.add")
def spoil(session: Session, actor: Actor, *, after: Exception) -> Any:
    """Write something, then fail."""
    session.add(Site(organisation_id=actor.organisation_id, code="HALF", name="half-written"))
    session.flush()
    raise after


@verb("site.edit", needs_reason=True)
def correct(session: Session, actor: Actor) -> str:
    """A verb that needs its reason."""
    return "done"


@verb("site.edit")
def note(session: Session, actor: Actor, fact: object) -> str:
    """A verb on something without a version."""
    return "noted"


def test_it_asks_for_its_permission(session: Session) -> None:
    assert "site.edit" in permissions.KNOWN
    nobody = Actor(make_root(session).organisation_id, None, "nobody")
    with pytest.raises(Forbidden):
        correct(session, nobody, reason="because")


def test_a_refused_verb_leaves_nothing_half_written(session: Session) -> None:
    root = make_root(session)
    with pytest.raises(Refused):
        spoil(session, root, after=Refused("no"))
    assert session.scalar(select(Site.id).where(Site.code == "HALF")) is None
    add_site(session, root, code="WHOLE", name="Whole")  # and the session goes on working
    assert session.scalar(select(Site.id).where(Site.code == "WHOLE")) is not None


@pytest.mark.parametrize("reason", [None, " "])
def test_a_correction_without_a_reason_is_refused(session: Session, reason: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        correct(session, make_root(session), reason=reason)
    assert refused.value.field == "reason"
    assert correct(session, make_root(session), reason="a slip of the pen") == "done"


def test_who_saw_an_older_version_overwrites_nothing(session: Session) -> None:
    root = make_root(session)
    user = make_user(session, root, name="First")
    seen = user.version
    edit_user(session, root, user, name="Second", if_version=seen)
    with pytest.raises(Stale):
        edit_user(session, root, user, name="Third", if_version=seen)
    assert user.name == "Second"
    assert user.version > seen


@verb("site.add")
def twice(session: Session, actor: Actor) -> None:
    """A verb that does another one."""
    add_site(session, actor, code="FIRST", name="First")
    add_site(session, actor, code="SECOND", name="Second")


def test_the_outermost_verb_has_the_savepoint(session: Session) -> None:
    root, begun = make_root(session), []
    event.listen(session.get_bind(), "savepoint", lambda _, name: begun.append(name))
    twice(session, root)
    assert len(begun) == 1
    with as_one(session):
        add_site(session, root, code="THIRD", name="Third")
    assert len(begun) == 1
    add_site(session, root, code="FOURTH", name="Fourth")
    assert len(begun) == 2


def test_who_keeps_or_drops_many_verbs_together_drops_what_was_half_written(session: Session) -> None:
    root = make_root(session)
    with pytest.raises(Refused), session.begin_nested(), as_one(session):
        add_site(session, root, code="WHOLE", name="Whole")
        spoil(session, root, after=Refused("no"))
    assert session.scalars(select(Site.code).where(Site.code.in_(["HALF", "WHOLE"]))).all() == []
    with pytest.raises(Refused):
        spoil(session, root, after=Refused("no"))
    assert session.scalar(select(Site.id).where(Site.code == "HALF")) is None


def test_a_fact_has_no_version_and_needs_none(session: Session) -> None:
    """It is superseded, never changed; a page or a program that names a version does no harm."""
    root = make_root(session)
    assert correct(session, root, reason="because", if_version=7) == "done"
    assert note(session, root, object(), if_version=7) == "noted"
