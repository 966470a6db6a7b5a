"""How much to test to show a reliability or an MTBF: units, time, and failures allowed."""

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, betaincinv, chdtri, pdtr

from analytics.arguments import checked
from analytics.errors import InvalidData
from analytics.results import Counts, FloatArray, Result, tail_probabilities

# No test is planned with more failures or units than this.
MOST_FAILURES = 10_000
MOST_UNITS = 10_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class DemonstrationPlan(Result):
    """A demonstration test; made by `plan_demonstration_test`. No data stand behind it: its counts are 0.

    Attributes
    ----------
    failures_allowed : int
        The test is passed with at most so many failures.
    units : int or None
        Units on test; None for an MTBF test, where only their total time counts.
    time_per_unit : float or None
        Test time of each unit, in `unit`; None where a mission is tested once (success run).
    total_time : float or None
        Time of all units together, in `unit`, if none fails early.
    consumer_risk : float
        Probability that a product only just too bad passes: of reliability or MTBF at the requirement.
    producer_risk : float or None
        Probability that a product of the design value fails; None where no design value was given.
    requirement : float
        Reliability, or MTBF in `unit`, to be demonstrated.
    design : float or None
        The reliability or MTBF that the product is hoped to have.
    shape : float or None
        Weibull shape by which test time stands for mission time.
    mission_time : float or None
        Age at which the reliability is meant, in `unit`.
    """

    failures_allowed: int
    units: int | None
    time_per_unit: float | None
    total_time: float | None
    consumer_risk: float
    producer_risk: float | None
    requirement: float
    design: float | None
    shape: float | None
    mission_time: float | None

    def probability_of_passing(self, truth: ArrayLike) -> FloatArray:
        """Operating characteristic: probability to pass if the reliability (at the mission time) or MTBF is `truth`."""
        value = np.asarray(truth, dtype=np.float64)
        if self.units is None:
            assert self.total_time is not None
            return np.asarray(pdtr(self.failures_allowed, self.total_time / value))
        stress = 1.0
        if self.time_per_unit is not None and self.mission_time is not None and self.shape is not None:
            stress = (self.time_per_unit / self.mission_time) ** self.shape
        return np.asarray(bdtr(self.failures_allowed, self.units, -np.expm1(stress * np.log(value))))


