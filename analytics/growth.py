"""What a system will do once the fixes found in its test are built in: the Crow extended projection."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.eventhistories import EventHistories
from analytics.powerlaw import fit_power_law
from analytics.powerlaw_fit import PowerLawFit
from analytics.results import Interval, Result, Side, tail_probabilities
from analytics.uptime import Termination
from analytics.weibull_intervals import standard_deviates


@dataclass(frozen=True)
class Mode:
    """One failure mode with a delayed fix.

    Attributes
    ----------
    name : str
    failures : int
        Failures by this mode in the test.
    first : float
        When it was first seen.
    fix_effectiveness : float
        Share of its rate that the fix takes away.
    """

    name: str
    failures: int
    first: float
    fix_effectiveness: float


@dataclass(frozen=True, eq=False, kw_only=True)
class GrowthProjection(Result):
    """Reliability demonstrated in a growth test, and projected past its delayed fixes; made by `project_growth`.

    Every intensity is per `unit`; every MTBF is its reciprocal.

    Attributes
    ----------
    demonstrated_intensity : float
        Of the system as it stands at the end of the test.
    projected_intensity : float
        Once the delayed fixes are in.
    growth_potential_intensity : float
        If every mode that gets fixes had been found and fixed: the lowest that this way of fixing can reach.
    discovery_rate : float
        Rate at which new modes that get delayed fixes still appear at the end of the test, h(T).
    discovery_beta, discovery_lambda : float
        The power law of their first occurrences; its shape is the unbiased one unless the method is "mle".
    mean_fix_effectiveness : float
        Average over the modes with delayed fixes.
    failures_kept, failures_fixed_in_test, failures_delayed : int
        Failures by modes that get no fix (A), that were fixed during the test (BC), and that are fixed after it (BD).
    modes : tuple of Mode
        The modes with delayed fixes.
    system : PowerLawFit
        The power-law fit of all failures.
    end : float
        Length of the test.
    """

    demonstrated_intensity: float
    projected_intensity: float
    growth_potential_intensity: float
    discovery_rate: float
    discovery_beta: float
    discovery_lambda: float
    mean_fix_effectiveness: float
    failures_kept: int
    failures_fixed_in_test: int
    failures_delayed: int
    modes: tuple[Mode, ...]
    system: PowerLawFit
    end: float

    @property
    def demonstrated_mtbf(self) -> float:
        """MTBF of the system as it stands at the end of the test."""
        return 1.0 / self.demonstrated_intensity

    @property
    def projected_mtbf(self) -> float:
        """MTBF once the delayed fixes are in."""
        return 1.0 / self.projected_intensity

    @property
    def growth_potential_mtbf(self) -> float:
        """Largest MTBF that this way of fixing can reach; infinite where it would leave no failure."""
        return 1.0 / self.growth_potential_intensity if self.growth_potential_intensity > 0 else math.inf

    def interval(
        self, name: str = "projected_mtbf", *, confidence: float | None = None, side: Side = "two"
    ) -> Interval:
        """Confidence bounds on "projected_mtbf", "projected_intensity", "demonstrated_mtbf" or "demonstrated_intensity".

        The demonstrated values have the bounds of the power law, or those of a constant rate where nothing was fixed in the
        test. The projected ones have Crow's approximate bounds: those of a Poisson rate seen over the length of the test (the
        effectiveness of the fixes is taken as known).
        """
        level = self.confidence if confidence is None else confidence
        turned: dict[Side, Side] = {"lower": "upper", "upper": "lower"}
        if name in ("projected_mtbf", "demonstrated_mtbf"):
            inner = self.interval(
                name.replace("mtbf", "intensity"), confidence=level, side=turned.get(side, side)
            )
            low = None if inner.upper is None else 1.0 / inner.upper
            high = None if inner.lower is None else (1.0 / inner.lower if inner.lower > 0 else math.inf)
            return Interval(low, high, level, side, inner.method)
        if name not in ("projected_intensity", "demonstrated_intensity"):
            raise InvalidData(
                f'no interval is known for {name!r}; there are "projected_mtbf", "demonstrated_mtbf" and their intensities'
            )
        if name == "demonstrated_intensity" and self.failures_fixed_in_test:
            return self.system.interval("intensity", confidence=level, side=side)
        rate = self.projected_intensity if name.startswith("proj") else self.demonstrated_intensity
        below, above = standard_deviates(level, side)
        bounds = []
        for deviate in (-below, above):
            # Solves (rate - x)^2 = z^2 x / T for x.
            half = 0.0 if math.isinf(deviate) else deviate**2 / self.end / 2.0
            bounds.append(rate + half + math.copysign(math.sqrt(half * (2.0 * rate + half)), deviate))
        return Interval(
            None if side == "upper" else bounds[0],
            None if side == "lower" else bounds[1],
            level,
            side,
            "Crow, approximate",
        )


@checked
def project_growth(
    histories: EventHistories,
    fix_effectiveness: Mapping[str, float],
    *,
    fixed_in_test: Collection[str] = (),
    method: Literal["unbiased", "mle"] = "unbiased",
    terminated: Termination = "time",
    confidence: float = 0.90,
) -> GrowthProjection:
    r"""Project the reliability of a tested system past the fixes that wait for the end of its test (Crow extended).

    Failure modes are of three kinds: those that get no fix (A), those fixed while the test went on (BC), and those fixed after
    it (BD). Do not use it where the test changed its severity or configuration otherwise on the way.

    Parameters
    ----------
    histories : EventHistories
        One system from 0 to the end of its test, `kind` naming the failure mode of each event.
    fix_effectiveness : mapping of str to float
        The modes with delayed fixes (BD), and the share of its rate in [0, 1] that each fix takes away; about 0.7 is usual.
        As in the histories, a label that is no text is taken as its text (``str(label)``), 1 as "1".
    fixed_in_test : collection of str
        Modes fixed during the test (BC). Every mode named nowhere gets no fix (A).
    method : {"unbiased", "mle"}
        Estimate of both shapes.
    terminated : {"time", "failure"}
        Whether the test ended at a set time or at its last failure.
    confidence : float
        Confidence of the intervals where none is given later, in (0, 1), two-sided.

    Returns
    -------
    GrowthProjection

    Raises
    ------
    NotEnoughFailures
        With fewer than two modes that get delayed fixes, or fewer than two failures.
    InvalidData
        If there are several systems, no modes, a mode without failures, one named twice, or an effectiveness outside [0, 1].

    Notes
    -----
    With demonstrated intensity :math:`\lambda_{CA}`, test length T, N_i failures and effectiveness d_i of mode i, and m modes
    first seen at times with unbiased shape :math:`\bar\beta`,

    .. math::
        \lambda_{GP} = \lambda_{CA} - \sum_i \frac{N_i}{T} + \sum_i (1 - d_i) \frac{N_i}{T}, \qquad
        \lambda_P = \lambda_{GP} + \bar d\, h(T), \quad h(T) = \frac{m \bar\beta}{T}.

    Where nothing was fixed in the test the system did not change, so :math:`\lambda_{CA} = N/T` (test-find-test).

    References
    ----------
    Crow, L. H. (2004). An extended reliability growth model for managing and assessing corrective actions. *RAMS*, 73-80.
    MIL-HDBK-189A (2009), *Reliability Growth Management*, section 7.5.

    Examples
    --------
    >>> test = EventHistories(["x"] * 6, [30, 90, 160, 250, 330, 380], end={"x": 400},
    ...                       kind=["seal", "relay", "seal", "pump", "seal", "wire"])
    >>> found = project_growth(test, {"seal": 0.8, "pump": 0.7})
    >>> round(found.demonstrated_mtbf, 1), round(found.projected_mtbf, 1), round(found.growth_potential_mtbf, 1)
    (66.7, 118.0, 137.9)
    """
    tail_probabilities(confidence)
    effective: dict[str, Any] = {str(name): share for name, share in fix_effectiveness.items()}
    if len(effective) < len(fix_effectiveness):
        raise InvalidData(f"two modes with delayed fixes have one label as text: {sorted(effective)}")
    in_test_modes = {str(name) for name in fixed_in_test}
    named = _modes(histories, effective, in_test_modes)
    system = fit_power_law(
        histories,
        method=method,
        terminated=terminated,
        confidence=confidence,
    )
    end, m, failures = system.end, len(named), histories.time.size
    shape = _discovery_shape(named, end, method)
    in_test = sum(kind in in_test_modes for kind in histories.kind or ())
    delayed = sum(mode.failures for mode in named)
    demonstrated = float(system.intensity(end)) if in_test else failures / end
    left = sum((1.0 - mode.fix_effectiveness) * mode.failures for mode in named)
    potential = demonstrated + (left - delayed) / end
    effectiveness = sum(mode.fix_effectiveness for mode in named) / m
    discovery = m * shape / end
    projected = potential + effectiveness * discovery
    if not projected > 0:
        raise InvalidData(
            "the fixes would take away more than the demonstrated rate: more failures come from modes with delayed fixes than "
            "the power law leaves at the end of the test"
        )
    return GrowthProjection(
        method=method,
        unit=histories.unit,
        confidence=confidence,
        counts=histories.counts,
        exposure=histories.exposure,
        fingerprint=histories.fingerprint,
        warnings=_warnings(system, in_test, potential),
        demonstrated_intensity=demonstrated,
        projected_intensity=projected,
        growth_potential_intensity=max(0.0, potential),
        discovery_rate=discovery,
        discovery_beta=shape,
        discovery_lambda=m / end**shape,
        mean_fix_effectiveness=effectiveness,
        failures_kept=failures - in_test - delayed,
        failures_fixed_in_test=in_test,
        failures_delayed=delayed,
        modes=named,
        system=system,
        end=end,
    )


def _discovery_shape(modes: tuple[Mode, ...], end: float, method: str) -> float:
    """Shape of the power law of first occurrences."""
    if len(modes) < 2:
        raise NotEnoughFailures(
            f"the rate at which new modes appear needs two modes with delayed fixes at least, not {len(modes)}"
        )
    log_ratios = sum(math.log(end / mode.first) for mode in modes)
    if not log_ratios > 0:
        raise NotEnoughFailures("every mode was first seen as the test ended; no rate of discovery follows")
    return (len(modes) - (method == "unbiased")) / log_ratios


def _modes(histories: EventHistories, effective: dict[str, Any], fixed_in_test: set[str]) -> tuple[Mode, ...]:
    if len(histories.systems) != 1 or histories.window_system.size != 1 or histories.window_start[0] != 0:
        raise InvalidData("a projection is of one system, tested from 0 without gaps")
    if histories.kind is None:
        raise InvalidData("these histories carry no failure modes; give kind= when building them")
    twice = sorted(set(effective) & fixed_in_test)
    if twice:
        raise InvalidData(f"modes {twice} are said to be fixed in the test and after it")
    unseen = sorted((set(effective) | fixed_in_test) - set(histories.kind))
    if unseen:
        raise InvalidData(f"modes {unseen} have no failure in the test")
    kinds = np.array(histories.kind, dtype=object)
    found = []
    for name, share in effective.items():
        if not isinstance(share, int | float | np.number | Decimal) or not 0.0 <= share <= 1.0:
            raise InvalidData(f"the effectiveness of the fix of {name!r} must lie in [0, 1], not {share!r}")
        times = histories.time[kinds == name]
        found.append(Mode(name, int(times.size), float(times[0]), float(share)))
    return tuple(sorted(found, key=lambda mode: mode.first))


def _warnings(system: PowerLawFit, in_test: int, potential: float) -> tuple[str, ...]:
    found = list(system.warnings)
    if not in_test:
        beta = system.interval("beta")
        if 1.0 not in beta:
            found.append(
                "nothing was fixed in the test, so its rate is taken as constant, but a power law finds a trend "
                f"(beta {system.beta:.2g})"
            )
    if potential <= 0:
        found.append(
            "the growth potential is not above 0: the demonstrated rate is lower than what the fixes take away"
        )
    return tuple(found)
