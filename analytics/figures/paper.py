"""What all probability papers share: points, survivors at the foot, and the axis graduated in percent failed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.figures.style import ORANGE, Trace, axis, marks
from analytics.lifedata import LifeData
from analytics.results import FloatArray

# Share of the height that the text of a tick takes, on a phone.
TICK_ROOM = 0.045


@dataclass(frozen=True)
class Paper:
    """A paper that reaches from one failed fraction to another; `scale` says where on it a fraction lies."""

    scale: Callable[[FloatArray], FloatArray]
    lowest: float
    highest: float
    unit: str

    def failures(self, ages: FloatArray, failed: FloatArray, name: str, *, is_open: bool) -> Trace:
        """The points, drawn open where ages are inexact."""
        return marks(
            ages,
            self.scale(failed),
            name,
            symbol="circle-open" if is_open else "circle",
            customdata=100 * failed,
            hovertemplate=f"%{{x:.4g}} {self.unit}, %{{customdata:.3g}} %<extra></extra>",
        )

    def survivors(self, data: LifeData, chosen: NDArray[np.bool_], name: str) -> list[Trace]:
        """Ticks at the foot; none where none is chosen."""
        if not np.any(chosen):
            return []
        ages = data.time[chosen]
        foot = np.full(ages.size, self.scale(np.array(self.lowest)))
        more = {
            "customdata": data.count[chosen],
            "hovertemplate": f"%{{x:.4g}} {self.unit} (n = %{{customdata}})<extra></extra>",
        }
        return [marks(ages, foot, name, symbol="line-ns-open", colour=ORANGE, size=12, **more)]

    def axis(self, title: str, graduation: Sequence[float]) -> dict[str, Any]:
        """The vertical axis, with those percentages of the graduation that leave room for their text."""
        bottom, top = (float(self.scale(np.array(share))) for share in (self.lowest, self.highest))
        percents = [percent for percent in graduation if self.lowest <= percent / 100 <= self.highest]
        places = self.scale(np.array(percents) / 100)
        kept: list[int] = []
        for index in np.argsort(-places):
            if not kept or places[kept[-1]] - places[index] >= TICK_ROOM * (top - bottom):
                kept.append(int(index))
        kept.reverse()
        return axis(
            title,
            range=[bottom - 0.04 * (top - bottom), top],
            tickvals=[float(places[i]) for i in kept],
            ticktext=[f"{percents[i]:g}" for i in kept],
        )