@checked
def plan_demonstration_test(
    *,
    reliability: float | None = None,
    mtbf: float | None = None,
    confidence: float = 0.90,
    design: float | None = None,
    producer_risk: float | None = None,
    failures_allowed: int | None = None,
    units: int | None = None,
    time_per_unit: float | None = None,
    mission_time: float | None = None,
    shape: float | None = None,
    unit: str = "h",
) -> DemonstrationPlan:
    r"""Plan a test that demonstrates a reliability or an MTBF with a confidence.

    Give `reliability` or `mtbf`, the requirement. How many failures to allow is said by `failures_allowed`, or follows
    from `design` and `producer_risk`: the fewest with which a product of the design value passes often enough; else none
    are allowed.

    Parameters
    ----------
    reliability : float, optional
        Reliability to demonstrate, in (0, 1). With neither `units` nor `time_per_unit` each unit is tested for one
        mission, and the number of units is found. With `mission_time` and `shape`, either `units` or `time_per_unit` may
        be given, and the other is found (parametric binomial).
    mtbf : float, optional
        MTBF to demonstrate (constant failure rate), in `unit`. The total test time is found; with `units` also that of each.
    confidence : float
        1 minus the consumer's risk.
    design : float, optional
        Reliability or MTBF that the product is hoped to have, above the requirement.
    producer_risk : float, optional
        Largest probability that a product of the design value fails the test; needs `design`.
    failures_allowed : int, optional
        Failures with which the test is still passed.
    units, time_per_unit, mission_time, shape : optional
        As above. The shape is assumed, not shown by the test. An MTBF test takes `units` only.
    unit : str
        Unit of every time.

    Returns
    -------
    DemonstrationPlan

    Raises
    ------
    InvalidData
        If the requirement or a setting is out of range, settings contradict each other, or no plan of sensible size exists.

    Notes
    -----
    For n units and c failures allowed the reliability R is demonstrated if
    :math:`\sum_{k \le c} \binom{n}{k} (1 - R^s)^k R^{s(n-k)} \le 1 - C` with :math:`s = (t / t_m)^\beta`; with c = 0 that
    is the success run :math:`n = \ln(1 - C) / \ln R`. For an MTBF the total time is
    :math:`\theta_1 \chi^2_{C}(2c + 2) / 2`, as in the fixed-length plans of MIL-HDBK-781A.

    References
    ----------
    MIL-HDBK-781A (1996), *Reliability Test Methods, Plans, and Environments*, section 5.9 (fixed-duration plans).
    Abernethy, R. B. (2006). *The New Weibull Handbook*, 5th ed., ch. 6.

    Examples
    --------
    >>> plan_demonstration_test(reliability=0.999, confidence=0.95).units
    2995
    >>> plan = plan_demonstration_test(mtbf=100, design=150, confidence=0.80, producer_risk=0.20)
    >>> plan.failures_allowed, round(plan.total_time)
    (17, 2144)
    """
    tail_probabilities(confidence)
    if (reliability is None) == (mtbf is None):
        raise InvalidData("give the requirement as reliability or as mtbf, one of them")
    counts = (("failures_allowed", failures_allowed, 0, MOST_FAILURES), ("units", units, 1, MOST_UNITS))
    for name, count, least, most in counts:
        if count is not None and not least <= count <= most:
            raise InvalidData(f"{name} must be a whole number from {least} to {most:,}, not {count:g}")
    if producer_risk is not None and not 0 < producer_risk < 1:
        raise InvalidData(f"producer_risk must lie between 0 and 1, not {producer_risk!r}")
    if producer_risk is not None and (design is None or failures_allowed is not None):
        raise InvalidData("producer_risk needs a design value, and finds failures_allowed itself")
    for name, value in (("time_per_unit", time_per_unit), ("mission_time", mission_time), ("shape", shape)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise InvalidData(f"{name} must be a positive number, not {value!r}")
    if mtbf is not None and not (time_per_unit is mission_time is shape is None):
        raise InvalidData("an MTBF test is for a constant failure rate and takes `units` only")
    requirement = _requirement(reliability, mtbf, design)
    allowed = range(MOST_FAILURES + 1) if producer_risk is not None else (failures_allowed or 0,)
    for c in allowed:
        if mtbf is not None:
            sized = _mtbf_test(mtbf, confidence, c, units)
        else:
            sized = _reliability_test(requirement, confidence, c, units, time_per_unit, mission_time, shape)
        plan = DemonstrationPlan(
            method="fixed duration" if mtbf is not None else "parametric binomial" if shape else "binomial",
            unit=unit,
            confidence=confidence,
            counts=Counts(records=0, failures=0),
            exposure=0.0,
            fingerprint=hashlib.sha256(repr((requirement, confidence, c, sized, shape)).encode()).hexdigest(),
            failures_allowed=c,
            units=sized[0],
            time_per_unit=sized[1],
            total_time=sized[2],
            consumer_risk=math.nan,
            producer_risk=None,
            requirement=requirement,
            design=design,
            shape=shape,
            mission_time=mission_time,
        )
        found = _with_risks(plan)
        if producer_risk is None or (
            found.producer_risk is not None and found.producer_risk <= producer_risk
        ):
            return found
    raise InvalidData(
        f"no test with up to {MOST_FAILURES} failures keeps both risks; put the design value farther from the requirement"
    )


def _requirement(reliability: float | None, mtbf: float | None, design: float | None) -> float:
    if reliability is not None:
        if not 0 < reliability < 1:
            raise InvalidData(f"the reliability to demonstrate must lie between 0 and 1, not {reliability!r}")
        if design is not None and not reliability < design < 1:
            raise InvalidData(
                f"the design reliability must lie between the requirement and 1, not {design!r}"
            )
        return reliability
    assert mtbf is not None
    if not (math.isfinite(mtbf) and mtbf > 0):
        raise InvalidData(f"the MTBF to demonstrate must be a positive number, not {mtbf!r}")
    if design is not None and not (math.isfinite(design) and design > mtbf):
        raise InvalidData(f"the design MTBF must lie above the requirement, not {design!r}")
    return mtbf


Sized = tuple[int | None, float | None, float | None]


def _mtbf_test(mtbf: float, confidence: float, allowed: int, units: int | None) -> Sized:
    # chdtri(k, p) is the value exceeded with probability p.
    total = mtbf * float(chdtri(2 * allowed + 2, 1.0 - confidence)) / 2.0
    return None, None if units is None else total / units, total


def _reliability_test(
    reliability: float,
    confidence: float,
    allowed: int,
    units: int | None,
    time_per_unit: float | None,
    mission_time: float | None,
    shape: float | None,
) -> Sized:
    if units is None and time_per_unit is None:
        return _units_for(reliability, confidence, allowed), mission_time, None
    if mission_time is None or shape is None:
        raise InvalidData("time_per_unit and units take a mission_time and an assumed shape")
    if units is None:
        assert time_per_unit is not None
        try:
            stressed = reliability ** ((time_per_unit / mission_time) ** shape)
        except OverflowError:
            raise InvalidData(
                f"{time_per_unit:g} on each unit is too many missions of {mission_time:g} at a shape of {shape:g}"
            ) from None
        found = _units_for(stressed, confidence, allowed)
        return found, time_per_unit, found * time_per_unit
    if time_per_unit is not None:
        raise InvalidData("give units or time_per_unit; the other follows")
    if units <= allowed:
        raise InvalidData(f"{units} units cannot show anything with {allowed} failures allowed")
    # The failed share at which so few failures are just too unlikely (Clopper and Pearson's upper bound).
    share = float(betaincinv(allowed + 1, units - allowed, confidence))
    time = mission_time * (math.log1p(-share) / math.log(reliability)) ** (1.0 / shape)
    return units, time, units * time


def _units_for(reliability: float, confidence: float, allowed: int) -> int:
    """Fewest units with which at most `allowed` failures are too unlikely at this reliability."""

    def is_enough(n: int) -> bool:
        return bool(bdtr(allowed, n, 1.0 - reliability) <= 1.0 - confidence)

    low, high = allowed, allowed + 1
    while not is_enough(high):
        low, high = high, 2 * high
        if high > MOST_UNITS:
            raise InvalidData(f"the test would take more than {MOST_UNITS:,} units")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _with_risks(plan: DemonstrationPlan) -> DemonstrationPlan:
    passing = float(plan.probability_of_passing(plan.requirement))
    producer = None if plan.design is None else 1.0 - float(plan.probability_of_passing(plan.design))
    return replace(plan, consumer_risk=passing, producer_risk=producer)
