"""The stages of an action: planned, under way, done, proved."""

from enum import StrEnum


class ActionState(StrEnum):
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    VERIFIED = "verified"
    CANCELLED = "cancelled"
    CLOSED_ELSEWHERE = "closed_elsewhere"


S = ActionState
OPEN = frozenset({S.PLANNED, S.IN_PROGRESS, S.COMPLETED})
ENDED = frozenset(S) - OPEN

MOVES: dict[str, dict[ActionState, ActionState]] = {
    "edit": {S.PLANNED: S.PLANNED, S.IN_PROGRESS: S.IN_PROGRESS},
    # The criterion is set before completion: afterwards it could be made to fit.
    "set_criterion": {S.PLANNED: S.PLANNED, S.IN_PROGRESS: S.IN_PROGRESS},
    "start": {S.PLANNED: S.IN_PROGRESS},
    "complete": {S.IN_PROGRESS: S.COMPLETED},
    "give_verdict": {S.COMPLETED: S.COMPLETED},
    "verify": {S.COMPLETED: S.VERIFIED},
    "send_back": {S.IN_PROGRESS: S.PLANNED, S.COMPLETED: S.IN_PROGRESS},
    "cancel": {S.PLANNED: S.CANCELLED, S.IN_PROGRESS: S.CANCELLED},
    "reopen": {S.VERIFIED: S.IN_PROGRESS, S.CANCELLED: S.PLANNED, S.CLOSED_ELSEWHERE: S.PLANNED},
    # Only an import has it: an action that was finished in the system it came from.
    "bring_history": {S.PLANNED: S.CLOSED_ELSEWHERE},
}

NEXT_STEP = {S.PLANNED: "start", S.IN_PROGRESS: "complete", S.COMPLETED: "verify"}
REASONS = frozenset({"send_back", "cancel", "reopen"})
