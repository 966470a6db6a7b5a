"""The Weibull likelihood of life data, its derivatives, and the search for its maximum.

Parameters are (log eta, log beta): both are free of sign, and the likelihood is close to quadratic in them.
Ages are divided by the largest age, so that no power of an age can overflow at the scales 1e-6 to 1e9 of real data.
"""

import math
from dataclasses import dataclass

import numpy as np

from analytics import maximum
from analytics.errors import NoFiniteMaximum, NotConverged
from analytics.lifedata import EXACT, INTERVAL_CENSORED, LEFT_CENSORED, RIGHT_CENSORED, LifeData
from analytics.likelihood import At
from analytics.results import FloatArray

# Searches stop here: a shape beyond these says that the likelihood has no maximum that a part could have.
SMALLEST_BETA, LARGEST_BETA = 1e-4, 1e6
FARTHEST_LOG_ETA = 600.0  # from the log of the largest age
MAXIMUM_STEPS = 200
# With fewer failures a boundary may be as likely as a maximum inside: the search climbs from far shapes too, each with the most
# likely of some scales, given by the cumulative hazard at the largest age or as ages among those of the failures.
FEW_FAILURES = 30
FAR_SHAPES = (-3.0, -1.0, 1.0, 3.0)  # logarithms
FAR_HAZARDS = (1e-6, 0.1, 1.0, 3.0)
SCALES = 32


@dataclass(frozen=True)
class Derivatives:
    """Log-likelihood with its gradient and Hessian in (log eta, log beta)."""

    value: float
    gradient: tuple[float, float]
    hessian: tuple[float, float, float]  # eta-eta, eta-beta, beta-beta

    @property
    def is_concave(self) -> bool:
        h_uu, h_ub, h_bb = self.hessian
        return h_uu < 0.0 and h_bb < 0.0 and h_uu * h_bb - h_ub * h_ub > 0.0

    @property
    def newton_step(self) -> tuple[float, float]:
        (g_u, g_b), (h_uu, h_ub, h_bb) = self.gradient, self.hessian
        determinant = h_uu * h_bb - h_ub * h_ub
        return (h_ub * g_b - h_bb * g_u) / determinant, (h_ub * g_u - h_uu * g_b) / determinant

    @property
    def score_norm(self) -> float:
        """Distance from the optimum in standard errors: sqrt(g' I^-1 g), free of the unit of time."""
        (g_u, g_b), (step_u, step_b) = self.gradient, self.newton_step
        return math.sqrt(max(g_u * step_u + g_b * step_b, 0.0))


@dataclass(frozen=True)
class _Intervals:
    """Intervals at some parameters; H is the cumulative hazard."""

    z_start: FloatArray  # log H at the start
    z_end: FloatArray
    ratio: FloatArray  # H at the start over H at the end
    rest: FloatArray  # 1 less that
    width: FloatArray  # D, what H grows by
    spread: FloatArray  # D / (e^D - 1)
    log_failing: FloatArray  # log(1 - e^-D)
    h_start: FloatArray  # H at the start where no age of entry cancels it


