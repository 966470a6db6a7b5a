import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import (
    EventHistories,
    InvalidData,
    LifeData,
    NotEnoughFailures,
    RenewalProcessFit,
    Result,
    fit_power_law,
    fit_renewal_process,
    fit_weibull,
)

# Mettas and Zhao (2005), RAMS, 176-182: six systems, as in surpyval 0.25, datasets.load_mettas_and_zhao.
SIX = {
    "1": ([2227.08, 2733.229, 3524.214, 5568.634, 5886.165, 5946.301, 6018.219, 7202.724], 8760.0),
    "2": ([772.9542, 1034.458, 3011.114, 3121.458, 3624.158, 3758.296], 5000.0),
    "3": ([900.9855, 1289.95, 2689.878, 3928.824, 4328.317, 4704.24, 5052.586, 5473.171], 6200.0),
    "4": ([411.407, 1122.74], 1300.0),
    "5": ([688.897, 915.101], 2650.0),
    "6": ([105.824], 500.0),
}


def six() -> EventHistories:
    labels = [name for name, (own, _) in SIX.items() for _ in own]
    times = [time for own, _ in SIX.values() for time in own]
    return EventHistories(labels, times, end={name: end for name, (_, end) in SIX.items()})


def drawn(rng: np.random.Generator, q: float, kijima: str, systems: int = 15) -> EventHistories:
    """Weibull(100, 2) first lives, watched to 600."""
    labels, times = [], []
    for system in range(systems):
        now = age = 0.0
        while True:
            gap = 100.0 * ((age / 100.0) ** 2 + rng.exponential()) ** 0.5 - age
            now += gap
            if now > 600.0:
                break
            labels.append(str(system))
            times.append(now)
            age = age + q * gap if kijima == "I" else q * (age + gap)
    return EventHistories(labels, times, end={str(k): 600.0 for k in range(systems)})


def loglik_as_printed(fit: RenewalProcessFit, histories: EventHistories) -> float:
    """Interval by interval: the density of each gap given the virtual age before it."""
    total = 0.0
    for system in histories.systems:
        own, age, before = histories.events_of(system).tolist(), 0.0, 0.0
        for at, is_event in [*((time, True) for time in own), (histories.windows_of(system)[0][1], False)]:
            end = age + at - before
            total += (age / fit.eta) ** fit.beta - (end / fit.eta) ** fit.beta
            if is_event:
                total += math.log(fit.beta / fit.eta) + (fit.beta - 1) * math.log(end / fit.eta)
            age = age + fit.q * (at - before) if fit.kijima == "I" else fit.q * end
            before = at
    return total


@pytest.mark.parametrize(
    ("kijima", "eta", "beta", "q", "loglik"),
    [("I", 1030.035, 1.2383, 0.1058, -210.3065), ("II", 1165.977, 1.3580, 0.5517, -209.9571)],
)
def test_mettas_and_zhao_as_a_second_program_fits_them(
    kijima: str, eta: float, beta: float, q: float, loglik: float
) -> None:
    # Found by a likelihood of their own with Nelder and Mead's search, and by surpyval 0.25.
    fit = fit_renewal_process(six(), kijima=kijima)  # type: ignore[arg-type]
    assert (fit.eta, fit.beta, fit.q) == pytest.approx((eta, beta, q), rel=1e-3)
    assert fit.loglik == pytest.approx(loglik, abs=1e-4)
    assert fit.loglik == pytest.approx(loglik_as_printed(fit, six()), abs=1e-9)


@pytest.mark.parametrize("kijima", ["I", "II"])
def test_the_limits_are_the_models_they_are_named_after(kijima: str) -> None:
    fit = fit_renewal_process(six(), kijima=kijima)  # type: ignore[arg-type]
    assert fit.as_old_loglik == pytest.approx(fit_power_law(six()).loglik, abs=1e-9)
    gaps, failed = [], []
    for own, end in SIX.values():
        gaps += np.diff([0.0, *own, end]).tolist()
        failed += [1] * len(own) + [0]
    assert fit.renewal_loglik == pytest.approx(fit_weibull(LifeData(gaps, failed)).loglik, abs=1e-9)
    n, exposure = 27, six().exposure
    assert fit.constant_loglik == pytest.approx(n * math.log(n / exposure) - n, abs=1e-9)
    assert fit.loglik >= max(fit.as_old_loglik, fit.renewal_loglik, fit.constant_loglik) - 1e-9


@pytest.mark.parametrize(("kijima", "q"), [("I", 0.3), ("II", 0.6)])
def test_recovery(kijima: str, q: float) -> None:
    seeds = range(1000, 1030)
    fits = [fit_renewal_process(drawn(np.random.default_rng(s), q, kijima, 60), kijima=kijima) for s in seeds]  # type: ignore[arg-type]
    found = np.array([(fit.eta / 100.0, fit.beta / 2.0, fit.q / q) for fit in fits])
    # Within three standard errors of their mean, which are the scatter of these fits: some 5 % for q, 3 % for the others.
    assert np.all(np.abs(found.mean(axis=0) - 1.0) < 3.0 * found.std(axis=0, ddof=1) / math.sqrt(30))
    assert np.all(found.std(axis=0, ddof=1) < (0.1, 0.1, 0.15))


