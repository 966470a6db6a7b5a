import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import weibull_min

from analytics import InvalidData, LifeData, NoFiniteMaximum, NotEnoughFailures, fit_aft, fit_life_stress

# Ten failures at each of three temperatures (K).
FAILURES = {
    393: [3850, 4340, 4760, 5320, 5740, 6160, 6580, 7140, 7980, 8960],
    408: [3300, 3720, 4080, 4560, 4920, 5280, 5640, 6120, 6840, 7680],
    423: [2750, 3100, 3400, 3800, 4100, 4400, 4700, 5100, 5700, 6400],
}
# Hooper and Amster (1990), device A: failures by 5000 h at each temperature (Celsius), and units on test; Meeker and Escobar
# (1998), example 19.5, as printed by ReliaWiki, "Arrhenius-Lognormal Model".
DEVICE_A = {
    10: ([], 30),
    40: ([1298, 1390, 3187, 3241, 3261, 3313, 4501, 4568, 4841, 4982], 100),
    60: ([581, 925, 1432, 1586, 2452, 2734, 2772, 4106, 4674], 20),
    80: ([283, 361, 515, 638, 854, 1024, 1030, 1045, 1767, 1777, 1856, 1951, 1964, 2884], 15),
}


def three_temperatures() -> LifeData:
    kelvin = np.repeat(list(FAILURES), 10)
    return LifeData(np.concatenate(list(FAILURES.values())), 1, covariates={"kelvin": kelvin})


def device_a() -> LifeData:
    rows = [
        row
        for celsius, (hours, units) in DEVICE_A.items()
        for row in [*((t, 1, 1, celsius) for t in hours), (5000, 0, units - len(hours), celsius)]
    ]
    time, event, count, celsius = np.array(rows, dtype=float).T
    return LifeData(time, event, count=count, covariates={"celsius": celsius})


def dual(seed: int, size: int) -> LifeData:
    """Weibull lives of shape 2 under heat (0.7 eV) and voltage (power 3)."""
    rng = np.random.default_rng(seed)
    celsius, volts = rng.choice([85.0, 105.0, 125.0], size), rng.choice([10.0, 15.0, 20.0], size)
    scale = 1e-6 * np.exp(0.7 * 11605.0 / (celsius + 273.15)) * (volts / 10.0) ** -3.0
    life = scale * rng.weibull(2.0, size)
    until = np.quantile(life, 0.7)
    return LifeData(np.minimum(life, until), life <= until, covariates={"celsius": celsius, "volts": volts})


RELATIONS = {"celsius": "arrhenius", "volts": "inverse_power"}


@pytest.mark.parametrize("relation", ["arrhenius", "eyring"])
def test_no_other_parameters_of_the_written_out_model_are_likelier(relation: str) -> None:
    # ReliaSoft's forms, eta = C exp(B / T) (Arrhenius) and eta = exp(B / T - A) / T (Eyring), with scipy's own Weibull law.
    data = three_temperatures()
    fit = fit_life_stress(data, relation, use={"kelvin": 323}, temperature_unit="kelvin")
    kelvin = data.covariates["kelvin"]

    def height(theta: list[float]) -> float:
        eta = np.exp(theta[0] + 1000.0 * theta[1] / kelvin) / (kelvin if relation == "eyring" else 1.0)
        return float(weibull_min.logpdf(data.time, math.exp(theta[2]), scale=eta).sum())

    at = [fit.intercept, fit.activation_temperature / 1000.0, math.log(fit.beta)]
    assert height(at) == pytest.approx(fit.loglik, abs=1e-8)
    start = [5.0 if relation == "arrhenius" else 11.0, 1.5, 1.0]
    best = minimize(
        lambda theta: -height(theta),
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-11, "maxiter": 5000},
    )
    assert best.x == pytest.approx(at, abs=2e-5)


def test_device_a_as_r_fits_it() -> None:
    # survreg of R survival 3.5-3, the Arrhenius-lognormal model of all temperatures.
    fit = fit_life_stress(
        device_a(), "arrhenius", use={"celsius": 10}, distribution="lognormal", confidence=0.95
    )
    assert fit.activation_energy == pytest.approx(0.6278529575, abs=6.3e-6)
    assert fit.sigma == pytest.approx(0.9778233079, abs=9.8e-6)
    assert fit.loglik == pytest.approx(-321.702778, abs=3.3e-5)
    assert fit.intercept == pytest.approx(-13.46864943, abs=1.4e-3)


@pytest.mark.parametrize("bounds", ["wald", "likelihood_ratio"])
def test_recovers_the_truth_at_use(bounds: str) -> None:
    data = dual(4, 3_000)
    use = {"celsius": 40.0, "volts": 5.0}
    fit = fit_life_stress(data, RELATIONS, use=use, confidence=0.999, bounds=bounds)  # type: ignore[arg-type]
    assert 0.7 in fit.interval("activation_energy")
    assert 3.0 in fit.interval("volts")
    assert 2.0 in fit.interval("beta")
    eta = 1e-6 * math.exp(0.7 * 11605.0 / 313.15) * 8.0
    assert eta in fit.interval("eta")
    assert eta * math.sqrt(-math.log(0.9)) in fit.interval("b10")
    factor = math.exp(0.7 * 11605.0 * (1 / 313.15 - 1 / 398.15)) * 4.0**3
    assert factor in fit.acceleration_factor_interval({"celsius": 125.0, "volts": 20.0})


