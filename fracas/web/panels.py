"""What an upper room shows on a lower room's page: a failure's page carries its problem, yet never asks for it.

The upper room names the kind of record and draws; the lower room's template says where: ``{{ panels("failure", subject) }}``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

Draw = Callable[[Any], str]

_panels: dict[str, dict[str, tuple[int, Draw]]] = {}


def panel(kind: str, place: int) -> Callable[[Draw], Draw]:
    """Draw on every page of a record of ``kind``, in the order of ``place``; an empty text draws nothing."""

    def keep(draw_one: Draw) -> Draw:
        _panels.setdefault(kind, {})[f"{draw_one.__module__}.{draw_one.__qualname__}"] = (place, draw_one)
        return draw_one

    return keep


def draw(kind: str, subject: Any) -> Markup:
    """All panels of a record, as their rooms drew them."""
    ordered = sorted(_panels.get(kind, {}).items(), key=lambda item: (item[1][0], item[0]))
    # Each panel is a template's output, escaped there.
    return Markup("").join(Markup(draw_one(subject)) for _, (_, draw_one) in ordered)  # noqa: S704  # nosec B704