class WeibullLikelihood:
    """Log-likelihood of a Weibull distribution for exact, censored and truncated records.

    With H(t) = (t / eta) ** beta and S = exp(-H), an exact failure adds log f(t), a survivor log S(t), an interval
    log(S(a) - S(c)); delayed entry subtracts log S(entry), right truncation subtracts log(S(entry) - S(truncated_above)).
    """

    def __init__(self, data: LifeData) -> None:
        time, event, entry, count = data.time, data.event, data.entry, data.count
        truncated = np.isfinite(data.truncated_above)
        # A record of no length was never at risk: its two hazards cancel, and its age, however large, is no scale for others.
        passing = (time <= entry) & ~truncated & ((event == EXACT) | (event == RIGHT_CENSORED))
        longest = max(float(time.max(where=~passing, initial=0.0)), float(np.nanmax(data.upper, initial=0.0)))
        self.log_scale = math.log(longest or float(time.max()) or 1.0)

        exact = event == EXACT
        log_exact = np.log(time[exact])
        weight = count[exact]
        self.exact = float(weight.sum())
        self.sum_x_exact = float(weight @ (log_exact - self.log_scale))
        self._sum_log_exact = float(weight @ log_exact)
        self.x_exact = log_exact - self.log_scale

        # An interval from the age of entry on starts with the survival that entry divides by.
        low, high = data.failure_intervals()
        inexact = (event == LEFT_CENSORED) | (event == INTERVAL_CENSORED)
        at_entry = inexact & (low <= entry) & ~truncated

        # Terms -c H(t): exact and surviving ends with c > 0, entries with c < 0.
        ends = (exact | ((event == RIGHT_CENSORED) & ~truncated)) & ~passing
        late = (entry > 0) & ~truncated & ~passing & ~at_entry
        self.has_entry = bool((late | (at_entry & (entry > 0))).any())
        self.x = np.concatenate([np.log(time[ends]), np.log(entry[late])]) - self.log_scale
        self.coefficient = np.concatenate([count[ends], -count[late]])

        # Terms +-c log(S(a) - S(c)): intervals with +, the denominators of right truncation with -.
        self.has_intervals = bool(inexact.any() or truncated.any())
        if self.has_intervals:
            doubly = (event == RIGHT_CENSORED) & truncated
            start = np.concatenate([low[inexact], time[doubly], entry[truncated]])
            end = np.concatenate(
                [high[inexact], data.truncated_above[doubly], data.truncated_above[truncated]]
            )
            self._interval_weight = np.concatenate([count[inexact], count[doubly], -count[truncated]])
            self._starts_late = (start > 0).astype(float)
            self._survives = self._starts_late.copy()
            self._survives[: at_entry[inexact].size] *= ~at_entry[inexact]
            self._x_start = np.log(np.where(start > 0, start, 1.0)) - self.log_scale
            self._x_end = np.log(end) - self.log_scale

    def value(self, log_eta: float, log_beta: float) -> float:
        """Log-likelihood; minus infinity where it under- or overflows."""
        u, beta = log_eta - self.log_scale, math.exp(log_beta)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            total = self.exact * log_beta + beta * (self.sum_x_exact - self.exact * u) - self._sum_log_exact
            total -= _dot(self.coefficient, np.exp(beta * (self.x - u)))
            if self.has_intervals:
                at = self._intervals(u, beta)
                total += _dot(self._interval_weight, at.log_failing - at.h_start)
        return total if math.isfinite(total) else -math.inf

    def derivatives(self, log_eta: float, log_beta: float) -> Derivatives:
        """Log-likelihood, gradient and Hessian in (log eta, log beta)."""
        u, beta = log_eta - self.log_scale, math.exp(log_beta)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            z = beta * (self.x - u)
            h = self.coefficient * np.exp(z)
            hz = h * z
            s0, s1, s2 = float(h.sum()), float(hz.sum()), _dot(hz, z)
            d, sum_z = self.exact, beta * (self.sum_x_exact - self.exact * u)
            value = d * log_beta + sum_z - self._sum_log_exact - s0
            g_u, g_b = beta * (s0 - d), d + sum_z - s1
            h_uu, h_ub, h_bb = -beta * beta * s0, beta * (s0 + s1 - d), sum_z - s1 - s2
            if self.has_intervals:
                more = self._interval_derivatives(u, beta)
                value, g_u, g_b = value + more[0], g_u + more[1], g_b + more[2]
                h_uu, h_ub, h_bb = h_uu + more[3], h_ub + more[4], h_bb + more[5]
        return Derivatives(value, (g_u, g_b), (h_uu, h_ub, h_bb))

    def _intervals(self, u: float, beta: float) -> "_Intervals":
        """Each interval as its survival to the start and its chance to fail from there, with digits kept where H vanishes."""
        z_a, z_c = beta * (self._x_start - u), beta * (self._x_end - u)
        ratio = np.exp(z_a - z_c) * self._starts_late
        rest = np.where(self._starts_late > 0, -np.expm1(z_a - z_c), 1.0)
        # exp(300) stands for infinity, of which no square overflows.
        width = np.exp(np.minimum(z_c, 300.0)) * rest
        small = width < 1e-200
        spread = np.where(small, 1.0, width / np.expm1(width))
        log_failing = np.where(small, z_c + np.log(rest), np.log(-np.expm1(-width)))
        h_start = np.exp(np.minimum(z_a, 300.0)) * self._survives
        return _Intervals(z_a, z_c, ratio, rest, width, spread, log_failing, h_start)

    def _interval_derivatives(self, u: float, beta: float) -> list[float]:
        # With D = H(c) - H(a) and r = 1 / (e^D - 1), log(S(a) - S(c)) = -H(a) + log(1 - e^-D) has derivatives
        # -(1 + r) by H(a) and r by H(c), and second derivatives -r (1 + r) (dD)(dD)'. With q = H(a) / H(c) and
        # m = r D, which is 1 where H vanishes, r H(c) = m / (1 - q).
        at, w = self._intervals(u, beta), self._interval_weight
        by_c = w * at.spread / at.rest
        by_a = by_c * at.ratio + w * at.h_start
        first_b = (at.z_end - at.z_start * at.ratio) / at.rest
        curvature = w * at.spread * (at.spread + at.width)
        b_a, b_c = by_a * at.z_start, by_c * at.z_end
        terms = (
            w * (at.log_failing - at.h_start),
            -beta * (by_c - by_a),
            b_c - b_a,
            beta * beta * (by_c - by_a - curvature),
            beta * (by_a + b_a - by_c - b_c + curvature * first_b),
            b_c * (1.0 + at.z_end) - b_a * (1.0 + at.z_start) - curvature * first_b * first_b,
        )
        return [float(term.sum()) for term in terms]

    def profile_log_eta(self, log_beta: float) -> float:
        """Log eta that maximises the likelihood for this shape, in closed form (no interval terms)."""
        beta = math.exp(log_beta)
        total = _dot(self.coefficient, np.exp(beta * self.x))
        return self.log_scale + math.log(total / self.exact) / beta

    def profile_score(self, log_beta: float) -> tuple[float, float]:
        """Derivative of the profile log-likelihood by log beta, per failure, and its own derivative."""
        beta = math.exp(log_beta)
        h = self.coefficient * np.exp(beta * self.x)
        hx = h * self.x
        s0 = float(h.sum())
        mean, mean_square = float(hx.sum()) / s0, _dot(hx, self.x) / s0
        slope = beta * (self.sum_x_exact / self.exact - mean)
        return 1.0 + slope, slope - beta * beta * (mean_square - mean * mean)


