"""When a system was under observation, from the ends that its service events set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fracas.assets.models import ServiceEventKind

Window = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Observation:
    """The windows in which what happens to a system is seen, as seconds since 1970.

    Attributes
    ----------
    windows : (start, end) in time order, without overlap; -inf where nothing says when it began.
    commissioned_at : when it was new; None where that is not known.
    is_stated : False where the register says neither commissioning nor window; what is installed in
        such a system is then its own beginning of observation, but the system itself is in no at-risk set.
    """

    windows: tuple[Window, ...]
    commissioned_at: float | None
    is_stated: bool


def observe(events: Iterable[tuple[float, ServiceEventKind]], until: float) -> Observation:
    """Windows of one system up to ``until``, from all its events, those after ``until`` included.

    A commissioning begins service and a retirement ends it. Stated windows (``observed_from`` .. ``observed_until``)
    narrow observation to themselves: what happened before a record began was not recorded, however old the
    system is. Without stated windows a commissioned system is watched through all its service.

    An earlier ``until`` only cuts: what was seen up to a day does not depend on the day from which one looks back,
    so before its commissioning, or before the record began, a system was not watched, whatever moment is asked for.
    """
    ordered = sorted(events)
    kinds = {kind for _, kind in ordered}
    service = _spans(ordered, ServiceEventKind.COMMISSIONED, ServiceEventKind.RETIRED)
    watched = _spans(ordered, ServiceEventKind.OBSERVED_FROM, ServiceEventKind.OBSERVED_UNTIL)
    begun = [at for at, kind in ordered if kind == ServiceEventKind.COMMISSIONED]
    return Observation(
        windows=tuple(overlap(overlap(service, watched), [(-math.inf, until)])),
        commissioned_at=begun[0] if begun else None,
        is_stated=bool(kinds - {ServiceEventKind.RETIRED}),
    )


def _spans(
    events: Sequence[tuple[float, ServiceEventKind]],
    opening: ServiceEventKind,
    closing: ServiceEventKind,
) -> list[Window]:
    """Stretches from each ``opening`` to its ``closing``; open at an end that no event sets. Overlaps are joined."""
    spans: list[Window] = []
    depth, start = 0, -math.inf
    first = next((kind for _, kind in events if kind in (opening, closing)), closing)
    if first == closing:
        depth = 1
    for at, kind in events:
        if kind == opening:
            if depth == 0:
                start = at
            depth += 1
        elif kind == closing and depth > 0:
            # A retirement ends service whatever opened it; a window ends only with the last that is open.
            depth = 0 if closing == ServiceEventKind.RETIRED else depth - 1
            if depth == 0:
                spans.append((start, at))
    if depth > 0:
        spans.append((start, math.inf))
    return _joined(spans)


def _joined(spans: list[Window]) -> list[Window]:
    joined: list[Window] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def overlap(first: Sequence[Window], second: Sequence[Window]) -> list[Window]:
    """Where two lists of windows, each in order and without overlap, hold together."""
    found: list[Window] = []
    i = j = 0
    while i < len(first) and j < len(second):
        start, end = max(first[i][0], second[j][0]), min(first[i][1], second[j][1])
        if start <= end:
            found.append((start, end))
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return found
