"""Warranty returns from a Nevada chart: units shipped in each period, and when they came back."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.arguments import checked
from analytics.errors import InvalidData
from analytics.lifedata import EXACT, INTERVAL_CENSORED, RIGHT_CENSORED, LifeCounts, LifeData
from analytics.plain_numbers import as_floats
from analytics.plausible import plausible_lives, refuse_draws
from analytics.renewal import LifeModel
from analytics.results import FloatArray, Result, tail_probabilities

Ages = Literal["exact", "interval"]

DRAWS = 2_000
# Fixed, so that the same question has the same answer tomorrow.
DEFAULT_SEED = 20_000
# Beyond this a forecast of returns is about units that nobody ships any more.
MOST_PERIODS = 10_000


@dataclass(frozen=True, eq=False, kw_only=True)
class WarrantyReturns(Result):
    """A Nevada chart, read; made by `warranty_from_nevada`.

    `counts`, `exposure` and `fingerprint` are those of `data`.

    Attributes
    ----------
    shipped : ndarray, shape (n,)
        Units that went into service in each period.
    returned : ndarray, shape (n, m)
        Returns, row by period of shipment, column by period of return.
    in_service : ndarray, shape (n,)
        Units of each shipment that have not come back.
    period : float
        Length of a period, in `unit`.
    ages_taken : {"exact", "interval"}
        How ages at return were read.
    """

    counts: LifeCounts
    shipped: FloatArray
    returned: FloatArray
    in_service: FloatArray
    period: float
    ages_taken: Ages

    @cached_property
    def data(self) -> LifeData:
        """The chart as lives, one unit a count: ages at return, and survivors at the age they have reached."""
        return _lives(self.shipped, self.returned, self.period, self.ages_taken, self.unit)

    @property
    def ages(self) -> FloatArray:
        """Age that each shipment has reached at the end of the chart, in `unit`."""
        return self.period * _reached(self.returned, self.ages_taken)

    @checked
    def forecast(
        self,
        fit: LifeModel,
        periods: int,
        *,
        warranty: float | None = None,
        confidence: float = 0.90,
        draws: int = DRAWS,
        rng: np.random.Generator | None = None,
    ) -> "ReturnsForecast":
        """Returns to expect in each of the next periods from the units in service, once a unit.

        Parameters
        ----------
        fit : fit or life distribution
            Fitted to `data`; with `sample_parameters` its uncertainty is carried into the interval.
        periods : int
            How many periods ahead.
        warranty : float, optional
            Age, in `unit`, after which a unit no longer comes back; none where not given.
        confidence : float
            Of the prediction intervals, two-sided.
        draws : int
            Number of draws of parameters and chance.
        rng : numpy.random.Generator, optional
            A generator with a fixed seed where not given.

        Returns
        -------
        ReturnsForecast

        Raises
        ------
        InvalidData
            If `periods` or `draws` is below 1 or beyond all need, or `warranty` not positive.
        """
        if not 1 <= periods <= MOST_PERIODS:
            raise InvalidData(f"periods must be from 1 to {MOST_PERIODS:,}, not {periods:g}")
        refuse_draws(draws)
        if warranty is not None and not warranty > 0:
            raise InvalidData(f"warranty must be a positive age, not {warranty!r}")
        tail, _ = tail_probabilities(confidence)
        generator = np.random.default_rng(DEFAULT_SEED) if rng is None else rng
        chance = _chances(fit, self.ages, self.period, periods, warranty)
        expected = self.in_service[:, None] * chance
        drawn = np.empty((draws, periods))
        drawable: Any = fit if hasattr(fit, "sample_parameters") else None
        models = plausible_lives(drawable, draws, rng=generator)[0] if drawable else [fit] * draws
        for k, model in enumerate(models):
            p = chance if model is fit else _chances(model, self.ages, self.period, periods, warranty)
            stays = np.maximum(1.0 - p.sum(axis=1), 0.0)
            split = generator.multinomial(self.in_service.astype(np.int64), np.column_stack([p, stays]))
            drawn[k] = split[:, :-1].sum(axis=0)
        totals = np.cumsum(drawn, axis=1)
        facts = (self.data.fingerprint, getattr(fit, "fingerprint", repr(fit)), periods, warranty)
        return ReturnsForecast(
            method="units in service, each returned once",
            unit=self.unit,
            confidence=confidence,
            counts=self.data.counts,
            exposure=self.data.exposure,
            fingerprint=hashlib.sha256(repr(facts).encode()).hexdigest(),
            warnings=tuple(getattr(fit, "warnings", ())),
            expected=expected.sum(axis=0),
            lower=np.quantile(drawn, tail, axis=0, method="lower"),
            upper=np.quantile(drawn, 1.0 - tail, axis=0, method="higher"),
            expected_by_shipment=expected,
            total=float(expected.sum()),
            total_lower=float(np.quantile(totals[:, -1], tail, method="lower")),
            total_upper=float(np.quantile(totals[:, -1], 1.0 - tail, method="higher")),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class ReturnsForecast(Result):
    """Returns in each of the next periods; made by `WarrantyReturns.forecast`.

    `counts`, `exposure` and `unit` are those of the chart, `warnings` those of the fit.

    Attributes
    ----------
    expected, lower, upper : ndarray, shape (periods,)
        Expected returns of each period at the estimates, and the prediction interval of their number.
    expected_by_shipment : ndarray, shape (n, periods)
    total, total_lower, total_upper : float
        The same for all periods together.
    """

    counts: LifeCounts
    expected: FloatArray
    lower: FloatArray
    upper: FloatArray
    expected_by_shipment: FloatArray
    total: float
    total_lower: float
    total_upper: float


@checked
def warranty_from_nevada(
    shipped: ArrayLike,
    returned: ArrayLike | Sequence[Sequence[float]],
    *,
    period: float = 1.0,
    ages: Ages = "exact",
    unit: str = "months",
) -> WarrantyReturns:
    r"""Read a Nevada chart of warranty returns as life data.

    Parameters
    ----------
    shipped : array_like, shape (n,)
        Units that went into service in each period, oldest first.
    returned : array_like, shape (n, m)
        ``returned[i, j]``: units shipped in period i that came back in period j, both counted from the first shipment.
        Entries before a shipment's own period are left empty (NaN or 0). m may exceed n: shipping stopped, returns went on.
    period : float
        Length of a period, in `unit`.
    ages : {"exact", "interval"}
        "exact" takes a return j - i periods after shipment at that age, as warranty programs do, and so leaves
        out returns within the period of shipment (refused). "interval" takes a unit as shipped in the middle of its period, and
        its return as some time in its own: at an age between j - i - 1/2 and j - i + 1/2 periods (below 1/2 in the period of
        shipment). Use it where a chart has fewer than some thirty periods.
    unit : str
        Unit of `period`.

    Returns
    -------
    WarrantyReturns
        Its `data` hold every unit shipped exactly once.

    Raises
    ------
    InvalidData
        Naming the shipment (row) at fault: more returns than units, returns before shipment, counts that are not whole.

    Notes
    -----
    How far fits to very many units, shipped evenly within each period, are from the truth (Weibull, shapes 0.8 to 3, scales of
    one and three times the length of the chart; "exact" without the returns that it leaves out):

    ============== =============== ================ ================ ================
    periods        eta, "exact"    beta, "exact"    eta, "interval"  beta, "interval"
    ============== =============== ================ ================ ================
    4              -49 to -14 %    +18 to +142 %    -1 to +6 %       -6 to +4 %
    12             -20 to -5 %     +5 to +48 %      -1 to +1 %       -1 to +1 %
    24             -10 to -3 %     +3 to +29 %      0 %              0 to +1 %
    ============== =============== ================ ================ ================

    References
    ----------
    ReliaSoft, *Life Data Analysis Reference*, ch. "Warranty Data Analysis" (Nevada chart format; the example).

    Examples
    --------
    Shipments of June to August, with returns up to September:

    >>> chart = warranty_from_nevada([100, 140, 150], [[0, 3, 3, 5], [0, 0, 2, 4], [0, 0, 0, 4]])
    >>> from analytics import fit_weibull
    >>> fit = fit_weibull(chart.data)
    >>> round(fit.beta, 2), round(fit.eta, 2)
    (2.49, 6.7)
    >>> chart.data.counts.failures, chart.in_service.tolist()
    (21, [89.0, 134.0, 146.0])
    """
    if not (math.isfinite(period) and period > 0):
        raise InvalidData(f"period must be a positive length, not {period!r}")
    units, chart = _chart(shipped, returned)
    data = _lives(units, chart, period, ages, unit)
    return WarrantyReturns(
        method=f"{ages} ages",
        unit=unit,
        confidence=0.90,
        counts=data.counts,
        exposure=data.exposure,
        fingerprint=data.fingerprint,
        shipped=units,
        returned=chart,
        in_service=units - chart.sum(axis=1),
        period=period,
        ages_taken=ages,
    )


def _lives(units: FloatArray, chart: FloatArray, period: float, ages: Ages, unit: str) -> LifeData:
    row, column = np.nonzero(chart)
    periods = (column - row).astype(float)
    early = np.flatnonzero(periods < (1 if ages == "exact" else 0))
    if early.size:
        at = early[0]
        fault, advice = (
            ("in its period of shipment", 'say ages="interval" to take such returns')
            if periods[at] == 0
            else ("before it was shipped", "check the chart")
        )
        raise InvalidData(
            f"row {row[at]}: returned in period {column[at]}, {fault}; {advice}", [int(row[at])]
        )
    left = units - chart.sum(axis=1)
    alive = left > 0
    time = np.concatenate([periods, _reached(chart, ages)[alive]])
    event = np.concatenate([np.full(row.size, EXACT), np.full(int(alive.sum()), RIGHT_CENSORED)])
    upper = np.full(time.size, np.nan)
    if ages == "interval":
        event[: row.size] = INTERVAL_CENSORED
        # The ages of one shipment that its periods of return stand for must abut, for a unit to have one place among them.
        upper[: row.size] = periods + 0.5
        time[: row.size] = np.maximum(periods - 0.5, 0.0)
    return LifeData(
        time * period,
        event,
        upper=upper * period,
        count=np.concatenate([chart[row, column], left[alive]]),
        unit=unit,
    )


def _reached(chart: FloatArray, ages: Ages) -> FloatArray:
    """Age of each shipment at the end of the chart, in periods; shipped in mid-period where ages are intervals."""
    n, m = chart.shape
    reached: FloatArray = m - 1.0 - np.arange(n) + (0.5 if ages == "interval" else 0.0)
    return reached


def _chart(shipped: ArrayLike, returned: Any) -> tuple[FloatArray, FloatArray]:
    try:
        units = as_floats(shipped)
        chart = np.nan_to_num(as_floats(returned), nan=0.0, posinf=-1.0)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"shipped and returned must be numbers, one row a shipment: {error}") from error
    if units.ndim != 1 or chart.ndim != 2 or chart.shape[0] != units.size or chart.shape[1] < units.size:
        raise InvalidData(
            f"returned must have a row for each of the {units.size} shipments and at least as many columns, "
            f"not the shape {chart.shape}"
        )
    for name, values in (("shipped", units[:, None]), ("returned", chart)):
        bad = np.flatnonzero(((values < 0) | (values != np.floor(values)) | ~np.isfinite(values)).any(axis=1))
        if bad.size:
            raise InvalidData(f"row {bad[0]}: {name} must be whole numbers of at least 0", bad.tolist())
    over = np.flatnonzero(chart.sum(axis=1) > units)
    if over.size:
        at = over[0]
        raise InvalidData(
            f"row {at}: {chart[at].sum():g} came back of {units[at]:g} shipped; check the chart",
            over.tolist(),
        )
    return units, chart


def _chances(
    model: LifeModel, ages: FloatArray, period: float, periods: int, warranty: float | None
) -> FloatArray:
    """Probability of a unit in service at each age to come back in each of the next periods, shape (n, periods)."""
    edges = ages[:, None] + period * np.arange(periods + 1)
    if warranty is not None:
        edges = np.minimum(edges, np.maximum(warranty, ages[:, None]))
    hazard = model.cumulative_hazard(edges) - model.cumulative_hazard(ages)[:, None]
    survival = np.exp(-hazard)
    chance: FloatArray = survival[:, :-1] - survival[:, 1:]
    return chance
