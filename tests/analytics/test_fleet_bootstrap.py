import numpy as np
import pandas as pd
import pytest

from analytics import LifeData, fit_fleet, fit_weibull
from analytics.fleet_bootstrap import bootstrap_bounds


def test_many_failures_give_walds_bounds(rng: np.random.Generator) -> None:
    data = LifeData(300.0 * rng.weibull(2.0, 2_000), 1)
    fit = fit_weibull(data)
    lower, upper = np.exp(bootstrap_bounds(data, np.log(fit.beta), 0.90))
    for at, name in enumerate(("eta", "beta")):
        interval = fit.interval(name)
        # 1,000 resamples leave about 3 % of chance in each half width.
        width = interval.upper - interval.lower
        assert (lower[at], upper[at]) == pytest.approx((interval.lower, interval.upper), abs=0.12 * width)


def test_a_count_is_as_many_units() -> None:
    counted = LifeData([5.0, 9.0, 14.0, 20.0], [1, 1, 1, 0], count=[40, 50, 30, 60])
    written_out = LifeData([5.0] * 40 + [9.0] * 50 + [14.0] * 30 + [20.0] * 60, [1] * 120 + [0] * 60)
    one, other = (np.array(bootstrap_bounds(data, 0.5, 0.90)) for data in (counted, written_out))
    # The same distribution, drawn twice.
    assert one == pytest.approx(other, abs=0.15 * (one[1] - one[0]).max())


def test_too_few_resamples_with_a_fit_give_no_bound() -> None:
    lower, upper = bootstrap_bounds(LifeData([5.0] * 2 + [9.0] * 98, [1, 1] + [0] * 98), 0.0, 0.9)
    assert np.isfinite([lower, upper]).all() or np.isnan([lower, upper]).all()
    table = pd.DataFrame({"part": 0, "time": [5.0, 9.0], "event": [1, 1]})
    row = fit_fleet(table, by="part", bounds="bootstrap").iloc[0]
    # Half the resamples of two units draw one of them twice, and have no finite maximum.
    assert row["status"] in ("ok", "ok, bounds not converged")


def test_a_fleet_has_the_bounds_of_its_parts(rng: np.random.Generator) -> None:
    table = pd.DataFrame({"part": np.repeat([1, 2], 20), "time": 100.0 * rng.weibull(2.0, 40), "event": 1})
    fits = fit_fleet(table, by="part", bounds="bootstrap")
    alone = fit_fleet(table[table["part"] == 2], by="part", bounds="bootstrap")
    assert fits.loc[2].tolist() == alone.loc[2].tolist()
    assert (fits["beta_lower"] < fits["beta"]).all()
    assert (fits["beta_upper"] > fits["beta"]).all()
