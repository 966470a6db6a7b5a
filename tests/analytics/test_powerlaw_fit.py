import numpy as np
import pytest

from analytics import (
    EventHistories,
    GroupedEvents,
    InvalidData,
    NotEnoughFailures,
    PowerLawFit,
    Result,
    fit_power_law,
)
from tests.analytics.test_powerlaw import crow, drawn


def test_json_round_trip() -> None:
    fit = fit_power_law(crow())
    again = Result.from_json(fit.to_json())
    assert isinstance(again, PowerLawFit)
    assert again == fit
    assert again.interval("mtbf") == fit.interval("mtbf")
    assert again.goodness_of_fit() == fit.goodness_of_fit()


def test_numbers_hang_together() -> None:
    fit = fit_power_law(crow())
    t = np.array([1.0, 50.0, 200.0])
    assert fit.expected_events(200.0) * 3 == pytest.approx(36.0, rel=1e-12)
    assert fit.intensity(t) * fit.mtbf(t) == pytest.approx(np.ones(3))
    assert fit.cumulative_mtbf(t) / fit.mtbf(t) == pytest.approx(np.full(3, fit.beta), rel=1e-12)
    assert fit.lambda_ * t**fit.beta == pytest.approx(fit.expected_events(t), rel=1e-12)
    assert fit.growth_rate == 1 - fit.beta
    more = fit.expected_events(210.0) - fit.expected_events(200.0)
    assert fit.reliability(10.0) == pytest.approx(np.exp(-more), rel=1e-12)
    assert fit.reliability(10.0, age=0.0) == pytest.approx(np.exp(-fit.expected_events(10.0)), rel=1e-12)


def test_every_interval_holds_the_estimate_and_widens_with_confidence() -> None:
    fit = fit_power_law(crow())
    values = {
        "beta": fit.beta,
        "eta": fit.eta,
        "lambda": fit.lambda_,
        "growth_rate": fit.growth_rate,
        "mtbf": float(fit.mtbf(200)),
        "intensity": float(fit.intensity(200)),
        "cumulative_mtbf": float(fit.cumulative_mtbf(200)),
        "expected_events": float(fit.expected_events(200)),
    }
    for name, value in values.items():
        for bounds in ("exact", "fisher"):
            near = fit.interval(name, confidence=0.8, bounds=bounds)  # type: ignore[arg-type]
            far = fit.interval(name, confidence=0.99, bounds=bounds)  # type: ignore[arg-type]
            assert value in near, name
            assert far.lower < near.lower < near.upper < far.upper, name  # type: ignore[operator]
            low = fit.interval(name, confidence=0.9, side="lower", bounds=bounds)  # type: ignore[arg-type]
            assert (low.lower, low.upper) == (near.lower, None), name


def test_which_bounds_they_are_is_said() -> None:
    fit = fit_power_law(crow())
    assert fit.interval("beta").method == "chi-square"
    assert fit.interval("mtbf").method == "Crow, time terminated"
    assert fit.interval("mtbf", 100.0).method == "fisher"
    assert fit_power_law(crow(), bounds="fisher").interval("mtbf").method == "fisher"
    grouped = fit_power_law(GroupedEvents([62, 100, 187, 210, 350, 500], [12, 6, 15, 3, 18, 16]))
    assert grouped.interval("beta").method == "fisher"


@pytest.mark.parametrize("terminated", ["time", "failure"])
def test_the_exact_bounds_cover(terminated: str) -> None:
    # True process: beta 0.6, eta 4, to 100 or to the 8th failure; about 7 failures.
    rng = np.random.default_rng(15)
    inside = {"beta": 0, "mtbf": 0, "expected_events": 0}
    repeats = 1000
    done = 0
    while done < repeats:
        if terminated == "time":
            histories = drawn(rng, 0.6, 4.0, [100.0])
        else:
            own = 4.0 * np.cumsum(rng.exponential(size=8)) ** (1 / 0.6)
            histories = EventHistories(["0"] * 8, own, end={"0": own[-1]})
        if histories.time.size < 2:
            continue
        done += 1
        fit = fit_power_law(histories, terminated=terminated)  # type: ignore[arg-type]
        truth = {
            "beta": 0.6,
            "mtbf": 4.0 / 0.6 * (fit.end / 4.0) ** 0.4,
            "expected_events": (fit.end / 4.0) ** 0.6,
        }
        for name, value in truth.items():
            inside[name] += value in fit.interval(name, confidence=0.9)
    covered = {name: count / repeats for name, count in inside.items()}
    if terminated == "failure":
        assert covered == pytest.approx(dict.fromkeys(covered, 0.9), abs=0.025)
    else:
        # Conservative for the count and the MTBF, exact for beta.
        assert covered["beta"] == pytest.approx(0.9, abs=0.025)
        assert min(covered.values()) > 0.875


def test_systems_tested_together_are_one_process() -> None:
    """Three systems to one age are a system that fails three times as often."""
    fit = fit_power_law(crow())
    together = EventHistories(["x"] * 36, crow().time, end={"x": 200.0})
    one = fit_power_law(together)
    assert fit.interval("mtbf").lower == pytest.approx(3 * one.interval("mtbf").lower, rel=1e-12)  # type: ignore[operator]
    assert fit.interval("beta") == one.interval("beta")


def test_fit_is_doubted_where_it_is_bad() -> None:
    rng = np.random.default_rng(2)
    bathtub = np.concatenate([rng.uniform(0, 100, 30), rng.uniform(100, 900, 5), rng.uniform(900, 1000, 30)])
    assert (
        fit_power_law(EventHistories(["a"] * 65, bathtub, end={"a": 1000})).goodness_of_fit().p_value < 0.05
    )
    assert fit_power_law(crow()).goodness_of_fit().p_value > 0.2


def test_refusals() -> None:
    fit = fit_power_law(crow())
    with pytest.raises(InvalidData, match="no interval is known"):
        fit.interval("gamma")
    with pytest.raises(InvalidData, match="above 0"):
        fit.interval("mtbf", 0.0)
    with pytest.raises(InvalidData, match="bounds"):
        fit.interval("mtbf", bounds="wide")  # type: ignore[arg-type]
    late = fit_power_law(EventHistories(["a"] * 3, [3, 5, 8], start=1, end={"a": 10}))
    with pytest.raises(InvalidData, match="age 0"):
        late.goodness_of_fit()
    with pytest.raises(InvalidData, match="known beta"):
        late.lambda_interval(beta=1.0)
    with pytest.raises(NotEnoughFailures, match="too few intervals"):
        fit_power_law(GroupedEvents([10, 20], [3, 1])).goodness_of_fit()
