"""The stages of a failure report and the verbs between them."""

from enum import StrEnum


class FailureState(StrEnum):
    REPORTED = "reported"
    COMPLETED = "completed"
    VERIFIED = "verified"
    SCORED = "scored"
    CONTAINED = "contained"
    CLOSED = "closed"
    CLOSED_ELSEWHERE = "closed_elsewhere"


S = FailureState
OPEN = frozenset({S.REPORTED, S.COMPLETED, S.VERIFIED, S.SCORED, S.CONTAINED})
ENDED = frozenset(S) - OPEN

MOVES: dict[str, dict[FailureState, FailureState]] = {
    "amend": {state: state for state in S},
    "attach": {state: state for state in S},
    "complete": {S.REPORTED: S.COMPLETED},
    "verify": {S.COMPLETED: S.VERIFIED},
    # Scoring again supersedes the earlier score and leaves the stage as it is.
    "score": {
        S.VERIFIED: S.SCORED,
        S.SCORED: S.SCORED,
        S.CONTAINED: S.CONTAINED,
        S.CLOSED: S.CLOSED,
        S.CLOSED_ELSEWHERE: S.CLOSED_ELSEWHERE,
    },
    "quarantine": {state: state for state in OPEN},
    "contain": {S.SCORED: S.CONTAINED},
    # Through its problem; or, by an approver and with a reason, as no fault found, duplicate or no further action.
    "close": {S.CONTAINED: S.CLOSED},
    "close_no_action": {S.VERIFIED: S.CLOSED, S.SCORED: S.CLOSED, S.CONTAINED: S.CLOSED},
    "send_back": {
        S.COMPLETED: S.REPORTED,
        S.VERIFIED: S.COMPLETED,
        S.SCORED: S.VERIFIED,
        S.CONTAINED: S.SCORED,
    },
    "reopen": {S.CLOSED: S.COMPLETED, S.CLOSED_ELSEWHERE: S.COMPLETED},
    # Only an import has it: a report that was dealt with in the system it came from.
    "bring_history": {S.REPORTED: S.CLOSED_ELSEWHERE, S.COMPLETED: S.CLOSED_ELSEWHERE},
}

NEXT_STEP = {
    S.REPORTED: "complete",
    S.COMPLETED: "verify",
    S.VERIFIED: "score",
    S.SCORED: "contain",
    S.CONTAINED: "close",
}
REASONS = frozenset({"amend", "close_no_action", "send_back", "reopen"})
