from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics import AnalyticsError, InvalidData, LifeData, WrongType, fit_fleet, fit_weibull

NUMBERS = ["eta", "beta", "eta_lower", "eta_upper", "beta_lower", "beta_upper", "b10", "loglik"]


def fleet(rng: np.random.Generator, parts: int, size: int = 12, late: bool = True) -> pd.DataFrame:
    """Ragged parts of odd shapes and scales; some have one failure or none."""
    lengths = rng.integers(1, 2 * size, parts)
    part = np.repeat(np.arange(parts), lengths)
    shape, scale = rng.uniform(0.7, 4.0, parts)[part], (10.0 ** rng.integers(-6, 10, parts))[part]
    life, end = rng.weibull(1.0, part.size) ** (1.0 / shape) + 1e-3, rng.uniform(0.1, 1.5, part.size)
    time = np.minimum(life, end)
    entry = np.where(rng.random(part.size) < 0.3, 0.8 * time * rng.random(part.size), 0.0) * late
    event, count = (life <= end).astype(int), rng.integers(1, 4, part.size)
    return pd.DataFrame(
        {"part": part, "time": time * scale, "event": event, "entry": entry * scale, "count": count}
    )


def life_data(rows: pd.DataFrame) -> LifeData:
    return LifeData(rows["time"], rows["event"], entry=rows["entry"], count=rows["count"])


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True, check_index_type=False)


@pytest.mark.parametrize("bounds", ["wald", "likelihood_ratio"])
def test_each_part_has_the_numbers_of_a_fit_of_its_own(rng: np.random.Generator, bounds: str) -> None:
    table = fleet(rng, 1_500 if bounds == "wald" else 150)
    fits = fit_fleet(table, by="part", bounds=bounds)
    compared = 0
    for part, rows in table.groupby("part"):
        data, row = life_data(rows), fits.loc[part]
        assert (row["failures"], row["records"]) == (data.counts.failures, len(rows))
        assert row["exposure"] == pytest.approx(data.exposure)
        try:
            fit = fit_weibull(data, bounds=bounds)
        except AnalyticsError:
            assert row["status"] not in ("ok", "not converged")
            continue
        assert row["status"] == "ok"
        beta, eta = fit.interval("beta"), fit.interval("eta")
        expected = [fit.eta, fit.beta, eta.lower, eta.upper, beta.lower, beta.upper, fit.b_life(10.0)]
        assert row[NUMBERS[:-1]].tolist() == pytest.approx(expected, rel=1e-5)
        assert row["loglik"] == pytest.approx(fit.loglik, rel=1e-8, abs=1e-8)
        assert row["score_norm"] < 1e-6
        compared += 1
    assert compared > 0.5 * len(fits)


def test_the_answer_has_the_promised_columns(nist: LifeData) -> None:
    fits = fit_fleet(nist)
    assert list(fits) == [*NUMBERS[:7], "failures", "records", "exposure", "loglik", "score_norm", "status"]
    assert fits.index.names == ["part"]
    assert fits.iloc[0][["eta", "beta"]].tolist() == pytest.approx([606.52756, 1.7208], abs=5e-5)


def test_few_failures_say_what_they_can() -> None:
    table = pd.DataFrame(
        {"part": list("aabbbcc"), "time": [400.0, 600, 100, 200, 700, 50, 50], "event": [0, 0, 1, 0, 0, 1, 1]}
    )
    fits = fit_fleet(table, by="part", confidence=0.90)
    assert fits["status"].tolist() == ["no failures: bound only", "one failure", "no finite maximum"]
    assert fits["eta_lower"]["a"] == pytest.approx(1000.0 / np.log(10.0))
    assert fits["eta_upper"]["a"] == np.inf
    # Two-sided chi-square at 5 and 95 %, 4 and 2 degrees of freedom: 9.4877 and 0.10259.
    assert fits["eta_lower"]["b"] == pytest.approx(2000.0 / 9.48773, rel=1e-5)
    assert fits["eta_upper"]["b"] == pytest.approx(2000.0 / 0.102587, rel=1e-5)
    assert fits[["eta", "beta", "b10"]].isna().all(axis=None)
    assert fits["exposure"].tolist() == [1000.0, 1000.0, 100.0]