def _dot(a: FloatArray, b: FloatArray) -> float:
    # Not a @ b: for long vectors that goes to BLAS, whose threads stall on machines that are busy elsewhere.
    return float(np.einsum("i,i->", a, b))


def maximise(data: LifeData, likelihood: WeibullLikelihood) -> tuple[float, float, Derivatives]:
    """Log eta and log beta at the verified maximum, with the derivatives there.

    Raises
    ------
    NoFiniteMaximum
        If the likelihood rises towards a boundary (all failures at the last age at risk, for instance).
    NotConverged
        If the end point is not a verified maximum.
    """
    if likelihood.has_intervals:
        return _search(data, likelihood)
    _require_maximum(data, likelihood)
    log_beta = _solve_profile(likelihood)
    start = (likelihood.profile_log_eta(log_beta), log_beta)
    return _climb(likelihood, *start, failures=data.counts.failures)


def _require_maximum(data: LifeData, likelihood: WeibullLikelihood) -> None:
    # With R(x) units at risk at log-age x, the profile log-likelihood per failure is, up to a constant,
    # beta * (mean log-age at failure) - log(integral of R(x) exp(beta x)): concave in beta, so that its slopes at both ends
    # say whether it has a maximum, with delayed entry as without.
    exposed = data.time > data.entry
    start, end = data.entry[exposed], np.log(data.time[exposed]) - likelihood.log_scale
    mean = likelihood.sum_x_exact / likelihood.exact
    if mean >= end.max(initial=-math.inf) - 1e-13:
        raise NoFiniteMaximum(
            "every failure happened at the last age at which anything was at risk, so the likelihood rises without end "
            "as beta grows; check for rounded or batch-wise recorded ages, or assume beta (Weibayes)"
        )
    if start.min() > 0.0:
        start = np.log(start) - likelihood.log_scale
        at_risk = data.count[exposed] * (end - start)
        if mean <= float(np.average((start + end) / 2.0, weights=at_risk)):
            raise NoFiniteMaximum(
                "the likelihood rises without end as beta goes to 0: every record entered late, and the failures show a "
                "falling rate steeper than any Weibull; records that begin at age 0 are needed"
            )


