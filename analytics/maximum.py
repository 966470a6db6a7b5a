"""The search for a verified maximum of a smooth function of a few parameters."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from analytics.errors import NoFiniteMaximum, NotConverged
from analytics.likelihood import At
from analytics.results import FloatArray

Limits = Sequence[tuple[float, float]]

MAXIMUM_STEPS = 150
# No parameter moves further than this in one step: on a log scale a factor of 7.4.
LONGEST_STEP = 2.0
# The distance from the exact maximum, in standard errors, below which it is reached.
REACHED = 1e-7
# How many of the best starting points are climbed from.
CLIMBS = 4


def maximise(
    value: Callable[[FloatArray], float],
    derivatives: Callable[[FloatArray], At],
    starts: Iterable[Sequence[float]],
    *,
    limits: Limits,
    interior: bool = False,
    accept: Callable[[At], bool] = lambda at: True,
    climbs: int = CLIMBS,
) -> At:
    """The highest verified maximum found by climbing from the best of the starting points.

    Parameters
    ----------
    value, derivatives : callable
        The function; minus infinity outside its domain.
    starts : iterable of sequence of float
    limits : sequence of (float, float)
        What each parameter must keep between; a climb that leaves has run away.
    interior : bool
        Take the highest interior maximum even though the function is unbounded elsewhere (a likelihood with
        a free location, or of a mixture, always is).
    accept : callable
        Says of a verified maximum whether it is one to take.
    climbs : int
        How many starting points to climb from.

    Raises
    ------
    NoFiniteMaximum
        If a climb runs away to a boundary higher than every maximum inside.
    NotConverged
        If no climb ends in a verified maximum.
    """
    points = [np.array(start, dtype=float) for start in starts]
    heights = [value(point) for point in points]
    order = [at for at in np.argsort(heights)[::-1] if math.isfinite(heights[at])]
    best: At | None = None
    lost: At | None = None
    for at in order[:climbs]:
        end = climb(value, derivatives, points[at], limits)
        if end is None:
            continue
        if is_verified(end):
            if not accept(end):
                continue
            best = end if best is None or end.value > best.value + 1e-9 * (1.0 + abs(best.value)) else best
        elif is_beyond(end, limits, 0.5) or is_flat(end) or is_ridge(end):
            lost = end if lost is None or end.value > lost.value else lost
    if best is not None and (interior or lost is None or lost.value < best.value + 1e-7):
        return best
    if lost is not None:
        raise NoFiniteMaximum(
            "the likelihood rises without end towards a boundary (a scale or shape goes to 0 or infinity): the data do not "
            "hold enough information on when failures happen for so many parameters"
        )
    raise NotConverged("no search ended in a verified maximum of the likelihood")


def polished(
    value: Callable[[FloatArray], float],
    derivatives: Callable[[FloatArray], At],
    answer: Sequence[float] | FloatArray | None,
    limits: Limits,
) -> At | None:
    """The verified maximum at the last digits of another program's answer; None where there is no answer or no such
    maximum."""
    if answer is None or not np.isfinite(answer).all():
        return None
    end = climb(value, derivatives, np.array(answer, dtype=float), limits)
    return end if end is not None and is_verified(end) else None


def climb(
    value: Callable[[FloatArray], float],
    derivatives: Callable[[FloatArray], At],
    start: FloatArray,
    limits: Limits,
) -> At | None:
    """Newton's method with the Hessian made negative definite, and steps halved until they go up."""
    here, before = derivatives(start), None
    for _ in range(MAXIMUM_STEPS):
        if not _is_finite(here):
            return before
        before = here
        step = _ascent(here)
        rise = float(here.gradient @ step)
        if (is_verified(here) and distance(here) < 1e-3 * REACHED) or is_beyond(here, limits):
            return here
        size = min(1.0, LONGEST_STEP / max(float(np.max(np.abs(step))), 1e-300))
        for _ in range(40):
            there = value(here.theta + size * step)
            # Near the maximum the gain drowns in rounding; there a full Newton step is taken on trust.
            if there >= here.value + 1e-4 * size * rise or (
                rise < 1e-9 and there >= here.value - 1e-11 * (1.0 + abs(here.value))
            ):
                break
            size /= 2.0
        else:
            return here
        here = derivatives(here.theta + size * step)
        if is_verified(before) and not (_is_finite(here) and distance(here) < 0.5 * distance(before)):
            return before
    return here


def is_verified(at: At) -> bool:
    """Whether the information is positive definite and the score is 0 to within a small part of a standard
    error."""
    return _is_finite(at) and distance(at) < REACHED


def distance(at: At) -> float:
    """Distance from the maximum in standard errors, sqrt(g' I^-1 g); infinite where the information is not positive
    definite."""
    if is_flat(at) or _least_curvature(at) < 1e-10 or is_ridge(at):
        return math.inf
    scale, information = _scaled_information(at)
    scaled = at.gradient / scale
    return math.sqrt(max(float(scaled @ np.linalg.solve(information, scaled)), 0.0))


def is_flat(at: At) -> bool:
    """Whether the function has gone flat in a parameter, as on the way to a limit: a standard error of a thousand, on a
    log scale a factor of e^1000."""
    return bool(np.min(np.abs(np.diag(at.hessian))) < 1e-6)


def is_ridge(at: At) -> bool:
    """Whether the function has gone as flat in a combination of parameters, as where two run away together: where rounding
    is all that is left of the slope, any point of the ridge could pass for a maximum."""
    if is_flat(at):
        return False
    scale, information = _scaled_information(at)
    curvature, axes = np.linalg.eigh(information)
    variance = axes**2 @ (1.0 / np.maximum(np.abs(curvature), 1e-300)) / scale**2
    return bool(np.max(variance) > 1e6)


def is_beyond(at: At, limits: Limits, share: float = 1.0) -> bool:
    """Whether a parameter has run away; a search stuck on its way, past a `share` of it, counts as well."""
    return any(
        not share * low <= value <= share * high for value, (low, high) in zip(at.theta, limits, strict=True)
    )


def _scaled_information(at: At) -> tuple[FloatArray, FloatArray]:
    """The information in units of each parameter's own curvature, after those units."""
    scale: FloatArray = np.sqrt(np.abs(np.diag(at.hessian)))
    return scale, -at.hessian / np.outer(scale, scale)


def _least_curvature(at: At) -> float:
    return float(np.linalg.eigvalsh(_scaled_information(at)[1])[0])


def _is_finite(at: At) -> bool:
    return math.isfinite(at.value) and bool(
        np.all(np.isfinite(at.gradient)) and np.all(np.isfinite(at.hessian))
    )


def _ascent(at: At) -> FloatArray:
    """The Newton step on the Hessian with its curvatures made negative, in units of each parameter's own
    curvature."""
    scale = np.sqrt(np.abs(np.diag(at.hessian)))
    scale = np.maximum(scale, max(1e-12, 1e-8 * float(scale.max())))
    curvature, axes = np.linalg.eigh(-at.hessian / np.outer(scale, scale))
    stiff = np.maximum(np.abs(curvature), 1e-7)
    step: FloatArray = axes @ ((axes.T @ (at.gradient / scale)) / stiff) / scale
    return step