def test_renewals_and_minimal_repairs_are_told_apart() -> None:
    rng = np.random.default_rng(5)
    renewed = [fit_renewal_process(drawn(rng, 0.0, "I")) for _ in range(20)]
    as_old = [fit_renewal_process(drawn(rng, 1.0, "I")) for _ in range(20)]
    assert max(fit.as_old_p_value for fit in renewed) < 0.01
    assert max(fit.renewal_p_value for fit in as_old) < 0.01
    # Of 20 tests of a true hypothesis at 5 %, five or more reject once in 400.
    assert sum(fit.renewal_p_value < 0.05 for fit in renewed) < 5
    assert sum(fit.as_old_p_value < 0.05 for fit in as_old) < 5


def test_an_estimate_on_the_edge_has_bounds_but_no_standard_error() -> None:
    rng = np.random.default_rng(1)
    fit = next(
        fit
        for fit in (fit_renewal_process(drawn(rng, 0.0, "II", 6), kijima="II") for _ in range(50))
        if fit.q == 0.0
    )
    with pytest.raises(InvalidData, match="edge of its range"):
        fit.interval("q", bounds="fisher")
    assert fit.interval("q").lower == 0.0
    assert 0.0 < fit.interval("q").upper < 1.0  # type: ignore[operator]
    for bounds in ("fisher", "likelihood_ratio"):
        assert fit.beta in fit.interval("beta", bounds=bounds)
    assert fit.renewal_p_value == 1.0
    assert fit.restoration_factor == 1.0


@given(st.floats(1e-4, 1e6), st.permutations(list(SIX)))
@settings(max_examples=15)
def test_units_and_order_do_not_matter(unit: float, order: list[str]) -> None:
    fit = fit_renewal_process(six())
    labels = [name for name in order for _ in SIX[name][0]]
    times = np.array([time for name in order for time in SIX[name][0]]) * unit
    scaled = fit_renewal_process(
        EventHistories(labels, times, end={k: end * unit for k, (_, end) in SIX.items()})
    )
    assert scaled.eta == pytest.approx(fit.eta * unit, rel=1e-5)
    assert (scaled.beta, scaled.q) == pytest.approx((fit.beta, fit.q), rel=1e-4)


def test_virtual_age_and_reliability() -> None:
    fit = fit_renewal_process(six(), kijima="II")
    assert fit.virtual_age([100.0, 150.0]) == pytest.approx(fit.q * (fit.q * 100 + 50), rel=1e-12)
    one = fit_renewal_process(six())
    assert one.virtual_age([100.0, 150.0]) == pytest.approx(one.q * 150, rel=1e-12)
    assert one.virtual_age([]) == 0.0
    assert one.next_reliability(50.0) == pytest.approx(math.exp(-((50 / one.eta) ** one.beta)), rel=1e-12)
    assert one.next_reliability(50.0, virtual_age=500.0) < one.next_reliability(50.0)


def test_intervals_and_json() -> None:
    fit = fit_renewal_process(six())
    for name in ("eta", "beta", "q"):
        assert getattr(fit, name) in fit.interval(name)
        assert getattr(fit, name) in fit.interval(name, bounds="fisher")
    assert [fit.interval("beta", bounds=kind).method for kind in ("likelihood_ratio", "fisher")] == [
        "likelihood_ratio",
        "fisher",
    ]
    assert fit.interval("beta", side="lower").upper is None
    assert fit.interval("beta", side="lower").lower > fit.interval("beta").lower  # type: ignore[operator]
    # 27 failures do not tell as new from as old.
    assert (fit.interval("q").lower, fit.interval("q").upper) == (0.0, 1.0)
    assert fit.aic == 6 - 2 * fit.loglik
    assert isinstance(Result.from_json(fit.to_json()), RenewalProcessFit)
    assert Result.from_json(fit.to_json()) == fit
    with pytest.raises(InvalidData, match="no interval"):
        fit.interval("gamma")
    with pytest.raises(InvalidData, match="bounds must be"):
        fit.interval("beta", bounds="wald")  # type: ignore[arg-type]
    bare = RenewalProcessFit.from_json(fit.to_json())
    with pytest.raises(InvalidData, match="attach them"):
        bare.interval("beta")
    assert bare.interval("beta", bounds="fisher") == fit.interval("beta", bounds="fisher")
    assert bare.with_data(six()).interval("beta") == fit.interval("beta")
    with pytest.raises(InvalidData, match="fingerprints"):
        bare.with_data(drawn(np.random.default_rng(1), 0.5, "I", 2))


def test_refusals() -> None:
    with pytest.raises(NotEnoughFailures, match="at least 3"):
        fit_renewal_process(EventHistories(["a", "a"], [2, 5], end={"a": 10}))
    with pytest.raises(InvalidData, match="from new"):
        fit_renewal_process(EventHistories(["a"] * 3, [2, 5, 7], start=1, end={"a": 10}))
    with pytest.raises(InvalidData, match="age 0"):
        fit_renewal_process(EventHistories(["a"] * 3, [0, 5, 7], end={"a": 10}))
    with pytest.raises(InvalidData, match="same time"):
        fit_renewal_process(EventHistories(["a"] * 3, [5, 5, 7], end={"a": 10}))
