import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from analytics import (
    EventHistories,
    GrowthProjection,
    InvalidData,
    NotEnoughFailures,
    Result,
    project_growth,
)

# MIL-HDBK-189A, section 7.5: 56 failures in a test of 400 h; modes without a number get no fix.
TEST = [
    (0.7, "C17"), (3.7, "C17"), (13.2, "C17"), (15.0, "D1"), (17.6, "C18"), (25.3, "D2"), (47.5, "D3"), (54.0, "D4"),
    (54.5, "C19"), (56.4, "D5"), (63.6, "A"), (72.2, "D5"), (99.2, "C20"), (99.6, "D6"), (100.3, "D7"), (102.5, "A"),
    (112.0, "D8"), (112.2, "C21"), (120.9, "D2"), (121.9, "C22"), (125.5, "D9"), (133.4, "D10"), (151.0, "C23"),
    (163.0, "C24"), (164.7, "D9"), (174.5, "C25"), (177.4, "D10"), (191.6, "C26"), (192.7, "D11"), (213.0, "A"),
    (244.8, "A"), (249.0, "D12"), (250.8, "A"), (260.1, "D1"), (263.5, "D8"), (273.1, "A"), (274.7, "D6"),
    (282.8, "C27"), (285.0, "D13"), (304.0, "D9"), (315.4, "D4"), (317.1, "A"), (320.6, "A"), (324.5, "D12"),
    (324.9, "D10"), (342.0, "D5"), (350.2, "D3"), (355.2, "C28"), (364.6, "D10"), (364.9, "A"), (366.3, "D2"),
    (373.0, "D8"), (379.4, "D14"), (389.0, "D15"), (394.9, "A"), (395.2, "D16"),
]  # fmt: skip
FIXES = dict(
    zip(
        (f"D{k}" for k in range(1, 17)),
        (0.67, 0.72, 0.77, 0.77, 0.87, 0.92, 0.50, 0.85, 0.89, 0.74, 0.70, 0.63, 0.64, 0.72, 0.69, 0.46),
        strict=True,
    )
)


def handbook() -> EventHistories:
    return EventHistories(
        ["1"] * 56, [time for time, _ in TEST], end={"1": 400.0}, kind=[mode for _, mode in TEST]
    )


def projected(**settings: object) -> GrowthProjection:
    in_test = {mode for _, mode in TEST if mode.startswith("C")}
    return project_growth(handbook(), FIXES, fixed_in_test=in_test, **settings)  # type: ignore[arg-type]


def test_published_handbook() -> None:
    found = projected()
    assert (found.failures_kept, found.failures_fixed_in_test, found.failures_delayed) == (10, 14, 32)
    assert round(found.system.beta, 5) == 0.91026
    assert round(found.system.lambda_, 5) == 0.23969
    assert round(found.demonstrated_intensity, 5) == 0.12744
    assert round(found.demonstrated_mtbf, 5) == 7.84708
    assert (round(found.discovery_beta, 4), round(found.discovery_lambda, 4)) == (0.7472, 0.1820)
    assert round(found.mean_fix_effectiveness, 5) == 0.72125
    assert round(found.growth_potential_intensity, 4) == 0.0670
    assert round(found.projected_intensity, 4) == 0.0885
    assert round(found.projected_mtbf, 5) == 11.29418
    assert round(projected(method="mle").discovery_beta, 4) == 0.7970
    assert found.demonstrated_mtbf < found.projected_mtbf < found.growth_potential_mtbf


def test_without_fixes_in_the_test_it_is_the_projection_by_hand() -> None:
    """The same test without its modes C, as in ReliaWiki's test-find-test example: 10 failures of A, 32 of 16 modes D."""
    kept = [(time, mode) for time, mode in TEST if not mode.startswith("C")]
    times, kinds = zip(*kept, strict=True)
    histories = EventHistories(["1"] * 42, times, end={"1": 400.0}, kind=kinds)
    for method, modes in (("mle", 16), ("unbiased", 15)):
        found = project_growth(histories, FIXES, method=method)
        first: dict[str, float] = {}
        for time, mode in kept:
            first.setdefault(mode, time)
        beta = modes / sum(math.log(400.0 / first[mode]) for mode in FIXES)
        left = 10 / 400 + sum((1 - FIXES[mode]) / 400 for _, mode in kept if mode in FIXES)
        assert (found.failures_kept, found.failures_delayed, len(found.modes)) == (10, 32, 16)
        assert found.demonstrated_mtbf == pytest.approx(400 / 42)
        assert found.growth_potential_mtbf == pytest.approx(1 / left)
        assert found.projected_intensity == pytest.approx(left + sum(FIXES.values()) / 16 * 16 * beta / 400)


def drawn(rng: np.random.Generator, modes: int) -> tuple[EventHistories, float]:
    """A test-find-test of 1000 h, and the true rate after fixes of effectiveness 0.7 on what was seen.

    With rates from a Pareto law of index 0.75 the number of modes seen by t is expected to grow as t ** 0.75.
    """
    rates = np.minimum(1.4e-6 * rng.uniform(size=modes) ** (-1 / 0.75), 0.02)
    counts = rng.poisson(rates * 1000.0)
    times = rng.uniform(0, 1000, counts.sum())
    kinds = [f"m{k}" for k, n in enumerate(counts) for _ in range(n)]
    truth = float(np.sum(np.where(counts > 0, 0.3 * rates, rates)))
    return EventHistories(["1"] * times.size, times, end={"1": 1000.0}, kind=kinds), truth


