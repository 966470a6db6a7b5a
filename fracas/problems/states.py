"""The stages of a problem: why it happens, what the board decides, where else it may sit."""

from enum import StrEnum


class ProblemState(StrEnum):
    OPEN = "open"
    ANALYSED = "analysed"
    DECIDED = "decided"
    SPREAD = "spread"
    CLOSED = "closed"
    CLOSED_UNVERIFIED = "closed_unverified"
    CLOSED_ELSEWHERE = "closed_elsewhere"


S = ProblemState
ACTIVE = frozenset({S.OPEN, S.ANALYSED, S.DECIDED, S.SPREAD})
ENDED = frozenset(S) - ACTIVE

MOVES: dict[str, dict[ProblemState, ProblemState]] = {
    "edit": {state: state for state in ACTIVE},
    "assign": {state: state for state in ACTIVE},
    "link_failure": {state: state for state in ACTIVE},
    "unlink_failure": {state: state for state in ACTIVE},
    "analyse": {S.OPEN: S.ANALYSED, S.ANALYSED: S.ANALYSED},
    "decide": {S.ANALYSED: S.DECIDED},
    "spread": {S.DECIDED: S.SPREAD},
    "close": {S.SPREAD: S.CLOSED},
    "close_unverified": dict.fromkeys(ACTIVE, S.CLOSED_UNVERIFIED),
    "send_back": {S.ANALYSED: S.OPEN, S.DECIDED: S.ANALYSED, S.SPREAD: S.DECIDED},
    "reopen": dict.fromkeys(ENDED, S.OPEN),
    # Only an import has it: a problem that was dealt with in the system it came from.
    "bring_history": {S.OPEN: S.CLOSED_ELSEWHERE, S.ANALYSED: S.CLOSED_ELSEWHERE},
}

NEXT_STEP = {S.OPEN: "analyse", S.ANALYSED: "decide", S.DECIDED: "spread", S.SPREAD: "close"}
REASONS = frozenset({"close_unverified", "send_back", "reopen", "unlink_failure"})
