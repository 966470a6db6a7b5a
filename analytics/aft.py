"""Accelerated failure time: how much longer or shorter parts live with what they are and go through."""

from collections.abc import Mapping, Sequence

from analytics.accelerated import AcceleratedLifeFit
from analytics.arguments import checked
from analytics.covariates import covariate_names
from analytics.life_fit import Bounds
from analytics.lifedata import LifeData
from analytics.regression import fit_regression


@checked
def fit_aft(
    data: LifeData,
    *,
    covariates: Sequence[str] | None = None,
    at: Mapping[str, float] | None = None,
    distribution: str = "weibull",
    confidence: float = 0.90,
    bounds: Bounds = "wald",
) -> AcceleratedLifeFit:
    r"""Fit an accelerated failure time model: covariates multiply life by a factor, and keep its shape.

    For parts told apart by numbers (load, supplier as 0 or 1, software version, climate), where the question is how much
    longer they live. For a stress whose physics is known `fit_life_stress` extrapolates better. Where a covariate
    multiplies the failure rate instead, and no distribution is to be assumed, use `fit_cox`; of Weibull lives both hold.

    Parameters
    ----------
    data : LifeData
        Exact, right-, left- and interval-censored records with `covariates`, counts, delayed entry and right truncation.
    covariates : sequence of str, optional
        Which to use, in this order; all where not given. A label of several values goes in as columns of 0 and 1, one fewer
        than there are values.
    at : mapping of str to float, optional
        Conditions at which the fit gives life; the mean of each covariate over the units where not given. ``fit.at(...)``
        changes them.
    distribution : {"weibull", "lognormal", "loglogistic", "exponential", "generalised_gamma"}
        Of life under any one set of conditions.
    confidence : float
        Confidence of the intervals where none is given later, in (0, 1), two-sided.
    bounds : {"wald", "likelihood_ratio"}
        Which bounds the fit gives.

    Returns
    -------
    AcceleratedLifeFit
        With a slope for each covariate (`slopes`, `time_ratios`), and life at the conditions.

    Raises
    ------
    NotEnoughFailures
        With fewer failures than parameters.
    NoFiniteMaximum
        If the likelihood rises without end, for instance because nothing failed at one of two values of a covariate.
    NotConverged
        If no verified maximum was reached; no unverified estimate is ever returned.
    InvalidData
        If a covariate is unknown, constant, or follows from the others, or a setting is unknown.

    Notes
    -----
    With a standard distribution of z (smallest extreme value for Weibull, normal for lognormal, logistic for
    log-logistic),

    .. math:: \log T = \beta_0 + \sum_j \beta_j x_j + \sigma z,

    so that :math:`e^{\beta_j}` multiplies life for each unit of :math:`x_j`; for Weibull lives sigma is 1 / beta, and the
    failure rate is multiplied by :math:`e^{-\beta_j / \sigma}`. ``fit.intercept`` is :math:`\beta_0`.

    The covariates are brought to mean 0 and standard deviation 1. lifelines climbs the likelihood, Newton's method adds the
    last digits (lifelines' optimiser stops up to 1e-4 standard errors from the maximum), and the end point must have a score
    of 0 (1e-7 standard errors) and positive definite information. Right truncation and the exponential and generalised
    gamma distributions are our own search's alone.

    References
    ----------
    Meeker, W. Q. and Escobar, L. A. (1998). *Statistical Methods for Reliability Data*, Wiley, ch. 17.
    Lawless, J. F. (2003). *Statistical Models and Methods for Lifetime Data*, 2nd ed., Wiley, ch. 6.

    Examples
    --------
    Crushing load shortens life: by what factor, per kN?

    >>> data = LifeData(
    ...     [812, 945, 1103, 1268, 1400, 331, 402, 467, 498, 620],
    ...     [1, 1, 1, 1, 0, 1, 1, 1, 1, 1],
    ...     covariates={"load": [2, 2, 2, 2, 2, 4, 4, 4, 4, 4]},
    ... )
    >>> fit = fit_aft(data, at={"load": 3})
    >>> round(fit.time_ratios["load"], 3), round(fit.b_life(10), 1)
    (0.638, 502.7)
    >>> faster = fit.acceleration_factor_interval({"load": 4})
    >>> round(fit.acceleration_factor({"load": 4}), 3), round(faster.lower, 3), round(faster.upper, 3)
    (1.567, 1.403, 1.751)
    """
    names = covariate_names(data, covariates)
    return fit_regression(
        data,
        names,
        ["linear"] * len(names),
        at,
        distribution=distribution,
        confidence=confidence,
        bounds=bounds,
    )
