"""How each published number on life under stress is obtained from the library."""

from analytics import LifeData, fit_aft, fit_life_stress
from tests.published.life_quantities import Quantity


def weibull_regression(data: LifeData, quantity: str) -> float:
    fit = fit_aft(data)
    found = {"scale": 1.0 / fit.beta, "loglik": fit.loglik, "intercept": fit.intercept} | fit.slopes
    return found[quantity.removesuffix(" (lifelines)")]


def arrhenius_lognormal(data: LifeData, quantity: str) -> float:
    fit = fit_life_stress(data, "arrhenius", distribution="lognormal")
    found = {
        "Ea_eV": fit.activation_energy,
        "sigma": fit.sigma,
        "loglik": fit.loglik,
        "beta0": fit.intercept,
    }
    return found[quantity]


METHODS: dict[str, Quantity] = {
    "survreg Weibull AFT": weibull_regression,
    "Weibull AFT": weibull_regression,
    "Arrhenius-lognormal MLE": arrhenius_lognormal,
}
