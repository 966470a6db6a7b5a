import numpy as np
import pytest

from analytics import InvalidData, LifeData, fit_fleet
from analytics.fleet_parts import BOUNDS, Parts, Settings, chi_square_factors


def test_parts_count_what_they_hold() -> None:
    data = LifeData(
        [5, 9, 4, 7, 3], [1, 0, 2, 3, 0], upper=[0, 0, 0, 9, 0], entry=[1, 0, 0, 0, 0], count=[2, 1, 1, 1, 5]
    )
    parts = Parts.of(data, np.array([0, 2, 4, 5]))
    assert parts.failures.tolist() == [2, 2, 0]
    assert parts.inexact.tolist() == [False, True, False]
    assert parts.exposure.tolist() == [data.take(rows).exposure for rows in ([0, 1], [2, 3], [4])]
    assert len(parts.part(1)) == 2
    # A range that does not begin at the first part.
    assert Parts.of(data, np.array([2, 4, 5])).exposure.tolist() == parts.exposure[1:].tolist()


def test_chi_square_factors_are_those_of_the_tables() -> None:
    # MIL-HDBK-781: 2 failures, 80 % two-sided: 2 r / chi2(6; 0.90) and 2 r / chi2(4; 0.10).
    lower, upper = chi_square_factors(np.array([2.0]), 0.80)
    assert (lower[0], upper[0]) == pytest.approx((4.0 / 10.6446, 4.0 / 1.06362), rel=1e-5)


def test_settings_know_their_words() -> None:
    for distribution, all_bounds in BOUNDS.items():
        for bounds in all_bounds:
            assert Settings(distribution, 0.9, bounds).deviate == pytest.approx(1.644854, abs=1e-6)
    with pytest.raises(InvalidData, match="distribution must be one of"):
        Settings("gamma", 0.9, "wald")


def test_a_failure_that_was_never_at_risk_bounds_nothing_above() -> None:
    fits = fit_fleet(LifeData([5.0], [1], entry=[5.0]))
    assert fits["status"].tolist() == ["one failure"]
    assert np.isnan(fits["eta_upper"].iloc[0])
