"""Time up: the mean time between failures of systems with a constant failure rate."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import chdtri

from analytics.arguments import checked
from analytics.errors import InvalidData, NotEnoughFailures
from analytics.lifedata import MOST_UNITS
from analytics.results import Counts, Interval, Result, Side, tail_probabilities

Termination = Literal["time", "failure"]


@dataclass(frozen=True, eq=False, kw_only=True)
class MtbfEstimate(Result):
    """Mean time between failures with its bounds; made by `mtbf`.

    Attributes
    ----------
    estimate : float or None
        ``exposure / failures`` in `unit`; None when there was no failure.
    lower, upper : float or None
        Bounds at `confidence`; None on an open side.
    side : {"two", "lower", "upper"}
        Which bounds there are. Without failures only "lower" exists, whatever was asked.
    terminated : {"time", "failure"}
        Whether observation ended at a set time or at the last failure.
    """

    estimate: float | None
    lower: float | None
    upper: float | None
    side: Side
    terminated: Termination

    @property
    def failures(self) -> int:
        """Number of failures behind the estimate."""
        return self.counts.failures

    @property
    def rate(self) -> float:
        """Failures per `unit`, 0 without failures."""
        return self.failures / self.exposure

    def interval(self, *, confidence: float | None = None, side: Side = "two") -> Interval:
        """Bounds at another confidence or on another side; see `mtbf` for the formula and what it raises."""
        level = self.confidence if confidence is None else confidence
        return _mtbf_interval(self.failures, self.exposure, level, side, self.terminated)


@checked
def mtbf(
    failures: int,
    exposure: float,
    *,
    confidence: float = 0.90,
    terminated: Termination = "time",
    side: Side = "two",
    unit: str = "h",
) -> MtbfEstimate:
    r"""Mean time between failures with exact chi-square bounds.

    Meant for a constant failure rate: many repairs behind it and no trend. It does not tell wear-out from
    chance; look at `mean_cumulative_function` (a straight line) before believing one number.

    Parameters
    ----------
    failures : int
        Number of failures, at least 0.
    exposure : float
        Total operating time of all units, survivors included, in `unit`; positive.
    confidence : float
        Confidence of the interval, two-sided unless `side` says otherwise.
    terminated : {"time", "failure"}
        "time" when observation ended at a date or age set in advance (always so for a fleet that goes on),
        "failure" when it ended at the last failure.
    side : {"two", "lower", "upper"}
        Which bounds to give. With no failures there is no estimate and no upper bound: "two" then gives the
        one-sided lower bound at the stated confidence, and the result says ``side="lower"``.
    unit : str
        Unit of `exposure`.

    Returns
    -------
    MtbfEstimate

    Raises
    ------
    InvalidData
        If `failures` is not a whole number of at least 0, `exposure` is not positive and finite, `confidence`
        is outside (0, 1), or a word is unknown.
    NotEnoughFailures
        If there was no failure, and an upper bound is asked for or observation is said to have ended at one.

    Notes
    -----
    With r failures in total time T and :math:`\chi^2_p(k)` the p-quantile with k degrees of freedom,

    .. math:: \left[\frac{2T}{\chi^2_{1-\alpha/2}(2r+2)},\ \frac{2T}{\chi^2_{\alpha/2}(2r)}\right]

    for time termination; for failure termination the lower bound has 2r degrees of freedom as well. The lower
    bound without failures is :math:`-T/\ln\alpha`. For time termination coverage is at least the nominal one
    (the count is discrete); for failure termination it is exact.

    References
    ----------
    Epstein, B. and Sobel, M. (1953). Life testing. *JASA* 48, 486-502.
    MIL-HDBK-781A (1996), *Reliability Test Methods, Plans, and Environments*, section 5.9.
    IEC 60605-4:2001, *Procedures for determining point estimates and confidence limits (exponential
    distribution)*.

    Examples
    --------
    One unit, failures on days 100 and 300, observed for 1000 days:

    >>> result = mtbf(2, 1000, confidence=0.80, unit="days")
    >>> print(result.estimate, round(result.lower), round(result.upper))
    500.0 188 1880

    Nothing failed in 1000 days:

    >>> result = mtbf(0, 1000, confidence=0.90, unit="days")
    >>> print(result.estimate, round(result.lower), result.upper, result.side)
    None 434 None lower
    """
    if not 0 <= failures <= MOST_UNITS:
        raise InvalidData(f"failures must be a whole number from 0 to {MOST_UNITS:g}, not {failures:g}")
    if not (np.isfinite(exposure) and exposure > 0):
        raise InvalidData(f"exposure must be a positive number of {unit}, not {exposure!r}")
    bounds = _mtbf_interval(failures, float(exposure), confidence, side, terminated)
    warnings = []
    if bounds.side != side:
        warnings.append("no failures: no point estimate and no upper bound, a one-sided lower bound is given")
    facts = f"mtbf:{failures}:{float(exposure)!r}:{terminated}:{unit}"
    return MtbfEstimate(
        method=f"chi-square, {terminated} terminated",
        unit=unit,
        confidence=confidence,
        counts=Counts(records=failures, failures=failures),
        exposure=float(exposure),
        fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
        warnings=tuple(warnings),
        estimate=exposure / failures if failures else None,
        lower=bounds.lower,
        upper=bounds.upper,
        side=bounds.side,
        terminated=terminated,
    )


def _mtbf_interval(
    failures: int, exposure: float, confidence: float, side: Side, terminated: Termination
) -> Interval:
    below, above = tail_probabilities(confidence, side)
    if failures == 0:
        if terminated == "failure":
            raise NotEnoughFailures("observation cannot have ended at a failure when there was none")
        if side == "upper":
            raise NotEnoughFailures("without failures the MTBF has no upper bound; ask for side='lower'")
        # All of the error goes to the one bound that exists.
        side, below, above = "lower", 1.0 - confidence, 0.0
    lower_freedom = 2 * failures + (2 if terminated == "time" else 0)
    return Interval(
        # chdtri(k, p) is the value exceeded with probability p.
        lower=float(2 * exposure / chdtri(lower_freedom, below)) if below else None,
        upper=float(2 * exposure / chdtri(2 * failures, 1.0 - above)) if above else None,
        confidence=confidence,
        side=side,
        method=f"chi-square, {terminated} terminated",
    )