def test_recovery_of_the_rate_after_the_fixes() -> None:
    rng = np.random.default_rng(31)
    ratios, inside = [], 0
    for _ in range(150):
        histories, truth = drawn(rng, 3000)
        assert histories.kind is not None
        found = project_growth(histories, dict.fromkeys(set(histories.kind), 0.7))
        ratios.append(found.projected_intensity / truth)
        inside += truth in found.interval("projected_intensity")
    # Without the discovery term the projection would be about 40 % too low.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.06)
    assert inside / 150 > 0.85


def test_without_fixes_in_the_test_its_rate_is_constant() -> None:
    histories, _ = drawn(np.random.default_rng(3), 3000)
    assert histories.kind is not None
    found = project_growth(histories, dict.fromkeys(set(histories.kind), 0.7))
    assert found.demonstrated_intensity == pytest.approx(histories.time.size / 1000.0)
    assert found.interval("demonstrated_mtbf").method == "Crow, approximate"


def test_fixes_that_do_nothing_change_nothing() -> None:
    histories, _ = drawn(np.random.default_rng(4), 3000)
    assert histories.kind is not None
    found = project_growth(histories, dict.fromkeys(set(histories.kind), 0.0))
    assert found.projected_mtbf == pytest.approx(found.demonstrated_mtbf, rel=1e-12)
    perfect = project_growth(histories, dict.fromkeys(set(histories.kind), 1.0))
    assert perfect.growth_potential_mtbf == math.inf or perfect.growth_potential_mtbf > 1e12
    assert perfect.projected_intensity == pytest.approx(perfect.discovery_rate, rel=1e-9)


def test_units_do_not_matter() -> None:
    in_test = {mode for _, mode in TEST if mode.startswith("C")}
    minutes = EventHistories(
        ["1"] * 56, [60 * t for t, _ in TEST], end={"1": 24000.0}, kind=[m for _, m in TEST], unit="min"
    )
    found = project_growth(minutes, FIXES, fixed_in_test=in_test)
    assert found.projected_mtbf == pytest.approx(60 * projected().projected_mtbf, rel=1e-9)


def test_intervals_and_json() -> None:
    found = projected()
    for name in ("projected_mtbf", "projected_intensity", "demonstrated_mtbf", "demonstrated_intensity"):
        bounds = found.interval(name)
        assert getattr(found, name) in bounds
        assert found.interval(name, confidence=0.95, side="lower").lower == pytest.approx(bounds.lower)
        assert found.interval(name, side="upper").lower is None
    assert Result.from_json(found.to_json()) == found
    with pytest.raises(InvalidData, match="no interval"):
        found.interval("beta")


def test_refusals() -> None:
    with pytest.raises(InvalidData, match="no failure in the test"):
        project_growth(handbook(), {"X": 0.5})
    with pytest.raises(InvalidData, match="in the test and after it"):
        project_growth(handbook(), {"D1": 0.5, "D2": 0.6}, fixed_in_test=["D1"])
    with pytest.raises(InvalidData, match=r"\[0, 1\]"):
        project_growth(handbook(), {"D1": 1.5})
    with pytest.raises(InvalidData, match=r"\[0, 1\], not '0.7'"):
        project_growth(handbook(), {"D1": "0.7"})  # type: ignore[dict-item]
    with pytest.raises(NotEnoughFailures, match="two modes"):
        project_growth(handbook(), {"D1": 0.5})
    with pytest.raises(InvalidData, match="method"):
        project_growth(handbook(), FIXES, method="best")
    with pytest.raises(InvalidData, match="no failure modes"):
        project_growth(EventHistories(["a", "a"], [1, 2], end={"a": 3}), {})
    with pytest.raises(InvalidData, match="one system"):
        project_growth(EventHistories(["a", "b"], [1, 2], end={"a": 3, "b": 3}, kind=["x", "y"]), {})


@pytest.mark.parametrize("label", [int, np.int64, lambda number: number if number % 2 else str(number)])
def test_modes_may_be_numbers(label: Callable[[int], Any]) -> None:
    times, numbers = [30, 90, 160, 250, 330, 380], [1, 2, 1, 3, 1, 4]

    def projected_of(named: Callable[[int], Any], in_test: Any) -> GrowthProjection:
        histories = EventHistories(["x"] * 6, times, end={"x": 400}, kind=[named(k) for k in numbers])
        return project_growth(histories, {named(1): 0.8, named(3): 0.7}, fixed_in_test=in_test)

    as_text = projected_of(str, ["2"])
    assert as_text.failures_fixed_in_test == 1
    for in_test in ([label(2)], np.array([2])):
        assert projected_of(label, in_test) == as_text


def test_one_mode_as_number_and_as_text_is_refused() -> None:
    histories = EventHistories(["x"] * 3, [30, 90, 160], end={"x": 400}, kind=[1, 2, 1])
    with pytest.raises(InvalidData, match="one label as text"):
        project_growth(histories, {1: 0.8, "1": 0.7, 2: 0.5})  # type: ignore[dict-item]
