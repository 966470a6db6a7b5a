"""Why a failure may not go on yet, as far as this room knows; ``loop`` adds what the problems know."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from fracas.core.errors import Refused
from fracas.core.permissions import Actor
from fracas.failures import queries
from fracas.failures.models import Decision, Failure


def referred_refusal(session: Session, failure: Failure, actor: Actor) -> Refused | None:
    """A score that was passed on is none yet: a second person scores first."""
    score = queries.current_score(session, failure.id)
    if score is None or score.decision is not Decision.REFER:
        return None
    return Refused("The scoring was referred to a second scorer; somebody else answers the ladder first.")


def own_report_refusal(session: Session, failure: Any, actor: Actor) -> Refused | None:
    """Nobody ends their own report without further action."""
    if failure.reporter_id is None or failure.reporter_id != actor.user_id:
        return None
    return Refused("You reported this failure; another approver must close it without further action.")