def test_relations_by_hand() -> None:
    data = dual(2, 200)
    volts = data.covariates["volts"]
    by_hand = LifeData(data.time, data.event, covariates={"x": -np.log(volts), "y": 1.0 / volts, "z": volts})
    plain = LifeData(data.time, data.event, covariates={"volts": volts})
    for relation, name in (("inverse_power", "x"), ("reciprocal", "y"), ("linear", "z")):
        fit = fit_life_stress(plain, relation)
        same = fit_aft(by_hand, covariates=[name])
        assert fit.slopes["volts"] == pytest.approx(same.slopes[name], rel=1e-8)
        assert fit.loglik == pytest.approx(same.loglik, abs=1e-9)
        assert fit.intercept == pytest.approx(same.intercept, rel=1e-8)


def test_eyring_is_arrhenius_of_life_times_temperature() -> None:
    data = dual(3, 200)
    kelvin = data.covariates["celsius"] + 273.15
    heat = LifeData(data.time, data.event, covariates={"celsius": data.covariates["celsius"]})
    fit = fit_life_stress(heat, "eyring", use={"celsius": 25.0})
    stretched = LifeData(data.time * kelvin, data.event, covariates=heat.covariates)
    other = fit_life_stress(stretched, "arrhenius", use={"celsius": 25.0})
    assert fit.activation_energy == pytest.approx(other.activation_energy, rel=1e-9)
    assert fit.eta == pytest.approx(other.eta / 298.15, rel=1e-9)
    assert fit.intercept == pytest.approx(other.intercept, rel=1e-9)


@settings(max_examples=10)
@given(hours=st.floats(1e-4, 1e4), volts=st.floats(1e-3, 1e3), seed=st.integers(0, 5))
def test_invariance_to_units(hours: float, volts: float, seed: int) -> None:
    data = dual(seed, 80)
    fit = fit_life_stress(data, RELATIONS, use={"celsius": 40.0, "volts": 5.0})
    fahrenheit = data.covariates["celsius"] * 1.8 + 32.0
    other = LifeData(
        data.time * hours,
        data.event,
        covariates={"celsius": fahrenheit, "volts": data.covariates["volts"] * volts},
    )
    moved = fit_life_stress(
        other, RELATIONS, use={"celsius": 104.0, "volts": 5.0 * volts}, temperature_unit="fahrenheit"
    )
    assert moved.activation_energy == pytest.approx(fit.activation_energy, rel=1e-7)
    assert moved.slopes["volts"] == pytest.approx(fit.slopes["volts"], rel=1e-6)
    assert moved.b_life(10) == pytest.approx(fit.b_life(10) * hours, rel=1e-6)
    assert moved.interval("b10").upper == pytest.approx(fit.interval("b10").upper * hours, rel=1e-6)


def test_survivors_of_low_stress_bound_life_there() -> None:
    data = device_a()
    without = data.take(data.covariates["celsius"] > 10)
    settings = {"use": {"celsius": 10}, "distribution": "lognormal"}
    fit = fit_life_stress(data, "arrhenius", **settings)  # type: ignore[arg-type]
    other = fit_life_stress(without, "arrhenius", **settings)  # type: ignore[arg-type]
    assert fit.counts.suspensions == other.counts.suspensions + 30
    assert fit.b_life(1) > other.b_life(1)


def test_refusals() -> None:
    data = dual(1, 60)
    with pytest.raises(InvalidData, match="name the relation of each stress"):
        fit_life_stress(data, "arrhenius")
    with pytest.raises(InvalidData, match="no covariate 'humidity'"):
        fit_life_stress(data, {"humidity": "reciprocal"})
    with pytest.raises(InvalidData, match="no life-stress relation is called 'magic'"):
        fit_life_stress(data, {"celsius": "magic"})
    with pytest.raises(InvalidData, match="missing: volts"):
        fit_life_stress(data, RELATIONS, use={"celsius": 25.0})
    with pytest.raises(InvalidData, match="above 0"):
        fit_life_stress(data, RELATIONS, use={"celsius": 25.0, "volts": 0.0})
    with pytest.raises(InvalidData, match="above absolute zero"):
        fit_life_stress(data, RELATIONS, temperature_unit="celsius", use={"celsius": -300.0, "volts": 1.0})
    with pytest.raises(InvalidData, match="finite"):
        fit_life_stress(data, RELATIONS, use={"celsius": math.nan, "volts": 1.0})
    one_level = data.take(data.covariates["celsius"] == 105.0)
    with pytest.raises(InvalidData, match="celsius has one and the same value"):
        fit_life_stress(one_level, RELATIONS)
    with pytest.raises(NotEnoughFailures, match="at least 4 failures"):
        fit_life_stress(LifeData([1.0, 2.0, 3.0], 1, covariates=data.take([0, 1, 2]).covariates), RELATIONS)
    cold = device_a()
    with pytest.raises(NoFiniteMaximum, match="nothing failed at one of two"):
        fit_life_stress(cold.take(np.isin(cold.covariates["celsius"], [10, 80])), "arrhenius")