@pytest.mark.parametrize(
    ("change", "message", "rows"),
    [
        ({"time": -1.0}, "time is negative", (2,)),
        ({"time": np.nan}, "time must be finite", (2,)),
        ({"event": 7}, "event must be", (2,)),
        ({"entry": 99.0}, "time is before entry", (2,)),
        ({"count": 0}, "count must be", (2,)),
        ({"part": None}, "rows without a label", (2,)),
    ],
)
def test_bad_rows_are_named(change: dict[str, float], message: str, rows: tuple[int, ...]) -> None:
    table = pd.DataFrame({"part": list("aabb"), "time": [5.0, 9, 4, 7], "event": 1, "entry": 0.0, "count": 1})
    for name, value in change.items():
        table[name] = table[name].astype(object)
        table.loc[2, name] = value
    with pytest.raises(InvalidData, match=message) as refused:
        fit_fleet(table, by="part")
    assert refused.value.rows == rows


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"by": "depot"},
        {"by": "part", "distribution": "weibul"},
        {"by": "part", "bounds": "fisher"},
        {"by": "part", "distribution": "lognormal", "bounds": "chi_square"},
        {"by": "part", "confidence": 90},
        {"by": "part", "workers": 0},
        {"by": "part", "workers": "all"},
        {"by": "part", "client": "tcp://127.0.0.1:8786"},
        {"by": 3},
    ],
)
def test_what_is_not_known_is_refused(arguments: dict[str, object]) -> None:
    table = pd.DataFrame({"part": list("aa"), "time": [5.0, 9.0], "event": 1})
    with pytest.raises(InvalidData):
        fit_fleet(table, **arguments)


def test_life_data_carry_their_own_groups(nist: LifeData) -> None:
    with pytest.raises(InvalidData, match="leave `by` out"):
        fit_fleet(nist, by="part")


SAMPLE = st.lists(st.tuples(st.floats(0.5, 100.0), st.booleans()), min_size=3, max_size=12)


def one_part(rows: list[tuple[float, bool]], count: int = 1) -> pd.DataFrame:
    time, event = zip(*rows, strict=True)
    return pd.DataFrame({"part": 0, "time": time, "event": np.array(event, dtype=int), "count": count})


def close(one: pd.DataFrame, other: pd.DataFrame, times: float = 1.0) -> None:
    assert one["status"].tolist() == other["status"].tolist()
    factor = np.array([times, 1, times, times, 1, 1, times])
    found, expected = other[NUMBERS[:7]].to_numpy(), one[NUMBERS[:7]].to_numpy() * factor
    estimates, bounds = [0, 1, 6], [2, 3, 4, 5]
    assert found[:, estimates] == pytest.approx(expected[:, estimates], rel=1e-6, nan_ok=True)
    # The information is that of the point before the last step, up to LAST_STEP = 1e-6 of log beta away: two ways to one
    # maximum may differ by a few of these in bounds that are very wide.
    assert found[:, bounds] == pytest.approx(expected[:, bounds], rel=1e-5, nan_ok=True)


@settings(max_examples=60)
@given(SAMPLE, st.sampled_from([1e-6, 1e-3, 7.0, 1e9]))
def test_the_unit_of_time_changes_nothing(rows: list[tuple[float, bool]], scale: float) -> None:
    table = one_part(rows)
    close(fit_fleet(table, by="part"), fit_fleet(table.assign(time=table["time"] * scale), by="part"), scale)