def _solve_profile(likelihood: WeibullLikelihood) -> float:
    """The one root of the profile score in log beta: the profile is concave in beta, and its maximum exists."""
    spread = float(np.std(likelihood.x_exact))
    # sd(log T) = pi / (sqrt(6) beta) for a complete sample.
    log_beta = math.log(1.2825 / spread) if spread > 1e-6 else 0.0
    low, high = -math.inf, math.inf
    for _ in range(MAXIMUM_STEPS):
        score, slope = likelihood.profile_score(log_beta)
        if score > 0:
            low = log_beta
        else:
            high = log_beta
        step = -score / slope if slope < 0 else math.copysign(1.0, score)
        candidate = log_beta + max(-2.0, min(2.0, step))
        if not low < candidate < high:
            candidate = (
                (low + high) / 2.0 if math.isfinite(low + high) else log_beta + math.copysign(1.0, score)
            )
        if abs(candidate - log_beta) < 1e-10:
            return candidate
        log_beta = candidate
    return log_beta


def _start_from_midpoints(data: LifeData) -> tuple[float, float]:
    """Log-moments of the failures taken at the middle of their intervals; rough, which is all a start must be."""
    low, high = data.failure_intervals()
    failed = data.event != RIGHT_CENSORED
    log_age = np.log((low + high)[failed] / 2.0)
    weight = data.count[failed]
    mean = float(np.average(log_age, weights=weight))
    spread = math.sqrt(float(np.average((log_age - mean) ** 2, weights=weight)))
    beta = min(max(1.2825 / max(spread, 0.05), 0.5), 5.0)
    # The scale that spreads the failures over the exposure at this shape, as in the closed form for exact data.
    end = np.where(failed, (low + high) / 2.0, data.time)
    reference = float(end.max())
    total = float(
        data.count @ ((end / reference) ** beta - (np.minimum(data.entry, end) / reference) ** beta)
    )
    return math.log(reference) + math.log(max(total, 1e-300) / float(weight.sum())) / beta, math.log(beta)


def _search(data: LifeData, likelihood: WeibullLikelihood) -> tuple[float, float, Derivatives]:
    """The highest maximum; from few failures of inexact age also where a boundary lies higher than a maximum inside."""

    def value(theta: FloatArray) -> float:
        return likelihood.value(float(theta[0]) + likelihood.log_scale, float(theta[1]))

    def derivatives(theta: FloatArray) -> At:
        at = likelihood.derivatives(float(theta[0]) + likelihood.log_scale, float(theta[1]))
        h_uu, h_ub, h_bb = at.hessian
        return At(theta, at.value, np.array(at.gradient), np.array([[h_uu, h_ub], [h_ub, h_bb]]))

    log_eta, log_beta = _start_from_midpoints(data)
    starts = [(log_eta - likelihood.log_scale, log_beta)]
    if data.counts.failures < FEW_FAILURES:
        low, high = data.failure_intervals()
        failed = data.event != RIGHT_CENSORED
        first, last = np.log([low[failed & (low > 0)].min(initial=high.max()), high.max()])
        among = np.linspace(first, last, SCALES) - likelihood.log_scale
        for log_beta in FAR_SHAPES:
            scales = [*(-np.log(FAR_HAZARDS) / math.exp(log_beta)), *among]
            starts.append(
                max(((float(u), log_beta) for u in scales), key=lambda start: value(np.array(start)))
            )
    found = maximum.maximise(
        value,
        derivatives,
        starts,
        limits=[(-FARTHEST_LOG_ETA, FARTHEST_LOG_ETA), (math.log(SMALLEST_BETA), math.log(LARGEST_BETA))],
        climbs=len(starts),
    )
    log_eta, log_beta = float(found.theta[0]) + likelihood.log_scale, float(found.theta[1])
    return log_eta, log_beta, likelihood.derivatives(log_eta, log_beta)


