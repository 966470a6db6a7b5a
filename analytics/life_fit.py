"""What every fitted life distribution has in common: information criteria, and bounds of three kinds on any of its numbers.

A family says which quantity stands behind a number, how its likelihood is profiled and how samples like the data are drawn;
how bounds follow from that is the same for all, and written here.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self, get_args

import numpy as np
from numpy.typing import ArrayLike

from analytics.calibrated import Calibration, Profile
from analytics.errors import InvalidData
from analytics.lifedata import LifeCounts, LifeData
from analytics.results import Band, FloatArray, Interval, Result, Side
from analytics.weibull_intervals import likelihood_ratio_bounds, standard_deviates

Bounds = Literal["wald", "likelihood_ratio", "calibrated"]
# A number of age, such as the reliability: the quantity behind it at an age.
OfAge = Callable[[float], Any]


class Bounded(Protocol):
    """A number with bounds: the way back from its working scale, and whether it falls as the working value rises."""

    @property
    def natural(self) -> Callable[[float], float]: ...
    @property
    def falls(self) -> bool: ...


@dataclass(frozen=True, eq=False, kw_only=True)
class LifeFit(Result):
    """A fitted life distribution with its data; see the families for their parameters.

    Where a method takes `confidence`, `side` or `bounds`, None means the value given at the fit.

    Attributes
    ----------
    counts : LifeCounts
        Records, failures, suspensions; exact, left- and interval-censored failures.
    loglik : float
        Log-likelihood at the estimate.
    bounds : {"wald", "likelihood_ratio", "calibrated"}
        Which bounds the fit gives where none are named.
    data : LifeData or None
        The data, needed for likelihood-ratio and calibrated bounds. It does not go into JSON: `with_data` attaches it again.
    """

    counts: LifeCounts
    loglik: float
    bounds: Bounds = "wald"
    data: LifeData | None = field(default=None, repr=False, metadata={"json": False})

    @property
    def free(self) -> int:
        """Parameters estimated."""
        raise NotImplementedError

    def reliability(self, t: ArrayLike) -> FloatArray:
        """Probability to survive age `t`."""
        raise NotImplementedError

    def hazard(self, t: ArrayLike) -> FloatArray:
        """Failure rate at age `t` of a part that has survived to it, per `unit`."""
        raise NotImplementedError

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Age by which the fraction `p`, in [0, 1), has failed."""
        raise NotImplementedError

    @property
    def median(self) -> float:
        """Age by which half have failed."""
        return float(self.quantile(0.5))

    def b_life(self, percent: float) -> float:
        """B-life: the age by which `percent` % have failed (``b_life(10)`` is B10)."""
        return float(self.quantile(percent / 100.0))

    @property
    def units(self) -> int:
        """Units in the data, failed or not."""
        return self.counts.failures + self.counts.suspensions

    @property
    def aic(self) -> float:
        """Akaike's information criterion, 2 k - 2 loglik, for k parameters."""
        return 2.0 * self.free - 2.0 * self.loglik

    @property
    def aicc(self) -> float:
        """AIC with the small-sample correction for n units; infinite where n <= k + 1."""
        n, k = self.units, self.free
        return self.aic + 2.0 * k * (k + 1.0) / (n - k - 1.0) if n > k + 1 else math.inf

    @property
    def bic(self) -> float:
        """Bayesian information criterion, k log n - 2 loglik, for n units."""
        return self.free * math.log(self.units) - 2.0 * self.loglik

    def interval(
        self, name: str, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on a named number.

        Parameters
        ----------
        name : str
            A parameter, "mean", "median", or a B-life such as "b10" or "b0.1".
        confidence : float, optional
            In (0, 1); the fit's own where not given.
        side : {"two", "lower", "upper"}
            A one-sided bound carries the whole confidence on its side.
        bounds : {"wald", "likelihood_ratio", "calibrated"}, optional
            The fit's own where not given.

        Raises
        ------
        InvalidData
            If the name is unknown, or the bounds need data that the fit no longer carries.

        Examples
        --------
        >>> from analytics import fit_lognormal, fit_weibull
        >>> data = LifeData([54, 187, 216, 240, 244, 335, 361, 373, 375, 386, 500], [1] * 10 + [0],
        ...                 count=[1] * 10 + [10])
        >>> found = fit_weibull(data).interval("beta", confidence=0.95)
        >>> round(found.lower, 3), round(found.upper, 3)
        (0.971, 3.049)
        >>> found = fit_lognormal(data).interval("sigma", confidence=0.95)
        >>> round(found.lower, 3), round(found.upper, 3)
        (0.559, 1.479)
        """
        return self._found(self._named(name), confidence, side, bounds)

    def quantile_interval(
        self, p: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the age by which the fraction `p`, in (0, 1), has failed."""
        return self._found(self._checked_quantile(p), confidence, side, bounds)

    def reliability_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the reliability at age `t` > 0, made on the family's own scale (Weibull: log(-log S);
        others: see Notes of `fit_distribution`)."""
        return self._found(self._reliability_at(_positive(t)), confidence, side, bounds)

    def failure_probability_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the probability to have failed by age `t` > 0."""
        return self._found(self._failure_at(_positive(t)), confidence, side, bounds)

    def hazard_interval(
        self, t: float, *, confidence: float | None = None, side: Side = "two", bounds: Bounds | None = None
    ) -> Interval:
        """Confidence bounds on the failure rate at age `t` > 0, per `unit` (log scale)."""
        return self._found(self._hazard_at(_positive(t)), confidence, side, bounds)

    def reliability_band(
        self,
        t: ArrayLike,
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: Bounds | None = None,
    ) -> Band:
        """Reliability with pointwise bounds at each age of `t` > 0 (each bound holds alone, not all at once)."""
        return self._band(self._reliability_at, self.reliability, t, confidence, side, bounds)

    def hazard_band(
        self,
        t: ArrayLike,
        *,
        confidence: float | None = None,
        side: Side = "two",
        bounds: Bounds | None = None,
    ) -> Band:
        """Failure rate with pointwise bounds at each age of `t` > 0."""
        return self._band(self._hazard_at, self.hazard, t, confidence, side, bounds)

    def with_data(self, data: LifeData) -> Self:
        """The same fit with its data attached again, after a trip through JSON.

        Raises
        ------
        InvalidData
            If the fingerprint says that these are not the data of the fit.
        """
        self.check_made_from(data)
        return dataclasses.replace(self, data=data)

    # What a family has to say of its own.

    def _parameters(self) -> dict[str, Callable[[], Any]]:
        """The quantity of each parameter, and of the mean, by name."""
        raise NotImplementedError

    def _quantile_of(self, p: float) -> Any:
        raise NotImplementedError

    def _reliability_at(self, t: float) -> Any:
        raise NotImplementedError

    def _failure_at(self, t: float) -> Any:
        raise NotImplementedError

    def _hazard_at(self, t: float) -> Any:
        raise NotImplementedError

    def _centre_and_error(self, quantity: Any) -> tuple[float, float]:
        """Estimate and standard error on the working scale."""
        raise NotImplementedError

    def _profile(self, quantity: Any) -> Profile:
        raise NotImplementedError

    @property
    def _calibration(self) -> Calibration:
        raise NotImplementedError

    def _check(self, bounds: Bounds) -> None:
        """Refuse bounds that this fit does not have."""

    def _own_data(self) -> LifeData:
        if self.data is None:
            raise InvalidData(
                "likelihood-ratio and calibrated bounds need the data; attach them with fit.with_data(data)"
            )
        return self.data

    def _named(self, name: str) -> Any:
        known = self._parameters()
        if name in known:
            return known[name]()
        if name == "median":
            return self._checked_quantile(0.5)
        try:
            fraction = float(name.removeprefix("b")) / 100.0
        except ValueError:
            listed = ", ".join(f'"{each}"' for each in known)
            raise InvalidData(
                f'no interval is known for {name!r}; there are {listed}, "median" and "b10" and the like'
            ) from None
        return self._checked_quantile(fraction)

    def _checked_quantile(self, p: float) -> Any:
        if not 0.0 < p < 1.0:
            raise InvalidData(f"bounds on a quantile need a failed fraction between 0 and 1, not {p!r}")
        return self._quantile_of(p)

    def _found(
        self, quantity: Bounded, confidence: float | None, side: Side, bounds: Bounds | None
    ) -> Interval:
        level, chosen = self.confidence if confidence is None else confidence, self._chosen(bounds)
        low, high = self._working_bounds(quantity, level, _working(side, quantity), chosen)
        lower, upper = _ends(quantity, low, high)
        return Interval(
            lower if side != "upper" else None, upper if side != "lower" else None, level, side, chosen
        )

    def _chosen(self, bounds: Bounds | None) -> Bounds:
        chosen = bounds or self.bounds
        if chosen not in get_args(Bounds):
            raise InvalidData(f"bounds must be one of {', '.join(get_args(Bounds))}, not {bounds!r}")
        self._check(chosen)
        return chosen

    def _working_bounds(self, quantity: Any, level: float, side: Side, chosen: Bounds) -> tuple[float, float]:
        if chosen == "calibrated":
            return self._calibration.bounds(quantity, level, side)
        if chosen == "likelihood_ratio":
            return likelihood_ratio_bounds(self._profile(quantity), level, side)
        below, above = standard_deviates(level, side)
        centre, error = self._centre_and_error(quantity)
        return centre - below * error, centre + above * error

    def _band(
        self,
        of: OfAge,
        curve: Callable[[ArrayLike], FloatArray],
        t: ArrayLike,
        confidence: float | None,
        side: Side,
        bounds: Bounds | None,
    ) -> Band:
        ages = np.atleast_1d(np.asarray(t, dtype=np.float64))
        quantities = [of(_positive(float(age))) for age in ages]
        level, chosen = self.confidence if confidence is None else confidence, self._chosen(bounds)
        if chosen == "calibrated" and quantities:
            working = self._calibration.band(of, ages, level, _working(side, quantities[0]))
            pairs = list(zip(*working, strict=True))
        else:
            pairs = [self._working_bounds(each, level, _working(side, each), chosen) for each in quantities]
        ends = np.array([_ends(each, *pair) for each, pair in zip(quantities, pairs, strict=True)])
        ends = ends.reshape(-1, 2)
        lower = None if side == "upper" else ends[:, 0]
        upper = None if side == "lower" else ends[:, 1]
        return Band(ages, curve(ages), lower, upper, level, side, chosen)


def refuse_calibrated(bounds: Bounds) -> None:
    """For models that have no calibrated bounds."""
    if bounds == "calibrated":
        raise InvalidData('calibrated bounds do not exist for this model; use bounds="likelihood_ratio"')


def _working(side: Side, quantity: Bounded) -> Side:
    # Reliability falls as its score rises: a lower bound on one is an upper bound on the other.
    flipped: dict[Side, Side] = {"lower": "upper", "upper": "lower"}
    return flipped.get(side, side) if quantity.falls else side


def _ends(quantity: Bounded, low: float, high: float) -> tuple[float, float]:
    ends = quantity.natural(low), quantity.natural(high)
    return ends[::-1] if quantity.falls else ends


def _positive(t: float) -> float:
    if not 0.0 < t < math.inf:
        raise InvalidData(f"bounds need an age above 0, not {t!r}")
    return float(t)
