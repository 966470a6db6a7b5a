r"""Crow's exact bounds on the MTBF that a system has reached at the end of its test.

They are factors on the maximum-likelihood estimate :math:`T / (n \hat\\beta)` that depend on the number of failures alone.
"""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaincc, gammaincinv, gammaln, ive

from analytics.results import FloatArray
from analytics.uptime import Termination


def mtbf_factors(
    failures: int, below: float, above: float, *, terminated: Termination
) -> tuple[float, float]:
    r"""Factors by which the MLE of the present MTBF becomes its lower and upper bound.

    Parameters
    ----------
    failures : int
        Number of failures, at least 2.
    below, above : float
        Probability to leave below the lower and above the upper bound; 0 gives a factor of 0 or of infinity.
    terminated : {"time", "failure"}
        What ended the test.

    Notes
    -----
    Failure terminated: intensity over its estimate is distributed as :math:`G_n G_{n-1} / n^2`, a product of independent
    gamma variables, so the factor is :math:`n^2 / q` for a quantile q of the product. Time terminated: given the times,
    the number of failures follows

    .. math:: P(N \le k; x) = \sum_{j=1}^{k} \frac{(x/2)^{2j-1}}{(j-1)!\,j!\,I_1(x)}

    with :math:`x^2 = 4 n^2 \times` MTBF estimate over MTBF; the lower factor is :math:`4 n^2 / x^2` where this
    probability at n is `below`, the upper where it is ``1 - above`` at n - 1. The bounds are conservative, as the count is
    discrete.

    References
    ----------
    Crow, L. H. (1982). Confidence interval procedures for the Weibull process with applications to reliability growth.
    *Technometrics* 24, 67-72.
    MIL-HDBK-189 (1981), *Reliability Growth Management*, appendix C, tables of the same factors.

    Examples
    --------
    >>> [round(factor, 3) for factor in mtbf_factors(2, 0.1, 0.1, terminated="time")]
    [0.261, 18.655]
    """
    if terminated == "failure":
        lower = failures**2 / _product_quantile(failures, 1.0 - below) if below else 0.0
        upper = failures**2 / _product_quantile(failures, above) if above else math.inf
        return lower, upper
    lower = 4.0 * failures**2 / _bessel_argument(failures, below) ** 2 if below else 0.0
    upper = 4.0 * failures**2 / _bessel_argument(failures - 1, 1.0 - above) ** 2 if above else math.inf
    return lower, upper


def _product_quantile(n: int, p: float) -> float:
    """Quantile of the product of independent gamma variables of shapes n and n - 1."""
    # The trapezoidal rule in log g converges faster than any power of the step: the integrand is analytic and dies out.
    low, high = math.log(gammaincinv(n - 1, 1e-17)), math.log(gammaincinv(n - 1, 1.0 - 1e-16))
    at = np.linspace(min(low, high - 1.0), high + 1.0, 801)
    weight = np.exp((n - 1) * at - np.exp(at) - gammaln(n - 1))
    weight /= weight.sum()
    other = np.exp(-at)

    def above(log_x: float) -> float:
        return float(weight @ gammaincc(n, math.exp(log_x) * other)) - (1.0 - p)

    centre = math.log(n) + math.log(n - 1)
    reach = 80.0 / math.sqrt(n - 1)
    return math.exp(brentq(above, centre - reach, centre + reach, xtol=1e-13))


def _bessel_argument(k: int, p: float) -> float:
    """The argument x at which the first k of Crow's probabilities add up to p; they fall as x grows."""
    j: FloatArray = np.arange(1.0, k + 1.0)
    constant = gammaln(j) + gammaln(j + 1.0)

    def excess(log_x: float) -> float:
        x = math.exp(log_x)
        # ive is I_1 without its growth exp(x).
        log_terms = (2.0 * j - 1.0) * (log_x - math.log(2.0)) - constant - x - math.log(ive(1, x))
        return float(np.exp(log_terms).sum()) - p

    return math.exp(brentq(excess, -30.0, math.log(2.0 * k + 1.0) + 12.0 / math.sqrt(k), xtol=1e-13))