def _climb(
    likelihood: WeibullLikelihood, log_eta: float, log_beta: float, failures: int
) -> tuple[float, float, Derivatives]:
    """Damped Newton in (log eta, log beta) from a start, to a verified maximum."""
    damping = 0.0
    here = likelihood.derivatives(log_eta, log_beta)
    for _ in range(MAXIMUM_STEPS):
        if _has_run_away(likelihood, log_eta, log_beta) or not all(map(math.isfinite, here.hessian)):
            break
        if here.is_concave:
            # Where the estimate is hardly determined, rounding alone makes steps of 1e-6; they are nothing in standard errors.
            step = max(map(abs, here.newton_step))
            if (step < 1e-8 and here.score_norm < 1e-6) or (step < 1e-4 and here.score_norm < 1e-8):
                return log_eta, log_beta, here
        candidate = _damped_step(here, damping)
        there_eta, there_beta = log_eta + candidate[0], log_beta + candidate[1]
        value = likelihood.value(there_eta, there_beta)
        # Near the maximum the gain is below rounding; a step is good when it does not lose more than that.
        if value >= here.value - 1e-12 * (1.0 + abs(here.value)):
            log_eta, log_beta = there_eta, there_beta
            here = likelihood.derivatives(log_eta, log_beta)
            damping = damping / 10.0 if damping > 1e-8 else 0.0
        else:
            damping = max(10.0 * damping, 1e-3)
            if damping > 1e12:
                break
    if _is_flat(here, log_beta, failures):
        raise NoFiniteMaximum(
            "the likelihood rises without end towards a boundary (beta or eta goes to 0 or infinity): the data do not hold "
            "enough information on when failures happen for two parameters"
        )
    raise NotConverged(
        "the search for the maximum of the Weibull likelihood did not end in a verified maximum"
    )


def _is_flat(at: Derivatives, log_beta: float, failures: int) -> bool:
    # At a real maximum the determinant of the information is of the order of (failures * beta) ** 2; on the way to a
    # boundary it vanishes against that.
    h_uu, h_ub, h_bb = at.hessian
    determinant = h_uu * h_bb - h_ub * h_ub
    return not determinant > 0.01 * (failures * math.exp(log_beta)) ** 2


def _has_run_away(likelihood: WeibullLikelihood, log_eta: float, log_beta: float) -> bool:
    sensible = math.log(SMALLEST_BETA) < log_beta < math.log(LARGEST_BETA)
    return not sensible or abs(log_eta - likelihood.log_scale) > FARTHEST_LOG_ETA


def _damped_step(at: Derivatives, damping: float) -> tuple[float, float]:
    """Newton step on a Hessian made negative definite, no coordinate longer than 2 (a factor of 7.4)."""
    (g_u, g_b), (h_uu, h_ub, h_bb) = at.gradient, at.hessian
    a, c = -h_uu, -h_bb
    smallest = (a + c) / 2.0 - math.hypot((a - c) / 2.0, h_ub)
    size = abs(a) + abs(c) + abs(h_ub) + 1e-300
    lift = damping * size + (1e-6 * size - smallest if smallest < 1e-12 * size else 0.0)
    a, c = a + lift, c + lift
    determinant = a * c - h_ub * h_ub
    if determinant <= 0.0:
        return 0.0, 0.0
    step_u, step_b = (c * g_u + h_ub * g_b) / determinant, (a * g_b + h_ub * g_u) / determinant
    shorten = min(1.0, 2.0 / max(abs(step_u), abs(step_b), 1e-300))
    return step_u * shorten, step_b * shorten