@settings(max_examples=60)
@given(SAMPLE, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[tuple[float, bool]], random: object) -> None:
    table = one_part(rows)
    close(fit_fleet(table, by="part"), fit_fleet(table.sample(frac=1.0, random_state=3), by="part"))


@settings(max_examples=60)
@given(SAMPLE, st.integers(2, 4))
def test_a_count_is_as_many_rows(rows: list[tuple[float, bool]], count: int) -> None:
    counted, written_out = one_part(rows, count), one_part(rows * count)
    close(fit_fleet(counted, by="part"), fit_fleet(written_out, by="part"))


@settings(max_examples=60)
@given(SAMPLE)
@example([(1.0, True)] * 3)
def test_a_unit_not_yet_at_risk_adds_nothing(rows: list[tuple[float, bool]]) -> None:
    table = one_part(rows)
    more = pd.concat(
        [
            table.assign(entry=0.0),
            pd.DataFrame({"part": [0], "time": 3.0, "event": 0, "entry": 3.0, "count": 1}),
        ]
    )
    close(fit_fleet(table, by="part"), fit_fleet(more, by="part"))


@pytest.mark.parametrize("distribution", ["weibull", "lognormal"])
def test_records_of_no_length_weigh_nothing_however_old(distribution: str) -> None:
    # The passing survivor is 10^4 times as old as the others: as a scale it would leave nothing of them.
    seen = pd.DataFrame({"part": "a", "time": [100, 200, 300, 150.0], "event": [1, 1, 0, 1], "entry": 0.0})
    passing = pd.DataFrame({"part": "a", "time": [3e6], "event": [0], "entry": [3e6]})
    without, with_it = (
        fit_fleet(frame, by="part", distribution=distribution).drop(columns="records")
        for frame in (seen, pd.concat([passing, seen]))
    )
    pd.testing.assert_frame_equal(without, with_it, rtol=1e-9)


def test_a_failure_at_its_age_of_entry_counts_as_in_a_fit_of_its_own() -> None:
    data = LifeData([100, 200, 300, 400, 150], [1, 1, 0, 1, 1], entry=[0, 0, 0, 400, 150])
    part, own = fit_fleet(data).iloc[0], fit_weibull(data)
    assert (part["beta"], part["eta"], part["failures"]) == pytest.approx((own.beta, own.eta, 4))
    # By the definition: beta maximises sum log h - sum H, eta in closed form; h adds also where nothing was lived.
    age, lived = np.array([100.0, 200.0, 400.0, 150.0]), np.array([100.0, 200.0, 300.0])

    def profile(beta: float) -> float:
        total = (lived**beta).sum() / 4.0
        return float(4.0 * (np.log(beta) - np.log(total)) + (beta - 1.0) * np.log(age).sum())

    grid = own.beta * np.linspace(0.9, 1.1, 2_001)
    assert grid[np.argmax([profile(beta) for beta in grid])] == pytest.approx(own.beta, rel=1e-4)


@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ("by", 3),
        ("by", b"part"),
        ("by", [["part"]]),
        ("by", len),
        ("distribution", ["weibull"]),
        ("workers", "2"),
    ],
)
def test_settings_of_another_kind_are_refused_by_name(setting: str, given: Any) -> None:
    table = pd.DataFrame({"part": 1, "time": [5.0, 9, 4, 7], "event": 1})
    with pytest.raises(WrongType, match=f"^{setting} must be "):
        fit_fleet(table, **{"by": "part", setting: given})


def test_the_names_of_columns_may_be_an_array() -> None:
    table = pd.DataFrame({"site": list("aabb"), "part": [1, 1, 2, 2], "time": [5.0, 9, 4, 7], "event": 1})
    expected = fit_fleet(table, by=["site", "part"])
    for by in (np.array(["site", "part"]), table.columns[:2], ("site", "part")):
        pd.testing.assert_frame_equal(fit_fleet(table, by=by), expected)
    with pytest.raises(InvalidData, match="must name the column"):
        fit_fleet(table, by=np.array([]))
