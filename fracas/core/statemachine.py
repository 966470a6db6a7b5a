"""State machines with named gates and echoes. The only place that assigns ``.state``.

A machine is a table ``{verb: {state before: state after}}``; a verb that leaves the state as it is maps a state to
itself. A *gate* may refuse a verb, with a reason; an *echo* reacts after it. `loop.py` hangs one room's gates on another's
machine, so that a lower room never calls an upper one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from fracas.core import clock
from fracas.core.errors import Invalid, Refused
from fracas.core.permissions import Actor
from fracas.core.words import Coded, Listed, VerbName

Gate = Callable[[Session, Any, Actor], str | Refused | None]
Echo = Callable[[Session, Any, Actor], None]


class Machine:
    """The moves of one kind of record.

    Parameters
    ----------
    kind : the singular name of the record, for messages and history.
    moves : ``{verb: {state: next state}}``.
    reasons : verbs that need a written reason (all that go backwards).
    """

    def __init__(
        self, kind: str, moves: Mapping[str, Mapping[Any, Any]], *, reasons: frozenset[str] = frozenset()
    ) -> None:
        self.kind = kind
        self.moves = moves
        self.reasons = reasons
        self._gates: dict[str, dict[str, Gate]] = {}
        self._echoes: dict[str, dict[str, Echo]] = {}

    def gate(self, verb: str, check: Gate) -> None:
        """Let ``check`` refuse ``verb``. Hanging the same gate twice is one gate (tests build many apps)."""
        self._known(verb)
        self._gates.setdefault(verb, {})[f"{check.__module__}.{check.__qualname__}"] = check

    def echo(self, verb: str, react: Echo) -> None:
        self._known(verb)
        self._echoes.setdefault(verb, {})[f"{react.__module__}.{react.__qualname__}"] = react

    def verbs_from(self, state: StrEnum) -> list[str]:
        return [verb for verb, table in self.moves.items() if state in table]

    def require_state(self, subject: Any, verb: str, reason: str | None = None) -> None:
        """Refuse a verb that the state does not know, or one that came without the reason it needs."""
        table = self._known(verb)
        if subject.state not in table:
            raise Refused(
                "“%(verb)s” is not possible while the %(kind)s is “%(state)s”; possible now: %(possible)s.",
                verb=VerbName(verb, self.kind),
                kind=Coded(self.kind),
                state=subject.state,
                possible=Listed(VerbName(one, self.kind) for one in self.verbs_from(subject.state)) or "–",
            )
        if verb in self.reasons and not (reason or "").strip():
            raise Invalid("“%(verb)s” needs a reason.", field="reason", verb=VerbName(verb, self.kind))

    def refusals(self, session: Session, subject: Any, verb: str, actor: Actor) -> list[Refused]:
        """Why the gates would refuse now, without trying (pages show it beside the button)."""
        found: list[Refused] = []
        for check in self._gates.get(verb, {}).values():
            answer = check(session, subject, actor)
            if answer is not None:
                found.append(answer if isinstance(answer, Refused) else Refused(answer))
        return found

    def move(self, session: Session, subject: Any, verb: str, actor: Actor) -> None:
        """Ask the gates, change the state, tell the echoes. The facts must be set before."""
        table = self._known(verb)
        for refusal in self.refusals(session, subject, verb, actor):
            raise refusal
        after = table[subject.state]
        if after != subject.state:
            subject.state = after
            subject.state_since = clock.now()
        session.flush()
        for react in self._echoes.get(verb, {}).values():
            react(session, subject, actor)

    def _known(self, verb: str) -> Mapping[Any, Any]:
        if verb not in self.moves:
            raise KeyError(f"{self.kind} has no verb {verb!r}")
        return self.moves[verb]
